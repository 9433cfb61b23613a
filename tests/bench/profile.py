"""A name on its way into many rooms."""

import asyncio
import json
import time
from urllib.parse import quote

from . import people
from .server import Server


async def propagate(server, options):
    users = await people.register(server.url, options.members + 2)
    star, members, talker, listener = users[0], users[1 : options.members], *users[-2:]
    rooms = []

    for _ in range(options.rooms):
        rooms.append(await star.create_room())
    for room in rooms:
        await people.join(room, members)
    elsewhere = await talker.create_room()
    await listener.join(elsewhere)
    quiet = await sends(talker, elsewhere, 100, "before")
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
    return {
        "rooms": options.rooms,
        "members": options.members,
        "answered_ms": round(answered * 1000, 1),
        "all_rooms_ms": round(took * 1000),
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
