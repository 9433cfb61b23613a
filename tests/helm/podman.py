"""Pods of a rendered chart as containers: what a kubelet would make of a pod's spec, podman runs."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import requests


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout.strip()


class Rendered:
    """The objects of a rendered chart, by kind and name."""

    def __init__(self, documents):
        self._objects = {(d["kind"], d["metadata"]["name"]): d for d in documents if d}

    def of_kind(self, kind):
        return [d for (k, _), d in self._objects.items() if k == kind]

    def pod(self, kind, component):
        """The pod's spec of the only object of that kind with that component."""
        label = "app.kubernetes.io/component"
        found = [d for d in self.of_kind(kind) if d["metadata"]["labels"].get(label) == component]
        assert len(found) == 1, f"{len(found)} of kind {kind} are of {component}"
        return found[0]["spec"]["template"]["spec"]

    def add_secret(self, name, **values):
        data = {k: base64.b64encode(v.encode()).decode() for k, v in values.items()}
        self._objects["Secret", name] = {"data": data}

    def file(self, kind, name, key):
        found = self._objects[kind, name]
        return found["data"][key].encode() if kind == "ConfigMap" else base64.b64decode(found["data"][key])


class Network:
    """A bridge of its own; the host is its gateway."""

    def __init__(self, image):
        self.name = f"parley-pods-{os.getpid()}"
        run("podman", "network", "create", self.name)
        facts = json.loads(run("podman", "network", "inspect", self.name))[0]
        subnet = facts["subnets"][0]
        self.gateway = subnet["gateway"]
        self._prefix, self._last = subnet["gateway"].rsplit(".", 1)[0], 1
        # It is there as long as somebody is on it.
        sleep = ["--entrypoint", "sleep", image, "infinity"]
        self._holder = run("podman", "run", "-d", "--network", self.name, "--ip", self.next_address(), *sleep)

    def next_address(self):
        self._last += 1
        return f"{self._prefix}.{self._last}"

    def close(self):
        run("podman", "rm", "-f", "-t", "0", self._holder)
        run("podman", "network", "rm", "-f", self.name)


class Pod:
    """One container, run as the only container of a pod's spec says."""

    def __init__(self, name, spec, rendered, network, claims):
        (self._container,) = spec["containers"]
        self.name, self.address = name, network.next_address()
        self._spec, self._rendered, self._claims = spec, rendered, claims
        self._folder = Path(tempfile.mkdtemp(prefix=f"pod-{name}-"))
        self.id = run("podman", "run", "-d", *self._rights(), *self._limits(), *self._volumes(), *self._environment(),
                      "--network", network.name, "--ip", self.address, self._container["image"], *self._container["args"])

    def _rights(self):
        security = self._spec["securityContext"] | self._container["securityContext"]
        assert security["runAsNonRoot"] and security["runAsUser"] != 0
        flags = [f"--user={security['runAsUser']}:{security['runAsGroup']}"]
        flags += [f"--cap-drop={name}" for name in security["capabilities"]["drop"]]
        if security["readOnlyRootFilesystem"]:
            flags += ["--read-only", "--read-only-tmpfs=false"]
        if not security["allowPrivilegeEscalation"]:
            flags += ["--security-opt=no-new-privileges"]
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}  # podman's default
        return flags

    def _limits(self):
        limits = self._container["resources"]["limits"]
        return ["--memory", limits["memory"].replace("Mi", "m").replace("Gi", "g")]

    def _environment(self):
        values, flags = {}, []
        for variable in self._container.get("env", []):
            value = variable.get("value")
            if value is None:
                assert variable["valueFrom"]["fieldRef"]["fieldPath"] == "status.podIP"
                value = self.address
            for name, known in values.items():
                value = value.replace(f"$({name})", known)
            values[variable["name"]] = value
            flags += ["--env", f"{variable['name']}={value}"]
        return flags

    def _volumes(self):
        folders = {volume["name"]: self._make(volume) for volume in self._spec["volumes"]}
        flags = []
        for mount in self._container["volumeMounts"]:
            source = folders[mount["name"]] / mount.get("subPath", "")
            mode = "ro" if mount.get("readOnly") else "rw"
            flags += ["--volume", f"{source}:{mount['mountPath']}:{mode}"]
        return flags

    def _make(self, volume):
        """The folder of a volume, as its group (fsGroup) sees it."""
        if "persistentVolumeClaim" in volume:
            return self._claims
        folder = self._folder / volume["name"]
        folder.mkdir()
        group = self._spec["securityContext"]["fsGroup"]
        if "emptyDir" in volume:
            os.chown(folder, -1, group)
            folder.chmod(0o2777)
            return folder
        for path, content, mode in self._files(volume):
            (folder / path).write_bytes(content)
            os.chown(folder / path, -1, group)
            (folder / path).chmod(mode)
        folder.chmod(0o755)
        return folder

    def _files(self, volume):
        if "configMap" in volume:
            name = volume["configMap"]["name"]
            yield "parley.yaml", self._rendered.file("ConfigMap", name, "parley.yaml"), volume["configMap"]["defaultMode"]
            return
        for source in volume["projected"]["sources"]:
            for item in source["secret"]["items"]:
                yield item["path"], self._rendered.file("Secret", source["secret"]["name"], item["key"]), item["mode"]

    def port(self, name):
        return next(p["containerPort"] for p in self._container["ports"] if p["name"] == name)

    def wait_until_started(self):
        """By the pod's own startup probe."""
        probe = self._container["startupProbe"]
        url = f"http://{self.address}:{self.port(probe['httpGet']['port'])}{probe['httpGet']['path']}"
        deadline = time.monotonic() + probe["periodSeconds"] * probe["failureThreshold"]
        while time.monotonic() < deadline:
            assert self.state("Running") == "true", f"{self.name} has ended:\n{self.log()}"
            try:
                if requests.get(url, timeout=probe["timeoutSeconds"]).status_code == 200:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.1)
        raise AssertionError(f"{self.name} was not ready in time:\n{self.log()}")

    def state(self, what):
        return run("podman", "inspect", "--format", "{{.State.%s}}" % what, self.id)

    def log(self):
        ended = subprocess.run(["podman", "logs", "--tail", "20", self.id], capture_output=True, text=True)
        return ended.stdout + ended.stderr

    def execute(self, *command, **options):
        flags = ["-i"] if "input" in options else []
        return run("podman", "exec", *flags, self.id, *command, **options)

    def wait(self):
        """The exit status of a pod that ends by itself."""
        return int(run("podman", "wait", self.id))

    def stop(self):
        """As a kubelet does it; returns the exit status."""
        run("podman", "stop", "-t", str(self._spec["terminationGracePeriodSeconds"]), self.id)
        return int(self.state("ExitCode"))

    def remove(self):
        run("podman", "rm", "-f", "-t", "0", self.id)
        shutil.rmtree(self._folder)
