"""A server in the cluster shape of tests/launch, with the means to look into it and to hurt it."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from glob import glob
from pathlib import Path

import requests

from conformance.launcher import Homeserver, free_port

PARTITIONS = 16
SHARED = ("events", "accounts", "profile", "presence", "calls")  # services with this many owners each


class Cluster:
    """One such server, with this many processes of the services that share."""

    def __init__(self, launcher, processes, env=None):
        shape = {"PARLEY_SHAPE": "cluster", "PARLEY_OWNERS": str(processes)}
        self.server = Homeserver(launcher, shape | (env or {}))
        self.folder = self.server.folder / "data"
        self.postgres_host = str(self.folder / "postgres")
        self.added = {}

    def start(self):
        self.server.start()
        return self

    def close(self):
        for process in self.added.values():
            process.kill()
            process.wait()
        self.server.stop()
        self.server.close()

    def ask(self, sql):
        psql = sorted(glob("/usr/lib/postgresql/*/bin/psql"))[-1]
        target = f"host={self.postgres_host} user=parley dbname=postgres target_session_attrs=read-write"
        command = [psql, "-AtX", "-v", "ON_ERROR_STOP=1", "-c", sql, target]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()

    def shares(self, service):
        """How many of the service's partitions each owner serves, in order."""
        return [
            int(count)
            for count in self.ask(
                f"SELECT count(*) FROM leases WHERE service = '{service}' AND length(address) > 0 "
                "GROUP BY owner ORDER BY 1"
            )
        ]

    def wait_for_owners(self, count, service="events"):
        fair = sorted((PARTITIONS + i) // count for i in range(count))
        deadline = time.monotonic() + 60
        while self.shares(service) != fair:
            assert time.monotonic() < deadline, f"shares are {self.shares(service)}, not {fair}"
            time.sleep(0.05)

    def redis_address(self):
        """Host and port, as the services know it."""
        lines = (self.folder / "start").read_text().splitlines()
        url = next(line for line in lines if "PARLEY_BUS_URL" in line)
        return url.split("redis://")[1].strip('"').split(":")

    def start_redis(self):
        """Again, empty, where it was."""
        host, port = self.redis_address()
        self._start(
            "redis", ["redis-server", "--bind", host, "--port", port, "--save", "", "--appendonly", "no"]
        )

    def restart_postgres(self, number=signal.SIGINT):
        """By default as an operator does: those who are connected are thrown out."""
        pid = self.pid("postgres")
        process = Path(f"/proc/{pid}")
        command = (process / "cmdline").read_bytes().split(b"\0")[:-1]
        owner = process.stat().st_uid
        self.signal("postgres", number)
        while is_running(pid):
            time.sleep(0.02)
        as_owner = ["setpriv", f"--reuid={owner}", "--clear-groups"]
        reach = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
        command = ([*as_owner, *reach] if os.getuid() == 0 else []) + command
        self._start("postgres", command)
        while not self._postgres_answers():
            if self.added["postgres"].poll() is not None:  # the last one's processes have not ended yet
                self._start("postgres", command)
            time.sleep(0.02)

    def _postgres_answers(self):
        ready = sorted(glob("/usr/lib/postgresql/*/bin/pg_isready"))[-1]
        return subprocess.run([ready, "-q", "-h", self.folder / "postgres"]).returncode == 0

    def _start(self, name, command):
        with open(self.folder / f"{name}.log", "ab") as log:
            self.added[name] = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)
        (self.folder / f"{name}.pid").write_text(str(self.added[name].pid))

    def pid(self, name):
        return int((self.folder / f"{name}.pid").read_text())

    def add(self, service, name, env=None):
        with open(self.server.log_path, "ab") as log:
            self.added[name] = subprocess.Popen(
                [self.folder / "start", service, name],
                env=os.environ | (env or {}),
                stdout=log,
                stderr=log,
            )
        (self.folder / f"{name}.pid").write_text(str(self.added[name].pid))

    def add_gateway(self):
        """A second gateway; returns its URL."""
        address = f"{self.server.address}:{free_port(self.server.address)}"
        self.second_gateway = {
            "PARLEY_LISTEN_CLIENT": address,
            "PARLEY_LISTEN_FEDERATION": f"{self.server.address}:0",
        }
        self.add("gateway", "gateway-2", self.second_gateway)
        url = f"http://{address}"
        while True:
            assert self.added["gateway-2"].poll() is None, "the second gateway ended"
            try:
                requests.get(url + "/_matrix/client/versions", timeout=5).raise_for_status()
                return url
            except requests.ConnectionError:
                time.sleep(0.05)

    def signal(self, name, number):
        os.kill(self.pid(name), number)

    def restart(self, name, number, env=None):
        """Ends the process of that name by a signal and starts it again; returns when it can be called.

        One from which another has taken over has ended by itself; it is only started.
        """
        pid, begin = self.pid(name), time.time()
        if is_running(pid):
            os.kill(pid, number)
        if name in self.added:
            self.added[name].wait(60)
        while is_running(pid):
            assert time.time() < begin + 60, f"{name} does not end"
            time.sleep(0.02)
        (self.folder / f"{name}.sock").unlink(missing_ok=True)
        self.add(name.split("-")[0], name, env)
        while (self.folder / "data" / name / "rpc_address").stat().st_mtime < begin:
            assert self.added[name].poll() is None, f"{name} did not start again"
            time.sleep(0.02)

    def end(self, name):
        process = self.added.pop(name)
        process.terminate()
        assert process.wait(60) == 0, f"{name} did not end as it should"


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@contextmanager
def cluster(launcher, processes, env=None):
    it = Cluster(launcher, processes, env)
    try:
        yield it.start()
    except BaseException:
        print(it.server.log_tail(), file=sys.stderr)
        raise
    finally:
        it.close()
