"""A name on its way into many rooms."""

import asyncio
import json
import time
from urllib.parse import quote

from . import people
from .server import Server


PATIENCE_SECONDS = 300
# Only what the bench waits for, so that first syncs of many rooms stay small.
FILTER = {
    "presence": {"types": []},
    "room": {
        "ephemeral": {"types": []},
        "state": {"lazy_load_members": True, "types": ["m.room.member"]},
        "timeline": {"types": ["m.room.member"], "limit": 10},
    },
}


class Follower:
    """A member who syncs, and notes when the new name has come from all rooms."""

    def __init__(self, user, rooms):
        self.user, self.waiting = user, set(rooms)
        self.since = self.done_at = None

    async def start(self):
        self.since = (await self.user.sync(filter=FILTER))[0]["next_batch"]

    async def follow(self, star, name):
        while self.waiting:
            answer, _ = await self.user.sync(self.since, filter=FILTER)
            self.since = answer["next_batch"]
            for room, update in answer.get("rooms", {}).get("join", {}).items():
                if any(is_naming(e, star, name) for e in update["timeline"]["events"]):
                    self.waiting.discard(room)
        self.done_at = time.monotonic()


def is_naming(event, star, name):
    return event.get("state_key") == star and event["content"].get("displayname") == name


async def propagate(server, options):
    users = await people.register(server.url, options.members + 2)
    star, members, talker, listener = users[0], users[1 : options.members], *users[-2:]
    rooms = []

    for _ in range(options.rooms):
        rooms.append(await star.create_room())
    for room in rooms:
        await people.join(room, members)
    star.http.close()  # it was idle for so long that the server may have closed it
    elsewhere = await talker.create_room()
    await listener.join(elsewhere)
    followers = [Follower(user, rooms) for user in members[-options.watchers :]]
    for follower in followers:
        await follower.start()
    tasks = [asyncio.create_task(f.follow(star.user_id, "Nova")) for f in followers]
    quiet = await sends(talker, elsewhere, 100, "before")
    cpu = server.cpu_seconds()
    began = time.monotonic()
    await star.call("PUT", f"/profile/{quote(star.user_id)}/displayname", {"displayname": "Nova"})
    answered = time.monotonic() - began
    meanwhile = asyncio.create_task(sends(talker, elsewhere, 300, "during"))
    waiting = set(rooms)
    while waiting:
        for room in list(waiting)[:20]:
            path = f"/rooms/{quote(room)}/state/m.room.member/{quote(star.user_id)}"
            if (await members[0].call("GET", path)).get("displayname") == "Nova":
                waiting.discard(room)
        await asyncio.sleep(0.01)
    took = time.monotonic() - began
    during = await meanwhile
    await asyncio.wait_for(asyncio.gather(*tasks), PATIENCE_SECONDS)
    cpu = server.cpu_seconds() - cpu
    return {
        "rooms": options.rooms,
        "members": options.members,
        "answered_ms": round(answered * 1000, 1),
        "all_rooms_ms": round(took * 1000),
        "followers": len(followers),
        "all_followers_ms": round((max(f.done_at for f in followers) - began) * 1000),
        "cpu_seconds": round(cpu, 2),
        "send_p99_ms_quiet": round(people.percentile(quiet, 0.99) * 1000, 1),
        "send_p99_ms_during": round(people.percentile(during, 0.99) * 1000, 1),
    }


async def sends(user, room, count, prefix):
    late = []
    for number in range(count):
        began = time.monotonic()
        content = {"msgtype": "m.text", "body": "x"}
        await user.send(room, "m.room.message", content, f"{prefix}{number}")
        late.append(time.monotonic() - began)
    return late


def profile(options):
    server = Server(options.launcher)
    try:
        result = asyncio.run(propagate(server, options))
    finally:
        server.close()
    print(json.dumps({"scenario": "profile"} | result), flush=True)
