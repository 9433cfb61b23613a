"""Stands between two processes: late, or deaf in one direction."""

import asyncio
import multiprocessing
from contextlib import contextmanager

CHUNK = 1 << 16

processes = multiprocessing.get_context("spawn")


class Proxy:
    """Listens at one address and passes on to another, each a path or a pair of host and port.

    `towards` is the way to the target, `back` the way from it. A process of its own, so that what
    else this one does makes nothing late. Closing it breaks the connections.
    """

    def __init__(self, listen, target):
        self.towards, self.back = Way(), Way()
        is_listening = processes.Event()
        arguments = (listen, target, self.towards, self.back, is_listening)
        self._process = processes.Process(target=_run, args=arguments, daemon=True)
        self._process.start()
        assert is_listening.wait(30), f"the proxy at {listen} did not begin"

    def close(self):
        self._process.kill()
        self._process.join()


class Way:
    """One direction of all connections: everything comes `delay` seconds late, or, while it is cut,
    not at all, and the connections stay."""

    def __init__(self):
        self._delay = processes.Value("d", 0.0)
        self._is_cut = processes.Value("b", 0)

    @property
    def delay(self):
        return self._delay.value

    @delay.setter
    def delay(self, seconds):
        self._delay.value = seconds

    @property
    def is_cut(self):
        return bool(self._is_cut.value)

    @contextmanager
    def cut(self):
        self._is_cut.value = 1
        try:
            yield
        finally:
            self._is_cut.value = 0

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


def _run(listen, target, towards, back, is_listening):
    async def serve(reader, writer):
        try:
            target_reader, target_writer = await _connect(target)
        except OSError:
            writer.close()
            return
        await asyncio.gather(
            towards.carry(reader, target_writer), back.carry(target_reader, writer)
        )

    async def run():
        server = await _listen(listen, serve)
        is_listening.set()
        await server.serve_forever()

    asyncio.run(run())


async def _listen(address, serve):
    if isinstance(address, tuple):
        return await asyncio.start_server(serve, *address)
    return await asyncio.start_unix_server(serve, address)


async def _connect(address):
    if isinstance(address, tuple):
        return await asyncio.open_connection(*address)
    return await asyncio.open_unix_connection(address)
