"""HTTP/1.1 over one kept connection: as little as the benches need, so that they cost little."""

import asyncio
import json
from urllib.parse import quote, urlsplit


class Http:
    """One connection. One request at a time."""

    def __init__(self, url):
        parts = urlsplit(url)
        self._host, self._port = parts.hostname, parts.port
        self._reader = self._writer = None

    async def request(self, method, path, body=None, token=None):
        """The answer's status and its bytes."""
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(
                self._host, self._port, limit=1 << 26
            )
        data = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(data)}\r\n"
        if token:
            head += f"Authorization: Bearer {token}\r\n"
        self._writer.write(head.encode() + b"\r\n" + data)
        return await self._answer()

    async def _answer(self):
        head = await self._reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        for line in head.split(b"\r\n"):
            name, _, value = line.lower().partition(b":")
            if name == b"content-length":
                return status, await self._reader.readexactly(int(value))
            if name == b"transfer-encoding" and value.strip() == b"chunked":
                return status, await self._chunks()
        raise ValueError(f"an answer of unknown length: {head!r}")

    async def _chunks(self):
        body = b""
        while True:
            size = int(await self._reader.readuntil(b"\r\n"), 16)
            chunk = await self._reader.readexactly(size + 2)
            if size == 0:
                return body
            body += chunk[:-2]

    def close(self):
        if self._writer:
            self._writer.close()
            self._writer = None


class User:
    """A user with one device and a connection of its own."""

    def __init__(self, url):
        self.url, self.http = url, Http(url)
        self.user_id = self.token = None

    async def call(self, method, path, body=None):
        path = "/_matrix/client/v3" + path
        status, data = await self.http.request(method, path, body, self.token)
        if status != 200:
            raise RuntimeError(f"{method} {path} -> {status} {data[:300]!r}")
        return json.loads(data)

    async def register(self, name):
        body = {"username": name, "password": "p", "auth": {"type": "m.login.dummy"}}
        made = await self.call("POST", "/register", body)
        self.user_id, self.token = made["user_id"], made["access_token"]
        return self

    async def create_room(self, **options):
        body = {"preset": "public_chat"} | options
        return (await self.call("POST", "/createRoom", body))["room_id"]

    async def join(self, room):
        await self.call("POST", f"/join/{quote(room)}", {})

    async def send(self, room, type, content, txn):
        path = f"/rooms/{quote(room)}/send/{type}/{txn}"
        return (await self.call("PUT", path, content))["event_id"]

    async def set_presence(self, state, message):
        body = {"presence": state, "status_msg": message}
        await self.call("PUT", f"/presence/{quote(self.user_id)}/status", body)

    async def sync(self, since=None, timeout=30000, filter=None):
        """The answer and its size."""
        path = f"/_matrix/client/v3/sync?timeout={timeout if since else 0}"
        if since:
            path += f"&since={quote(since)}"
        if filter:
            path += "&filter=" + quote(json.dumps(filter))
        status, data = await self.http.request("GET", path, None, self.token)
        if status != 200:
            raise RuntimeError(f"sync -> {status} {data[:300]!r}")
        return json.loads(data), len(data)
