"""Checks answers against the specification's OpenAPI documents and events against its schemas.

The documents are in ../shared/spec from the project root, or in $PARLEY_SHARED/spec. Where they are
absent, `load` returns a validator that accepts everything. With PARLEY_TEST_LENIENT=1 a key that is
null counts as absent: some peers answer so.
"""

import functools
import os
import re
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

METHODS = ("get", "put", "post", "delete")
# What a client may put in is its own affair; these contents are written or guarded by the server.
SERVER_GUARDED = {
    "m.fully_read",
    "m.presence",
    "m.push_rules",
    "m.receipt",
    "m.room.canonical_alias",
    "m.room.create",
    "m.room.guest_access",
    "m.room.history_visibility",
    "m.room.join_rules",
    "m.room.member",
    "m.room.message",
    "m.room.name",
    "m.room.power_levels",
    "m.room.redaction",
    "m.room.tombstone",
    "m.room.topic",
    "m.typing",
}


def data_folder():
    root = Path(__file__).resolve().parents[2]
    shared = Path(os.environ.get("PARLEY_SHARED", root.parent / "shared"))
    folder = shared / "spec" / "matrix-v1.19" / "data"
    return folder if folder.is_dir() else None


@functools.cache
def load():
    folder = data_folder()
    return Validator(folder) if folder else AcceptAll()


class AcceptAll:
    def check_response(self, method, path, status, body):
        pass


class Validator:
    def __init__(self, folder):
        self._events = folder / "event-schemas" / "schema"
        self._registry = Registry(retrieve=_retrieve)
        self._routes = list(_routes(folder / "api" / "client-server"))

    def check_response(self, method, path, status, body):
        """Raises AssertionError if `body` is not what the specification says of this answer."""
        if status >= 400:
            _check_error(method, path, status, body)
        uri = self._response_schema(method.lower(), path, status)
        if uri:
            self._check(uri, body, f"{method} {path} -> {status}")
        if status < 300:
            for event in _events_in(body):
                self._check_event(event)

    def _response_schema(self, method, path, status):
        for pattern, route_method, statuses in self._routes:
            if route_method == method and pattern.fullmatch(path):
                return statuses.get(str(status))
        return None

    def _check_event(self, event):
        if "redacted_because" in event.get("unsigned", {}):
            return
        schema = self._event_schema(event)
        if schema:
            self._check(schema, {"room_id": "!left-out-in-sync"} | event, f"event {event}")

    def _event_schema(self, event):
        if "state_key" in event and "event_id" not in event:
            return (self._events / "core-event-schema" / "stripped_state.yaml").as_uri()
        file = self._events / f"{event['type']}.yaml"
        if event["type"] in SERVER_GUARDED and file.exists():
            return file.as_uri()
        return None

    def _check(self, uri, instance, what):
        if os.environ.get("PARLEY_TEST_LENIENT"):
            instance = _without_nulls(instance)
        errors = list(_validator(uri, self._registry).iter_errors(instance))
        if errors:
            first = "; ".join(f"{error.json_path}: {error.message[:300]}" for error in errors[:5])
            raise AssertionError(f"not as specified: {what}: {first}")


@functools.cache
def _validator(uri, registry):
    return Draft202012Validator({"$ref": uri}, registry=registry)


def _retrieve(uri):
    path = Path(uri.removeprefix("file://").replace("%24", "$"))
    return Resource(contents=_read(path), specification=DRAFT202012)


@functools.cache
def _read(path):
    return _usable(yaml.load(path.read_text(), Loader=yaml.CSafeLoader))


def _usable(node):
    """Drops examples, which hold what looks like schemas; and alternatives may overlap."""
    if isinstance(node, dict):
        renamed = {"oneOf": "anyOf"}
        return {
            renamed.get(k, k): _usable(v)
            for k, v in node.items()
            if k not in ("example", "examples", "$schema")
        }
    if isinstance(node, list):
        return [_usable(item) for item in node]
    return node


def _routes(folder):
    for file in sorted(folder.glob("*.yaml")):
        document = _read(file)
        base = document["servers"][0]["variables"]["basePath"]["default"]
        for path, operations in document.get("paths", {}).items():
            pattern = re.compile(re.sub(r"\\{.*?\\}", "[^/]*", re.escape(base + path)))
            for method in METHODS:
                if method in operations:
                    yield pattern, method, dict(_statuses(file, path, method, operations[method]))


def _statuses(file, path, method, operation):
    pointer = path.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
    for status, response in operation["responses"].items():
        if "schema" in response.get("content", {}).get("application/json", {}):
            yield (
                str(status),
                (
                    f"{file.as_uri()}#/paths/{pointer}/{method}/responses/{status}"
                    "/content/application~1json/schema"
                ),
            )


def _without_nulls(node):
    if isinstance(node, dict):
        return {k: _without_nulls(v) for k, v in node.items() if v is not None}
    if isinstance(node, list):
        return [_without_nulls(item) for item in node]
    return node


def _check_error(method, path, status, body):
    if status == 401 and "flows" in body:
        return
    for key in ("errcode", "error"):
        assert isinstance(body.get(key), str), f"{method} {path} -> {status} without {key}: {body}"


def _events_in(node):
    if isinstance(node, list):
        for item in node:
            yield from _events_in(item)
    elif isinstance(node, dict):
        if isinstance(node.get("type"), str) and isinstance(node.get("content"), dict):
            yield node
        else:
            for value in node.values():
                yield from _events_in(value)
