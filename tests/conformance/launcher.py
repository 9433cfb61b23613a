"""Starts one homeserver by the launcher contract (../shared/conformance/README.md)."""

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import requests

SHARED_SECRET = "complement"
READY_SECONDS = 60
STOP_SECONDS = 45


class Homeserver:
    """A homeserver on a loopback address of its own, with its data in a folder of its own.

    `start` returns once the server answers. The data outlive `stop` and `kill`, not `close`.
    """

    def __init__(self, launcher, env=None):
        self.launcher = Path(launcher).resolve()
        self.name = "hs1"
        self.folder = Path(tempfile.mkdtemp(prefix="parley-test-"))
        self.log_path = self.folder / "server.log"
        self.address = _loopback_address()
        self.port = free_port(self.address)
        self.url = f"http://{self.address}:{self.port}"
        self._env = os.environ | self._contract() | (env or {})
        self._process = None

    def set_env(self, env):
        """Takes effect with the next start."""
        self._env |= env

    def start(self):
        with open(self.log_path, "ab") as log:
            self._process = subprocess.Popen(
                [str(self.launcher)],
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_until_ready()
        return self

    def stop(self):
        """Ends the server as an operator would, by SIGTERM."""
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(
                f"the server did not end within {STOP_SECONDS} s of SIGTERM"
            ) from None

    def kill(self):
        """Ends every process of the server at once, by SIGKILL."""
        self._signal(signal.SIGKILL)
        self._process.wait()

    def restart(self):
        self.stop()
        self.start()

    def close(self):
        if self._process and self._process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log_tail(self, size=3000):
        return self.log_path.read_bytes()[-size:].decode(errors="replace")

    def _signal(self, number):
        if self._process.poll() is None:
            os.killpg(self._process.pid, number)

    def _wait_until_ready(self):
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"{self.launcher} ended at once:\n{self.log_tail()}")
            try:
                if (
                    requests.get(self.url + "/_matrix/client/versions", timeout=2).status_code
                    == 200
                ):
                    return
            except requests.RequestException:
                pass
            time.sleep(0.05)
        self.kill()
        raise RuntimeError(
            f"{self.launcher} was not ready in {READY_SECONDS} s:\n{self.log_tail()}"
        )

    def _contract(self):
        data = self.folder / "data"
        data.mkdir()
        certificate, key, authority = _certificates(self.folder, self.name)
        return {
            "SERVER_NAME": self.name,
            "BIND_ADDR": self.address,
            "CS_PORT": str(self.port),
            "FED_PORT": str(free_port(self.address)),
            "PUBLIC_BASEURL": self.url,
            "TLS_CERT": certificate,
            "TLS_KEY": key,
            "CA_CERT": authority,
            "DATA_DIR": str(data),
            "REGISTRATION_SHARED_SECRET": SHARED_SECRET,
        }


def _loopback_address():
    return "127." + ".".join(str(random.randint(2, 250)) for _ in range(3))


def free_port(address):
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def _certificates(folder, server_name):
    """A certificate for the server, signed by a test authority. Returns the three PEM paths."""
    certificate, key, authority = (str(folder / f) for f in ("tls.crt", "tls.key", "ca.crt"))
    authority_key, request = str(folder / "ca.key"), str(folder / "tls.csr")
    names = folder / "names"
    names.write_text(f"subjectAltName=DNS:{server_name}\n")
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    _openssl(
        "req", "-x509", *new_key, "-keyout", authority_key, "-out", authority, "-subj", "/CN=tests"
    )
    _openssl("req", *new_key, "-keyout", key, "-out", request, "-subj", f"/CN={server_name}")
    _openssl(
        "x509",
        "-req",
        "-in",
        request,
        "-CA",
        authority,
        "-CAkey",
        authority_key,
        "-CAcreateserial",
        "-extfile",
        str(names),
        "-out",
        certificate,
    )
    return certificate, key, authority


def _openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
