"""Stands between two processes: late, or deaf in one direction."""

import asyncio
import threading
from contextlib import contextmanager

CHUNK = 1 << 16


class Proxy:
    """Listens at one address and passes on to another, each a path or a pair of host and port.

    `towards` is the way to the target, `back` the way from it; each has a `delay` in seconds, and
    while it is `cut` nothing passes and the connections stay. Closing it breaks them.
    """

    def __init__(self, listen, target):
        self.towards, self.back = Way(), Way()
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._run(_listen(listen, self._serve))

    def close(self):
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _end(self):
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader, writer):
        try:
            target_reader, target_writer = await _connect(self._target)
        except OSError:
            writer.close()
            return
        await asyncio.gather(
            self.towards.carry(reader, target_writer), self.back.carry(target_reader, writer)
        )


class Way:
    """One direction of all connections."""

    def __init__(self):
        self.delay = 0.0
        self.is_cut = False

    @contextmanager
    def cut(self):
        self.is_cut = True
        try:
            yield
        finally:
            self.is_cut = False

    async def carry(self, reader, writer):
        under_way = asyncio.Queue()
        await asyncio.gather(self._take(reader, under_way), self._deliver(under_way, writer))

    async def _take(self, reader, under_way):
        now, chunk = asyncio.get_running_loop().time, b"-"
        while chunk:
            try:
                chunk = await reader.read(CHUNK)
            except OSError:
                chunk = b""
            under_way.put_nowait((now() + self.delay, chunk))

    async def _deliver(self, under_way, writer):
        now = asyncio.get_running_loop().time
        try:
            while True:
                due, chunk = await under_way.get()
                await asyncio.sleep(max(0.0, due - now()))
                while self.is_cut:
                    await asyncio.sleep(0.01)
                if not chunk:
                    return
                writer.write(chunk)
                await writer.drain()
        except OSError:
            return
        finally:
            writer.close()


async def _listen(address, serve):
    if isinstance(address, tuple):
        return await asyncio.start_server(serve, *address)
    return await asyncio.start_unix_server(serve, address)


async def _connect(address):
    if isinstance(address, tuple):
        return await asyncio.open_connection(*address)
    return await asyncio.open_unix_connection(address)
