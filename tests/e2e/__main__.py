"""Kills the server again and again while events are sent, then counts."""

import argparse
import random
import sys
import threading
import time
from collections import Counter

import requests

from conformance.client import Client, ids, unique
from conformance.launcher import Homeserver

from . import profiles, services

SENDERS = 4
ROOMS = 2
SECONDS_UP = (0.2, 1.5)
RETRY_SECONDS = 0.02


class Sender(threading.Thread):
    """Sends messages until told to stop; each is repeated until it is acknowledged."""

    def __init__(self, user, rooms):
        super().__init__(daemon=True)
        self.user, self.rooms = user, rooms
        self.acknowledged = {room: {} for room in rooms}  # transaction id -> event id
        self.problems = []
        self._stop_asked = threading.Event()

    def run(self):
        while not self._stop_asked.is_set():
            for room in self.rooms:
                self._send(room, unique("t"))

    def stop(self):
        self._stop_asked.set()
        self.join()

    def _send(self, room, txn):
        while True:
            try:
                event_id = self.user.send(room, txn, txn=txn)
            except requests.RequestException:
                time.sleep(RETRY_SECONDS)  # the server is down
                continue
            except AssertionError as problem:
                self.problems.append(str(problem))
                return
            self.acknowledged[room][txn] = event_id
            return


class Crashes:
    """The whole run: set-up, crashes, and what must hold afterwards."""

    def __init__(self, server):
        self.server = server
        self.users = [Client(server.url).register() for _ in range(SENDERS)]
        self.rooms = [self.users[0].create_room(preset="public_chat") for _ in range(ROOMS)]
        for user in self.users[1:]:
            for room in self.rooms:
                user.join(room)
        self.since = {user: user.sync().token for user in self.users}
        self.senders = [Sender(user, self.rooms) for user in self.users]

    def crash(self, times, rng):
        for sender in self.senders:
            sender.start()
        for number in range(1, times + 1):
            time.sleep(rng.uniform(*SECONDS_UP))
            self.server.kill()
            self.server.start()
            sent = sum(len(r) for s in self.senders for r in s.acknowledged.values())
            print(f"crash {number}/{times}: {sent} events acknowledged", flush=True)
        for sender in self.senders:
            sender.stop()

    def checks(self):
        """(what, problem or None) for everything that must hold."""
        yield "every request that was answered was answered well", self._problems()
        for number, room in enumerate(self.rooms, 1):
            order = history(self.users[0], room, "f")
            yield f"room {number}: nothing acknowledged is lost", self._lost(room, order)
            yield f"room {number}: no transaction made two events", doubled(order)
            yield (
                f"room {number}: a repeated transaction gives the same event",
                self._repeated(room),
            )
            yield f"room {number}: every reader sees the same order", self._orders(room, order)

    def _problems(self):
        problems = [p for sender in self.senders for p in sender.problems]
        return f"{len(problems)} problems, the first: {problems[0]}" if problems else None

    def _lost(self, room, order):
        there = {event_id for _, event_id in order}
        lost = [
            e
            for sender in self.senders
            for e in sender.acknowledged[room].values()
            if e not in there
        ]
        return f"{len(lost)} lost: {lost[:5]}" if lost else None

    def _repeated(self, room):
        for sender in self.senders:
            txn, event_id = list(sender.acknowledged[room].items())[-1]
            again = sender.user.send(room, txn, txn=txn)
            if again != event_id:
                return f"{txn} gave {event_id}, then {again}"
        return None

    def _orders(self, room, order):
        expected = [event_id for _, event_id in order]
        for user in self.users:
            backwards = [event_id for _, event_id in history(user, room, "b")][::-1]
            if backwards != expected:
                return f"/messages backwards differs: {difference(expected, backwards)}"
            synced = synced_order(user, room, self.since[user], expected[-1])
            if synced != expected:
                return f"/sync differs: {difference(expected, synced)}"
        return None


def history(user, room, dir):
    """(text, event id) of all messages of the room, in the order of reading."""
    seen, position = [], {}
    while True:
        page = user.messages(room, dir=dir, limit=100, **position)
        seen += [
            (e["content"]["body"], e["event_id"])
            for e in page["chunk"]
            if e["type"] == "m.room.message"
        ]
        if "end" not in page or not page["chunk"]:
            return seen
        position = {"from": page["end"]}


def synced_order(user, room, since, last):
    """The messages of the room in the order in which syncs from `since` on tell them."""
    filter = {"room": {"timeline": {"limit": 10000, "types": ["m.room.message"]}}}
    seen = []
    while last not in seen:
        answer = user.sync(since, filter=filter, timeout=1000)
        timeline = answer.room(room).get("timeline", {})
        if timeline.get("limited"):
            seen += reversed(before(user, room, timeline["prev_batch"], since))
        seen += ids(timeline.get("events", []))
        if not timeline and answer.token == since:
            break
        since = answer.token
    return seen


def before(user, room, position, since):
    """The messages between `since` and `position`, latest first: what a limited sync left out."""
    seen = []
    while True:
        page = user.messages(room, limit=100, **{"from": position, "to": since})
        seen += ids(e for e in page["chunk"] if e["type"] == "m.room.message")
        if "end" not in page or not page["chunk"]:
            return seen
        position = page["end"]


def doubled(order):
    twice = [txn for txn, count in Counter(text for text, _ in order).items() if count > 1]
    return f"{len(twice)} doubled: {twice[:5]}" if twice else None


def difference(expected, seen):
    at = next(
        (n for n, (a, b) in enumerate(zip(expected, seen)) if a != b), min(len(expected), len(seen))
    )
    return f"{len(expected)} against {len(seen)} events, first at {at}"


def results_of(options, server):
    if options.what == "services":
        return services.checks(server)
    if options.what == "profiles":
        return profiles.checks(server, options.rooms, options.seed)
    crashes = Crashes(server)
    crashes.crash(options.kills, random.Random(options.seed))
    return crashes.checks()


def main():
    parser = argparse.ArgumentParser(prog="tests/e2e/run")
    parser.add_argument("--launcher", required=True)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--what", choices=("crashes", "services", "profiles"), default="crashes")
    parser.add_argument("--rooms", type=int, default=300, help="of the user who changes name")
    options = parser.parse_args()
    print(f"seed {options.seed}")
    one_by_one = {"PARLEY_SHAPE": "services", "PARLEY_RESTART": "1"}
    environment = {} if options.what == "crashes" else one_by_one
    server = Homeserver(options.launcher, environment).start()
    try:
        results = list(results_of(options, server))
    finally:
        server.close()
    for what, problem in results:
        print(f"FAIL {what}: {problem}" if problem else f"PASS {what}")
    failed = sum(problem is not None for _, problem in results)
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
