"""Kills one service after the other under load: what everybody sees converges to the last value,
and nothing that was never so is shown."""

import os
import signal
import threading
import time

import requests

from conformance.client import Client, unique, until

VICTIMS = ("presence", "profile", "calls", "redis")
LOAD_SECONDS = 2.5
CONVERGE_SECONDS = 5
GIVE_UP_SECONDS = 30
PEOPLE = 5


def until_acknowledged(act):
    """Repeats `act` until the server has answered it well."""
    while True:
        try:
            return act()
        except (requests.RequestException, AssertionError):
            time.sleep(0.05)


class Actor(threading.Thread):
    """Changes one thing again and again; `last` is what was acknowledged last."""

    def __init__(self, name, act):
        super().__init__(daemon=True)
        self.name, self._act = name, act
        self.last, self.last_at = None, None
        self._ended = threading.Event()
        self.start()

    def run(self):
        number = 0
        while not self._ended.is_set():
            number += 1
            self.last = until_acknowledged(lambda n=number: self._act(n))
            self.last_at = time.monotonic()
            time.sleep(0.02)

    def end(self):
        self._ended.set()
        self.join()


class Observer(threading.Thread):
    """What one user sees by sync."""

    def __init__(self, user):
        super().__init__(daemon=True)
        self.user = user
        self.presence, self.names, self.calls = {}, {}, {}
        self.shown = []  # (user, presence, message), in order
        self._ended = threading.Event()
        self._since = user.sync().token
        self.start()

    def run(self):
        while not self._ended.is_set():
            answer = until_acknowledged(lambda: self.user.sync(self._since, timeout=1000))
            self._since = answer.token
            self._note(answer)

    def _note(self, answer):
        for event in answer.get("presence", {}).get("events", []):
            content = event["content"]
            self.presence[event["sender"]] = content.get("status_msg")
            self.shown.append((event["sender"], content["presence"], content.get("status_msg")))
        for room, update in answer.get("rooms", {}).get("join", {}).items():
            for event in update.get("timeline", {}).get("events", []):
                if event["type"] == "m.room.member":
                    self.names[room, event["state_key"]] = event["content"].get("displayname")
            for event in update.get("ephemeral", {}).get("events", []):
                if event["type"] == "dev.parley.calls":
                    self.calls[room] = event["content"]["calls"]

    def end(self):
        self._ended.set()
        self.join()


class Scene:
    """People in one room, of whom one has a call with another in a room of two."""

    def __init__(self, server):
        self.server = server
        people = [Client(server.url).register() for _ in range(PEOPLE)]
        self.observer, self.speaker, self.namer, self.caller, self.sitter = people
        self.looks = []  # what the one who only syncs reads as
        self.room = self.observer.create_room(preset="public_chat")
        for user in people[1:]:
            user.join(self.room)
        self.call_room = self.caller.create_room(preset="public_chat")
        self.observer.join(self.call_room)
        Observer(self.sitter)
        until(lambda: self.look(0), lambda state: state == "online")

    def say_presence(self, number):
        body = {"presence": "online", "status_msg": str(number)}
        self.speaker.put("presence", self.speaker.user_id, "status", json=body).ok()
        return str(number)

    def rename(self, number):
        name = f"name {number}"
        body = {"displayname": name}
        self.namer.put("profile", self.namer.user_id, "displayname", json=body).ok()
        return name

    def call(self, number):
        call_id = f"{self.prefix}-{number:06}"
        invite = {
            "call_id": call_id,
            "version": 0,
            "lifetime": 60000,
            "offer": {"type": "offer", "sdp": "v=0"},
        }
        self.caller.send(self.call_room, invite, "m.call.invite", txn=f"i{call_id}")
        hangup = {"call_id": call_id, "version": 0}
        self.caller.send(self.call_room, hangup, "m.call.hangup", txn=f"h{call_id}")
        return call_id

    def look(self, _):
        state = self.observer.get("presence", self.sitter.user_id, "status").ok()["presence"]
        self.looks.append(state)
        return state

    def chat(self, _):
        return self.speaker.send(self.room, "x")

    def pid(self, name):
        return int((self.server.folder / "data" / f"{name}.pid").read_text())

    def converges_without(self, victim):
        """Seconds from the last change until all is seen; what is not; what was wrong."""
        self.prefix = unique("c")
        observer = Observer(self.observer)
        self.looks.clear()
        acts = (self.say_presence, self.rename, self.call, self.chat, self.look)
        presence, name, call, *_ = actors = [Actor(act.__name__, act) for act in acts]
        time.sleep(LOAD_SECONDS / 2)
        killed = self.pid(victim)
        os.kill(killed, signal.SIGKILL)
        time.sleep(LOAD_SECONDS)
        assert self.pid(victim) != killed, f"{victim} was not started again"
        for actor in actors:
            actor.end()
        last_at = max(actor.last_at for actor in actors)

        def lacking():
            if observer.presence.get(self.speaker.user_id) != presence.last:
                return f"presence {presence.last}: {observer.presence.get(self.speaker.user_id)}"
            seen = observer.names.get((self.room, self.namer.user_id))
            if seen != name.last:
                return f"name {name.last}: {seen}"
            calls = observer.calls.get(self.call_room, [])
            ended = [c["call_id"] for c in calls if c["state"] == "ended"]
            return None if call.last in ended else f"the end of call {call.last}: {ended[-3:]}"

        while lacking() and time.monotonic() - last_at < GIVE_UP_SECONDS:
            time.sleep(0.02)
        took = time.monotonic() - last_at
        observer.end()
        mistake = wrong(observer.shown, self.speaker.user_id)
        gone = "who syncs read as away" if set(self.looks) != {"online"} else None
        return took, lacking(), mistake or gone


def wrong(shown, user):
    """What was shown of the user and was not so: away, or an older value after a newer one."""
    newest = 0
    for who, state, message in shown:
        if who != user:
            continue
        if state != "online":
            return f"{state} was shown"
        if int(message) < newest:
            return f"{message} was shown after {newest}"
        newest = int(message)
    return None


def checks(server):
    """(what, problem or None) for each victim."""
    scene = Scene(server)
    for victim in VICTIMS:
        took, lacking, mistake = scene.converges_without(victim)
        late = took > CONVERGE_SECONDS and f"took {took:.1f} s"
        seen = f"{victim} is killed: all is seen {took:.2f} s after the last change"
        yield seen, lacking or late or None
        yield f"{victim} is killed: nothing is shown that was not so", mistake
