"""pods.py CHART IMAGE: see tests/helm/pods."""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from glob import glob
from pathlib import Path

import yaml
from conformance.client import Client
from conformance.launcher import free_port
from podman import Network, Pod, Rendered, run

OLD_MEDIA, MEDIA = "/_matrix/media/v3", "/_matrix/client/v1/media"
USER_ID = "10001"


class Backends:
    """A PostgreSQL and a Redis on the host, on one address, with passwords."""

    def __init__(self, address):
        self.folder = Path(tempfile.mkdtemp(prefix="parley-backends-"))
        self.address, self.password = address, secrets.token_hex(16)
        self.folder.chmod(0o755)
        self._processes = [self._start_postgres(), self._start_redis()]

    def _start_postgres(self):
        bin = Path(sorted(glob("/usr/lib/postgresql/*/bin"))[-1])
        data, self.postgres_port = self.folder / "postgres", free_port(self.address)
        data.mkdir()
        shutil.chown(data, "postgres", "postgres")
        (self.folder / "password").write_text(self.password)
        (self.folder / "password").chmod(0o644)
        as_owner = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        run(*as_owner, bin / "initdb", "-D", data, "--username=parley", "--auth=scram-sha-256", "--no-sync",
            f"--pwfile={self.folder}/password", "--encoding=UTF8", "--locale=C")
        with open(data / "pg_hba.conf", "a") as rules:
            rules.write("host all all samenet scram-sha-256\n")
        settings = [f"listen_addresses={self.address}", f"port={self.postgres_port}", "max_connections=400",
                    f"unix_socket_directories={data}"]
        flags = [flag for setting in settings for flag in ("-c", setting)]
        log = open(self.folder / "postgres.log", "ab")
        process = subprocess.Popen([*as_owner, bin / "postgres", "-D", data, *flags], stdout=log, stderr=log)
        ready = [bin / "pg_isready", "-q", "-h", self.address, "-p", str(self.postgres_port)]
        while subprocess.run(ready).returncode != 0:
            assert process.poll() is None, (self.folder / "postgres.log").read_text()
            time.sleep(0.05)
        return process

    def _start_redis(self):
        self.redis_port = free_port(self.address)
        log = self.folder / "redis.log"
        process = subprocess.Popen(["redis-server", "-"], stdin=subprocess.PIPE, stdout=open(log, "ab"))
        settings = f'bind {self.address}\nport {self.redis_port}\nrequirepass {self.password}\nsave ""\nappendonly no\n'
        process.stdin.write(settings.encode())
        process.stdin.close()
        while "Ready to accept connections" not in log.read_text():
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
        return process

    def close(self):
        for process in self._processes:
            process.send_signal(2)
            process.wait()
        shutil.rmtree(self.folder)


def render(chart, image, backends):
    repository, tag = image.rsplit(":", 1)
    values = {
        "serverName": "pods.test",
        "partitions": 16,
        "image.repository": repository,
        "image.tag": tag,
        "postgresql.tryout.enabled": "false",
        "postgresql.host": backends.address,
        "postgresql.port": backends.postgres_port,
        "postgresql.database": "postgres",
        "postgresql.password.existingSecret": "backends",
        "redis.tryout.enabled": "false",
        "redis.url": f"redis://{backends.address}:{backends.redis_port}",
        "redis.password.existingSecret": "backends",
        "redis.password.key": "postgresql-password",
    }
    flags = [flag for name, value in values.items() for flag in ("--set", f"{name}={value}")]
    rendered = Rendered(yaml.safe_load_all(run("helm", "template", "parley", chart, "-n", "parley", *flags)))
    rendered.add_secret("backends", **{"postgresql-password": backends.password})
    return rendered


def say(text):
    print(f"passed {text}", flush=True)


def expect_no_rights(pod):
    """What the rendered pod promises, seen from inside its container."""
    status = dict(line.split(":\t", 1) for line in pod.execute("cat", "/proc/1/status").splitlines() if ":\t" in line)
    assert status["Uid"].split() == [USER_ID] * 4, status["Uid"]
    for name in ("CapEff", "CapPrm", "CapBnd"):
        assert int(status[name], 16) == 0, (name, status[name])
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", status
    for path in ("/", "/tmp", "/usr/local/bin", "/etc/parley"):
        script = f"touch {path}/new 2> /dev/null && echo written || true"
        assert pod.execute("bash", "-c", script) == "", f"{pod.name} can write to {path}"


def chat(url, accounts):
    people = []
    for name in ("alice", "bob"):
        accounts.execute("parleyctl", "--data-dir", "/var/lib/parley", "create-user", name, input="a good password\n")
        people.append(Client(url).login(name, "a good password"))
    alice, bob = people
    room = alice.create_room(preset="public_chat")
    bob.join(room)
    since = bob.sync().token
    sent = [alice.send(room, f"hello {number}") for number in range(20)]
    seen = bob.sync_until(lambda sync: any(e["event_id"] == sent[-1] for e in sync.timeline(room)), since)
    assert seen.event(room, sent[-1])["content"]["body"] == "hello 19"
    assert bob.sync(since, filter={"room": {"timeline": {"limit": 100}}}).event(room, sent[0])
    say("people made by parleyctl log in and chat through the gateway")
    content = os.urandom(1_000_000)
    headers = {"Content-Type": "application/octet-stream"}
    uri = alice.request("POST", f"{OLD_MEDIA}/upload", raw=content, headers=headers).ok()["content_uri"]
    answer = bob.request("GET", f"{MEDIA}/download/{uri.removeprefix('mxc://')}")
    assert answer.status == 200 and answer.content == content
    say("a file of 1 MB goes up and comes down whole")
    alice.put("profile", alice.user_id, "displayname", json={"displayname": "Alice"}).ok()
    alice.put("presence", alice.user_id, "status", json={"presence": "online", "status_msg": "here"}).ok()
    assert bob.get("presence", alice.user_id, "status").ok()["status_msg"] == "here"
    say("names and presence are served")


def main(chart, image):
    with ExitStack() as stack:
        network = Network(image)
        stack.callback(network.close)
        backends = Backends(network.gateway)
        stack.callback(backends.close)
        rendered = render(chart, image, backends)
        claims = Path(tempfile.mkdtemp(prefix="parley-claim-"))
        stack.callback(shutil.rmtree, claims)
        os.chown(claims, -1, int(USER_ID))
        claims.chmod(0o2775)

        def start(name, spec):
            pod = Pod(name, spec, rendered, network, claims)
            stack.callback(pod.remove)
            return pod

        migrate = start("migrate", rendered.pod("Job", "migrate"))
        assert migrate.wait() == 0, migrate.log()
        say("the job brings the schema up")
        label = "app.kubernetes.io/component"
        names = [d["metadata"]["labels"][label] for d in rendered.of_kind("Deployment")]
        pods = {name: start(name, rendered.pod("Deployment", name)) for name in names}
        for pod in pods.values():
            pod.wait_until_started()
        say(f"{len(pods)} pods pass their startup probes: {', '.join(pods)}")
        for pod in pods.values():
            expect_no_rights(pod)
        say("each runs as nobody's user, without capabilities, on a root that it cannot write to")
        gateway = pods["gateway"]
        chat(f"http://{gateway.address}:{gateway.port('client')}", pods["accounts"])
        statuses = {name: pod.stop() for name, pod in pods.items()}
        assert set(statuses.values()) == {0}, statuses
        say("each ends on SIGTERM within its grace period")


if __name__ == "__main__":
    main(*sys.argv[1:])
