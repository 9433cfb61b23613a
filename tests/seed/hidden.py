"""Records all that somebody else gets of a user, byte by byte and when (S40)."""

import json
import re
import threading
import time

from conformance.client import Client

STEP_SECONDS = 0.5
SECRET_STEPS = 10
TOLERANCE_SECONDS = 0.6  # the machine's, not the server's: both records are made at the same time
VARYING = re.compile(r'"(event_id|prev_batch|origin_server_ts|age)": ("[^"]*"|\d+)')


class Recorder(threading.Thread):
    """Syncs all the time; keeps each answer that tells something, with its time."""

    def __init__(self, user, since, names):
        super().__init__(daemon=True)
        self.user, self.names, self.start_time = user, names, time.monotonic()
        self.told, self.sizes = [], set()
        self._ended = threading.Event()
        self._since = since

    def run(self):
        while not self._ended.is_set():
            answer = self.user.sync(self._since, timeout=300)
            self._since = answer.pop("next_batch")
            text = self._without_names(json.dumps(answer, sort_keys=True))
            if answer.get("presence") or answer.get("rooms"):
                self.told.append((time.monotonic() - self.start_time, text))
            else:
                self.sizes.add(len(text))

    def _without_names(self, text):
        for name, word in self.names.items():
            text = text.replace(name, word)
        return VARYING.sub(r'"\1": 0', text)

    def end(self):
        self._ended.set()
        self.join()


def secretly(user, phone, step):
    """What only who hides does."""
    acts = (
        lambda: user.sync(),
        lambda: user.put("presence", user.user_id, "status", json=hidden("psst")).ok(),
        lambda: phone.sync(set_presence="unavailable"),
        lambda: phone.sync(phone.sync().token, set_presence="online"),
        lambda: user.put("presence", user.user_id, "status", json=hidden("ssh")).ok(),
    )
    acts[step % len(acts)]()


def hidden(message):
    return {"presence": "hidden", "status_msg": message}


def record(world, goes, acts, start):
    """The record of a user who comes, goes by `goes`, may act in secret, and comes back."""
    user, watcher, room = world.pair()
    first = watcher.sync()
    phone = Client(user.url).login(user.user_id, user.password)
    since = settled(watcher, first, user)
    names = {user.user_id: "USER", watcher.user_id: "WATCHER", room: "ROOM"}
    names |= {json.dumps(user.localpart): '"user"'}
    start.wait()
    recorder = Recorder(watcher, since, names)
    recorder.start()
    status = ["presence", user.user_id, "status"]
    user.put(*status, json={"presence": "online", "status_msg": "here"}).ok()
    at(recorder, 1)
    user.put(*status, json={"presence": goes}).ok()
    for step in range(SECRET_STEPS):
        at(recorder, 2 + step)
        if acts:
            secretly(user, phone, step)
    at(recorder, 2 + SECRET_STEPS)
    seen = watcher.get(*status).ok()
    user.put(*status, json={"presence": "online", "status_msg": "back"}).ok()
    at(recorder, 4 + SECRET_STEPS)
    recorder.end()
    return recorder, seen


def settled(watcher, first, user):
    """Where the watcher's syncs, of which `first` was one, have told all that its and the user's coming brings."""
    coming = {"own presence", "the user's devices"}

    def all_came(sync):
        if sync.presence(watcher.user_id):
            coming.discard("own presence")
        if user.user_id in sync.changed():
            coming.discard("the user's devices")
        return not coming

    all_came(first)
    return watcher.sync_until(all_came, first.token).token


def at(recorder, step):
    """The moment of this step; both records keep the same ones."""
    time.sleep(max(0, recorder.start_time + step * STEP_SECONDS - time.monotonic()))


def ages(text):
    return [int(age) / 1000 for age in re.findall(r'"last_active_ago": (\d+)', text)]


def without_ages(text):
    return re.sub(r'"last_active_ago": \d+', '"last_active_ago": 0', text)


def assert_alike(one, other):
    """That nothing in the two records tells them apart."""
    (first, first_seen), (second, second_seen) = one, other
    texts, other_texts = ([without_ages(t) for _, t in record.told] for record in (first, second))
    assert texts == other_texts, (first.told, second.told)
    for (when, text), (other_when, other_text) in zip(first.told, second.told):
        assert abs(when - other_when) < TOLERANCE_SECONDS, (when, other_when, text)
        for age, other_age in zip(ages(text), ages(other_text)):
            assert abs(age - other_age) < TOLERANCE_SECONDS, (text, other_text)
    assert first.sizes == second.sizes, (first.sizes, second.sizes)
    assert first_seen.keys() == second_seen.keys()
    late = first_seen["last_active_ago"] - second_seen["last_active_ago"]
    assert abs(late) < TOLERANCE_SECONDS * 1000, (first_seen, second_seen)
