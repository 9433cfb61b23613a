"""Presence: many change, some look on."""

import asyncio
import json
import time

from . import people
from .server import Server

# Only presence: what else a sync carries is not what is measured.
FILTER = {"room": {"rooms": []}}
SETTLE_SECONDS = 3


class Watcher:
    """Looks on by long polls, and notes when it hears of each change."""

    def __init__(self, user):
        self.user, self.since = user, None
        self.bytes = self.answers = 0
        self.heard = {}  # status message -> when

    async def start(self):
        answer, _ = await self.user.sync(filter=FILTER)
        self.since = answer["next_batch"]

    async def watch(self):
        while True:
            answer, size = await self.user.sync(self.since, filter=FILTER)
            now = time.monotonic()
            self.since = answer["next_batch"]
            self.bytes += size
            self.answers += 1
            for event in answer.get("presence", {}).get("events", []):
                message = event["content"].get("status_msg")
                if message:
                    self.heard.setdefault(message, now)


async def change(users, seconds):
    """Each user changes once, at even distances; when each did, by its message."""
    sent = {}
    start = time.monotonic()

    async def one(number):
        wait = start + seconds * number / len(users) - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        message = f"m{number}"
        sent[message] = time.monotonic()
        await users[number].set_presence("online", message)
        users[number].http.close()

    await people.in_parallel(one, range(len(users)))
    return sent


async def everybody_heard(watchers, sent):
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if all(len(w.heard.keys() & sent.keys()) == len(sent) for w in watchers):
            return
        await asyncio.sleep(0.05)


async def storm(server, options, watchers, changers, members):
    """`changers` of the `members` of one room change, `watchers` others look on."""
    users = await people.register(server.url, members)
    room = await users[0].create_room()
    await people.join(room, users[1:])
    if options.small:
        small = await users[0].create_room()
        await people.join(small, users[1 : options.small])
    lookers = [Watcher(user) for user in users[:watchers]]
    for looker in lookers:
        await looker.start()
    tasks = [asyncio.create_task(looker.watch()) for looker in lookers]
    await asyncio.sleep(SETTLE_SECONDS)  # what their own coming makes
    cpu, received = server.cpu_seconds(), [looker.bytes for looker in lookers]
    began = time.monotonic()
    sent = await change(users[watchers : watchers + changers], options.seconds)
    await everybody_heard(lookers, sent)
    took = time.monotonic() - began
    cpu = server.cpu_seconds() - cpu
    for task in tasks:
        task.cancel()
    late = [w.heard[m] - at for w in lookers for m, at in sent.items() if m in w.heard]
    return {
        "changes": len(sent),
        "members": members,
        "watchers": watchers,
        "seconds": round(took, 1),
        "cpu_ms_per_change": round(cpu * 1000 / len(sent), 3),
        "bytes_per_watcher_and_change": round(
            sum(w.bytes - r for w, r in zip(lookers, received)) / len(sent) / watchers
        ),
        "answers_per_watcher": round(sum(w.answers for w in lookers) / watchers),
        "p50_ms": round(people.percentile(late, 0.5) * 1000),
        "p99_ms": round(people.percentile(late, 0.99) * 1000),
        "missed": len(sent) * watchers - len(late),
        "memory_mib": round(server.memory_mib()),
    }


def run_storm(options, watchers, changers, members):
    server = Server(options.launcher)
    try:
        result = asyncio.run(storm(server, options, watchers, changers, members))
    finally:
        server.close()
    print(json.dumps({"scenario": "presence-storm"} | result), flush=True)
    return result


def presence_storm(options):
    run_storm(options, options.watchers, options.users - options.watchers, options.users)


def presence_scaling(options):
    changers = options.users // 4
    base = run_storm(options, options.watchers, changers, options.users)
    doubled = run_storm(options, options.watchers * 2, changers, options.users)
    offline = run_storm(options, options.watchers, changers, options.users * 2)
    cost = "cpu_ms_per_change"
    ratios = {
        "watchers_doubled": round(doubled[cost] / base[cost], 2),
        "offline_members_doubled": round(offline[cost] / base[cost], 2),
    }
    print(json.dumps({"scenario": "presence-scaling"} | ratios), flush=True)
