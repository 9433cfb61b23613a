"""People who chat: what presence costs them, and how fast a call rings meanwhile."""

import asyncio
import json
import time

from . import people
from .server import Server

ROOM_SIZE = 10


class Chatter:
    """Syncs all the time, and sends now and then."""

    def __init__(self, user, room):
        self.user, self.room = user, room
        self.seen = set()
        self.sent = []
        self.presence = 0

    async def listen(self):
        since = (await self.user.sync())[0]["next_batch"]
        while True:
            answer, _ = await self.user.sync(since)
            since = answer["next_batch"]
            self.presence += len(answer.get("presence", {}).get("events", []))
            room = answer.get("rooms", {}).get("join", {}).get(self.room, {})
            for event in room.get("timeline", {}).get("events", []):
                self.seen.add(event["event_id"])


async def chat(talkers, seconds, rate):
    """`rate` messages a second over all of them."""
    start = time.monotonic()

    async def one(number):
        wait = start + number / rate - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        sender, room, sent = talkers[number % len(talkers)]
        content = {"msgtype": "m.text", "body": "hello"}
        sent.append(await sender.send(room, "m.room.message", content, f"t{number}"))

    await people.in_parallel(one, range(int(seconds * rate)))


async def rooms_of(users):
    """Rooms of ROOM_SIZE; each user's."""
    homes = {}

    async def make(first):
        members = users[first : first + ROOM_SIZE]
        room = await members[0].create_room()
        for member in members[1:]:
            await member.join(room)
        homes.update({member.user_id: room for member in members})

    await people.in_parallel(make, range(0, len(users), ROOM_SIZE))
    return homes


async def cost(server, options):
    users = await people.register(server.url, options.users)
    homes = await rooms_of(users)
    chatters = [Chatter(user, homes[user.user_id]) for user in users]
    tasks = [asyncio.create_task(chatter.listen()) for chatter in chatters]
    senders = people.second_connections(users)
    talkers = [(s, c.room, c.sent) for s, c in zip(senders, chatters)]
    await asyncio.sleep(5)
    cpu = server.cpu_seconds()
    await chat(talkers, options.seconds, options.rate)
    await asyncio.sleep(2)
    cpu = server.cpu_seconds() - cpu
    for task in tasks:
        task.cancel()
    by_room = {}
    for chatter in chatters:
        by_room.setdefault(chatter.room, set()).update(chatter.sent)
    missed = sum(len(by_room[c.room] - c.seen) for c in chatters)
    return {
        "users": options.users,
        "cpu_seconds": round(cpu, 2),
        "missed": missed,
        "presence_events": sum(c.presence for c in chatters),
    }


def presence_cost(options):
    results = {}
    for name, visibility in (("on", "rooms"), ("off", "off")):
        server = Server(options.launcher, PARLEY_PRESENCE_VISIBILITY=visibility)
        try:
            results[name] = asyncio.run(cost(server, options))
        finally:
            server.close()
        line = {"scenario": "presence-cost", "presence": name} | results[name]
        print(json.dumps(line), flush=True)
    share = results["on"]["cpu_seconds"] / results["off"]["cpu_seconds"] - 1
    print(json.dumps({"scenario": "presence-cost", "more_cpu": f"{share:.1%}"}), flush=True)


def invite_content(call_id):
    return {
        "call_id": call_id,
        "version": 0,
        "lifetime": 60000,
        "offer": {"type": "offer", "sdp": "v=0\r\n" * 200},
    }


async def ring(server, options):
    users = await people.register(server.url, options.users + 2)
    caller, callee, others = users[0], users[1], users[2:]
    room = await caller.create_room()
    await callee.join(room)
    homes = await rooms_of(others)
    listeners = [Chatter(user, homes[user.user_id]) for user in others]
    tasks = [asyncio.create_task(listener.listen()) for listener in listeners]
    senders = people.second_connections(others)
    talkers = [(s, l.room, l.sent) for s, l in zip(senders, listeners)]
    tasks.append(asyncio.create_task(chat(talkers, 3600, options.rate)))
    since = (await callee.sync())[0]["next_batch"]
    late = []
    for number in range(options.invites):
        poll = asyncio.create_task(callee.sync(since))
        await asyncio.sleep(0.05)
        began = time.monotonic()
        content = invite_content(f"c{number}")
        event_id = await caller.send(room, "m.call.invite", content, f"i{number}")
        while True:
            answer, _ = await poll
            since = answer["next_batch"]
            events = answer.get("rooms", {}).get("join", {}).get(room, {}).get("timeline", {})
            if any(e["event_id"] == event_id for e in events.get("events", [])):
                break
            poll = asyncio.create_task(callee.sync(since))
        late.append(time.monotonic() - began)
        hangup = {"call_id": f"c{number}", "version": 0}
        await caller.send(room, "m.call.hangup", hangup, f"h{number}")
    for task in tasks:
        task.cancel()
    return {
        "invites": len(late),
        "p50_ms": round(people.percentile(late, 0.5) * 1000, 1),
        "p99_ms": round(people.percentile(late, 0.99) * 1000, 1),
    }


def invite(options):
    server = Server(options.launcher)
    try:
        result = asyncio.run(ring(server, options))
    finally:
        server.close()
    print(json.dumps({"scenario": "invite", "rate": options.rate} | result), flush=True)
