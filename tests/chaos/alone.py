"""Servers of one process for blows that a cluster is not needed for."""

import subprocess
from contextlib import contextmanager

from conformance.launcher import Homeserver

DISK = "64m"


class Alone:
    """One process with SQLite, on a small disk of its own."""

    users = 4

    def __init__(self, launcher, long=False):
        self.server = Homeserver(launcher)
        self.long = long
        self.disk = self.server.folder / "data"
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", self.disk], check=True
        )

    def start(self):
        self.server.start()
        self.gateways = [self.server.url]
        return self

    def close(self):
        self.server.stop()
        subprocess.run(["umount", "--lazy", self.disk], check=True)
        self.server.close()

    @contextmanager
    def full_disk(self):
        ballast = self.disk / "ballast"
        with open(ballast, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass
        try:
            yield
        finally:
            ballast.unlink()
