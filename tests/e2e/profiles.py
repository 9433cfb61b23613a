"""Kills whatever takes part, at random, while a user of many rooms changes name a few times: every
room ends with exactly one event for the last name (S59, S60)."""

import os
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from conformance.client import Client

from .services import until_acknowledged

VICTIMS = ("profile", "events", "accounts", "presence", "redis")
NAMES = 5
GIVE_UP_SECONDS = 240


class Killer(threading.Thread):
    """Kills one of the victims now and then, until told to stop."""

    def __init__(self, server, rng):
        super().__init__(daemon=True)
        self.server, self.rng, self.kills = server, rng, 0
        self._ended = threading.Event()
        self.start()

    def run(self):
        while not self._ended.wait(self.rng.uniform(0.2, 1.2)):
            pid_file = self.server.folder / "data" / f"{self.rng.choice(VICTIMS)}.pid"
            try:
                os.kill(int(pid_file.read_text()), signal.SIGKILL)
                self.kills += 1
            except (ProcessLookupError, ValueError):
                pass  # it is just being started

    def end(self):
        self._ended.set()
        self.join()


def name_in(reader, room, user):
    answer = until_acknowledged(lambda: reader.state(room, "m.room.member", user.user_id))
    return answer.get("displayname")


def times_named(reader, room, user, name):
    """How many events of the room give the user this name."""
    query = {"limit": 100, "filter": '{"types":["m.room.member"]}'}
    chunk = until_acknowledged(lambda: reader.messages(room, **query))["chunk"]
    return sum(
        e["state_key"] == user.user_id and e["content"].get("displayname") == name for e in chunk
    )


def checks(server, rooms, seed):
    """(what, problem or None)."""
    rng = random.Random(seed)
    star = Client(server.url).register()
    made = [star.create_room() for _ in range(rooms)]
    killer = Killer(server, rng)
    for number in range(1, NAMES + 1):
        name = f"Nova {number}"
        until_acknowledged(lambda n=name: set_name(star, n))
        time.sleep(rng.uniform(0, 2))
    deadline = time.monotonic() + GIVE_UP_SECONDS
    time.sleep(5)
    killer.end()
    lacking = made
    while lacking and time.monotonic() < deadline:
        with ThreadPoolExecutor(4) as pool:
            names = list(pool.map(lambda room: name_in(star, room, star), lacking))
        lacking = [room for room, seen in zip(lacking, names) if seen != name]
    yield f"{killer.kills} kills: {rooms} rooms have the last of {NAMES} names", (
        f"{len(lacking)} do not" if lacking else None
    )
    twice = [room for room in made if times_named(star, room, star, name) != 1]
    yield "each by exactly one event", f"{len(twice)} do not" if twice else None


def set_name(user, name):
    user.put("profile", user.user_id, "displayname", json={"displayname": name}).ok()
