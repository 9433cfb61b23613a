"""Sends at a rate or as fast as answers come, over many connections, from one thread."""

import asyncio
import json
import time
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit


@dataclass
class Outcome:
    """What became of the sends. Times are those of the answers, from the beginning, in seconds."""

    seconds: float = 0.0
    acknowledged: dict[str, str] = field(default_factory=dict)  # transaction → event
    times: list[float] = field(default_factory=list)  # how long each acknowledged one took
    shed: int = 0  # 429 with Retry-After
    others: list[str] = field(default_factory=list)  # what should not be

    def rate(self):
        return len(self.acknowledged) / self.seconds


class Flood:
    """Sends into one room after the other, as one user."""

    def __init__(self, url, token, rooms):
        place = urlsplit(url)
        self._address, self._token = (place.hostname, place.port), token
        self._rooms = [quote(room) for room in rooms]
        self._count = 0

    def as_fast_as_answered(self, at_once, seconds):
        return asyncio.run(self._closed(at_once, seconds))

    def at_rate(self, per_second, at_most_at_once, seconds):
        """Does not wait for answers; what finds no connection free is counted among `others`."""
        return asyncio.run(self._open(per_second, at_most_at_once, seconds))

    async def _closed(self, at_once, seconds):
        outcome, end = Outcome(seconds), time.monotonic() + seconds

        async def user():
            connection = await asyncio.open_connection(*self._address)
            while time.monotonic() < end:
                await self._send(connection, outcome)
            connection[1].close()

        await asyncio.gather(*(user() for _ in range(at_once)))
        return outcome

    async def _open(self, per_second, at_most_at_once, seconds):
        outcome, begin, sends = Outcome(seconds), time.monotonic(), set()
        idle = [await asyncio.open_connection(*self._address) for _ in range(at_most_at_once)]

        async def send():
            connection = idle.pop()
            await self._send(connection, outcome)
            idle.append(connection)

        for number in range(int(per_second * seconds)):
            await asyncio.sleep(max(0.0, begin + number / per_second - time.monotonic()))
            if not idle:
                outcome.others.append("no connection is free")
                continue
            sends.add(asyncio.create_task(send()))
            await asyncio.sleep(0)
        outcome.seconds = time.monotonic() - begin
        await asyncio.gather(*sends)
        for _, writer in idle:
            writer.close()
        return outcome

    async def _send(self, connection, outcome):
        reader, writer = connection
        transaction, begin = f"flood-{self._count}", time.monotonic()
        room = self._rooms[self._count % len(self._rooms)]
        self._count += 1
        body = json.dumps({"msgtype": "m.text", "body": transaction})
        writer.write(
            f"PUT /_matrix/client/v3/rooms/{room}/send/m.room.message/{transaction} HTTP/1.1\r\n"
            f"Host: hs1\r\nAuthorization: Bearer {self._token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        status, headers, content = await read_answer(reader)
        if status == 200:
            outcome.acknowledged[transaction] = json.loads(content)["event_id"]
            outcome.times.append(time.monotonic() - begin)
        elif status == 429 and int(headers.get("retry-after", "0")) > 0:
            outcome.shed += 1
        else:
            outcome.others.append(f"{status} {content[:200]}")


async def read_answer(reader):
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    pairs = (line.split(":", 1) for line in head[1:] if line)
    headers = {name.lower(): value.strip() for name, value in pairs}
    return (
        int(head[0].split()[1]),
        headers,
        await reader.readexactly(int(headers["content-length"])),
    )
