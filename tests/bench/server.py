"""The server under test: its life, its CPU, its metrics."""

import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TICK = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """By the contract of tests/bench-launch: FOLDER PORT, and FOLDER/pids says what to measure."""

    def __init__(self, launcher=None, **options):
        self.folder = tempfile.TemporaryDirectory(prefix="bench-")
        os.chmod(self.folder.name, 0o755)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [launcher or ROOT / "tests/bench-launch", self.folder.name, str(port)],
            env=os.environ | options,
            start_new_session=True,
        )
        self._wait()

    def _wait(self):
        for _ in range(600):
            try:
                urllib.request.urlopen(self.url + "/_matrix/client/versions", timeout=2).read()
                return
            except OSError:
                if self.process.poll() is not None:
                    raise RuntimeError("the server ended") from None
                time.sleep(0.1)
        raise RuntimeError("the server did not start")

    def pids(self):
        """Those that are to be measured, with all their children."""
        lines = Path(self.folder.name, "pids").read_text().split("\n")
        wanted = {int(line.split()[-1]) for line in lines if line.strip()}
        for stat in sorted(Path("/proc").glob("[0-9]*/stat"), key=lambda p: int(p.parent.name)):
            try:
                fields = stat.read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[1]) in wanted:
                wanted.add(int(stat.parent.name))
        return wanted

    def cpu_seconds(self):
        total = 0
        for pid in self.pids():
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                total += int(fields[11]) + int(fields[12])
            except OSError:
                pass
        return total / TICK

    def memory_mib(self):
        total = 0
        for pid in self.pids():
            try:
                for line in Path(f"/proc/{pid}/smaps_rollup").read_text().split("\n"):
                    if line.startswith("Pss:"):
                        total += int(line.split()[1])
            except OSError:
                pass
        return total / 1024

    def close(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait()
        self.folder.cleanup()
