"""What a blow is dealt to: a cluster with two gateways."""

import os
import signal
import subprocess
from contextlib import contextmanager
from glob import glob
from pathlib import Path

import requests
from cluster.server import SHARED, Cluster, is_running
from conformance.launcher import free_port

from .proxy import Proxy

ROOT = Path(__file__).parent.parent.parent
OWNERS = 3  # of each service in SHARED
SERVICES = [
    *("events", "events-2", "events-3", "accounts", "accounts-2", "accounts-3"),
    *("profile", "profile-2", "profile-3", "presence", "presence-2", "presence-3"),
    *("calls", "calls-2", "calls-3", "media", "media-2", "federation"),
]
GATEWAYS = ["gateway", "gateway-2"]
NARROW = {"PARLEY_LIMITS_HANDLER_THREADS": "8", "PARLEY_LIMITS_MAX_QUEUED_REQUESTS": "32"}


class Site(Cluster):
    """`long`: blows take as long as in the issue, not only as long as they must. `users`: of the load."""

    users = 4

    def __init__(self, launcher, long=False, env=None):
        super().__init__(launcher, OWNERS, env)
        self.long = long
        self.gateways = []  # their URLs, as GATEWAYS

    def start(self):
        super().start()
        self.gateways = [self.server.url, self.add_gateway()]
        self.wait_for_all_owners()
        return self

    def wait_for_all_owners(self):
        for service in SHARED:
            self.wait_for_owners(OWNERS, service)

    def restart(self, name, number, env=None):
        super().restart(name, number, self.second_gateway if name == "gateway-2" else env)
        if name in GATEWAYS:
            self._wait_for_gateway(self.gateways[GATEWAYS.index(name)])

    def _wait_for_gateway(self, url):
        while True:
            try:
                requests.get(url + "/_matrix/client/versions", timeout=5).raise_for_status()
                return
            except requests.ConnectionError:
                pass


class OwnBackends(Site):
    """One whose Redis and PostgreSQL are started before it, so that something may stand between."""

    def __init__(self, launcher, long=False, env=None):
        super().__init__(launcher, long, env)
        self.redis = self._start_backends()

    def close(self):
        pids = {name: self.pid(name) for name in ("postgres", "redis")}
        super().close()
        for name, pid in pids.items():
            if is_running(pid):
                os.kill(pid, signal.SIGQUIT if name == "postgres" else signal.SIGKILL)

    def use(self, redis, postgres_host):
        """What the services are told, before they are started."""
        self.server.set_env(
            {
                "PARLEY_BUS_URL": f"redis://{redis[0]}:{redis[1]}",
                "PARLEY_STORE_ENGINE": "postgres",
                "PARLEY_STORE_POSTGRES_DATABASE": "postgres",
                "PARLEY_STORE_POSTGRES_HOST": str(postgres_host),
            }
        )

    def as_postgres(self, command):
        """Runs as the user that PostgreSQL's files belong to; see deploy/backends."""
        owner = (self.folder / "postgres/data").stat().st_uid
        caps = [f"--{kind}-caps=+dac_read_search" for kind in ("inh", "ambient")]
        become = ["setpriv", f"--reuid={owner}", f"--regid={owner}", "--clear-groups", *caps]
        return (become if os.getuid() == 0 else []) + command

    def proxy_postgres(self):
        (self.folder / "via").mkdir()
        socket = ".s.PGSQL.5432"
        return Proxy(str(self.folder / "via" / socket), str(self.folder / "postgres" / socket))

    def _start_backends(self):
        script = 'pids=(); . "$1/deploy/backends"; start_redis "$2"; start_postgres; echo $PARLEY_BUS_URL'
        command = ["bash", "-euc", script, "backends", ROOT, self.server.address]
        done = subprocess.run(
            command, cwd=self.folder, stdout=subprocess.PIPE, text=True, check=True
        )
        host, port = done.stdout.strip().removeprefix("redis://").split(":")
        return host, int(port)


class ProxiedSite(OwnBackends):
    """Everything between the services and Redis, and from them to events-2, goes through a proxy."""

    def __init__(self, launcher, long=False):
        super().__init__(launcher, long)
        address = (self.server.address, free_port(self.server.address))
        self.redis_proxy = Proxy(address, self.redis)
        via = self.folder / "events-2.via"
        self.events_proxy = Proxy(str(via), str(self.folder / "events-2.sock"))
        self.use(address, self.folder / "postgres")

    def start(self):
        super().start()
        advertise = {"PARLEY_LISTEN_RPC_ADVERTISE": "unix:events-2.via"}
        self.restart("events-2", signal.SIGTERM, advertise)
        self.wait_for_all_owners()
        return self

    def close(self):
        super().close()
        self.redis_proxy.close()
        self.events_proxy.close()


class SlowStoreSite(OwnBackends):
    """Everything between the services and PostgreSQL goes through a proxy."""

    def __init__(self, launcher, long=False):
        super().__init__(launcher, long)
        self.postgres_proxy = self.proxy_postgres()
        self.use(self.redis, self.folder / "via")

    def close(self):
        super().close()
        self.postgres_proxy.close()


class NarrowSite(OwnBackends):
    """One process with little room for requests, whose commits take their time."""

    users = 1  # that is not the load that matters

    def __init__(self, launcher, long=False):
        super().__init__(launcher, long, NARROW | {"PARLEY_SHAPE": "all"})
        self.postgres_proxy = self.proxy_postgres()
        self.postgres_proxy.back.delay = 0.01
        self.use(self.redis, self.folder / "via")

    def start(self):
        self.server.start()
        self.gateways = [self.server.url]
        return self

    def close(self):
        super().close()
        self.postgres_proxy.close()


class ReplicatedSite(OwnBackends):
    """PostgreSQL has a synchronous standby, and the services know both."""

    def __init__(self, launcher, long=False):
        super().__init__(launcher, long)
        self.standby = self.folder / "standby"
        self._start_standby()
        self.postgres_host = f"{self.folder}/postgres,{self.standby}"
        self.use(self.redis, self.postgres_host)

    def close(self):
        super().close()
        self.added["standby"].wait(60)

    def promote(self):
        psql = [
            "psql",
            "-h",
            self.standby,
            "-U",
            "parley",
            "-AtXc",
            "SELECT pg_promote()",
            "postgres",
        ]
        subprocess.run(psql, check=True, capture_output=True)

    def _start_standby(self):
        bin = Path(max(glob("/usr/lib/postgresql/*/bin")))
        self.standby.mkdir()
        os.chown(self.standby, (self.folder / "postgres/data").stat().st_uid, -1)
        primary, data = str(self.folder / "postgres"), str(self.standby / "data")
        copy = [
            bin / "pg_basebackup",
            "-h",
            primary,
            "-U",
            "parley",
            "-D",
            data,
            "-R",
            "-c",
            "fast",
        ]
        subprocess.run(self.as_postgres(copy), cwd=self.standby, check=True, capture_output=True)
        run = [bin / "postgres", "-D", data, "-k", str(self.standby), "-c", "listen_addresses="]
        self._start("standby", self.as_postgres([*run, "-c", "max_connections=400"]))
        self.ask("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.ask("SELECT pg_reload_conf()")
        while self.ask("SELECT sync_state FROM pg_stat_replication") != ["sync"]:
            assert self.added["standby"].poll() is None, "the standby ended"


@contextmanager
def site(kind, launcher, long):
    it = kind(launcher, long)
    try:
        yield it.start()
    except BaseException:
        print(it.server.log_tail())
        raise
    finally:
        it.close()
