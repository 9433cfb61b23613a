"""A small Matrix client for tests: one object is one device of one user.

Every answer is checked against the specification (schema.py) as it arrives.
"""

import itertools
import json as jsonlib
import os
import time
from urllib.parse import quote

import requests

from . import schema

PASSWORD = "correct horse battery staple"
WAIT_SECONDS = float(os.environ.get("PARLEY_TEST_WAIT", "15"))
HTTP_SECONDS = 60
_numbers = itertools.count(1)
_run = os.urandom(4).hex()


def unique(prefix="x"):
    """A name that no other test, worker or run has used."""
    return f"{prefix}-{_run}-{next(_numbers)}"


class Reply:
    """One answer of the server. `ok` and `refused` say what the test expects of it."""

    def __init__(self, method, path, response):
        self.what = f"{method} {path}"
        self.status = response.status_code
        self.headers = response.headers
        self.text = response.text
        self.content = response.content
        try:
            self.body = response.json()
        except ValueError:
            self.body = None

    def __str__(self):
        return f"{self.what} -> {self.status} {self.text[:1500]}"

    def ok(self, status=200):
        assert self.status == status, f"expected {status}: {self}"
        return self.body

    def refused(self, status, *errcodes):
        """Expects this status and, if any are given, one of these error codes."""
        assert self.status == status, f"expected {status} {errcodes}: {self}"
        assert not errcodes or self.body["errcode"] in errcodes, f"expected {errcodes}: {self}"
        return self.body


class Sync(dict):
    """A /sync answer, with short ways to its parts. What is absent reads as empty."""

    @property
    def token(self):
        return self["next_batch"]

    def room(self, room, kind="join"):
        return self.get("rooms", {}).get(kind, {}).get(room, {})

    def has_room(self, room, kind="join"):
        return room in self.get("rooms", {}).get(kind, {})

    def timeline(self, room, kind="join"):
        return self.room(room, kind).get("timeline", {}).get("events", [])

    def state(self, room, kind="join"):
        return self.room(room, kind).get("state", {}).get("events", [])

    def event(self, room, event_id, kind="join"):
        return first(e for e in self.timeline(room, kind) if e["event_id"] == event_id)

    def ephemeral(self, room, type):
        return first(
            e for e in self.room(room).get("ephemeral", {}).get("events", []) if e["type"] == type
        )

    def stripped(self, room, kind="invite"):
        return self.room(room, kind).get(f"{kind}_state", {}).get("events", [])

    def account_data(self, type, room=None):
        source = self.room(room) if room else self
        return first(
            e for e in source.get("account_data", {}).get("events", []) if e["type"] == type
        )

    def to_device(self):
        return self.get("to_device", {}).get("events", [])

    def presence(self, user):
        return first(e for e in self.get("presence", {}).get("events", []) if e["sender"] == user)

    def changed(self):
        return self.get("device_lists", {}).get("changed", [])


class Client:
    """Without a token it is a client that nobody has logged in to yet."""

    accepted_errors = ()  # statuses of 500 and more that are right where the test uses this client

    def __init__(self, url, token=None, user_id=None, device_id=None):
        self.url, self.token, self.user_id, self.device_id = url, token, user_id, device_id
        self.password = PASSWORD
        self._http = requests.Session()
        self._schema = schema.load()

    @property
    def localpart(self):
        return self.user_id[1:].split(":", 1)[0]

    @property
    def server(self):
        return self.user_id.split(":", 1)[1]

    # -- requests

    def request(
        self, method, *path, v="v3", json=None, query=None, headers=None, raw=None, unchecked=False
    ):
        """`path` is the parts after /_matrix/client/v3, or one whole path that begins with "/"."""
        if not path[0].startswith("/"):
            path = [f"/_matrix/client/{v}/" + "/".join(quote(part, safe="") for part in path)]
        headers = dict(headers or {})
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        if json is not None:
            raw = jsonlib.dumps(json).encode()
            headers.setdefault("Content-Type", "application/json")
        response = self._http.request(
            method,
            self.url + path[0],
            params=query,
            data=raw,
            headers=headers,
            timeout=HTTP_SECONDS,
        )
        reply = Reply(method, path[0], response)
        assert reply.status < 500 or reply.status in self.accepted_errors, f"server error: {reply}"
        if isinstance(reply.body, dict) and not unchecked:
            self._schema.check_response(method, path[0], reply.status, reply.body)
        return reply

    def get(self, *path, **options):
        return self.request("GET", *path, **options)

    def put(self, *path, json=None, **options):
        return self.request("PUT", *path, json={} if json is None else json, **options)

    def post(self, *path, json=None, **options):
        return self.request("POST", *path, json={} if json is None else json, **options)

    def delete(self, *path, **options):
        return self.request("DELETE", *path, **options)

    # -- accounts

    def register(self, name=None, password=PASSWORD, **fields):
        """Registers with the dummy stage and returns the new user's client."""
        body = {
            "username": name or unique("user").lower(),
            "password": password,
            "auth": {"type": "m.login.dummy"},
        }
        return self.logged_in(self.post("register", json=body | fields).ok(), password)

    def login(self, user, password=PASSWORD, **fields):
        """Logs in by password on a new device (or `device_id`) and returns its client."""
        identifier = {"type": "m.id.user", "user": user}
        body = {"type": "m.login.password", "identifier": identifier, "password": password}
        return self.logged_in(self.post("login", json=body | fields).ok(), password)

    def logged_in(self, answer, password=PASSWORD):
        client = Client(self.url, answer["access_token"], answer["user_id"], answer["device_id"])
        client.password = password
        return client

    def new_device(self, **fields):
        return Client(self.url).login(self.user_id, self.password, **fields)

    def password_auth(self, password=None):
        """The body of a password stage of user-interactive authentication."""
        identifier = {"type": "m.id.user", "user": self.user_id}
        return {
            "type": "m.login.password",
            "identifier": identifier,
            "password": password or self.password,
        }

    def with_uia(self, method, *path, json=None):
        """Makes a request that needs the user's password: asks, then answers the stage."""
        challenge = self.request(method, *path, json=json or {})
        if challenge.status != 401:
            return challenge
        auth = self.password_auth() | {"session": challenge.body["session"]}
        return self.request(method, *path, json=(json or {}) | {"auth": auth})

    # -- rooms

    def create_room(self, **options):
        return self.post("createRoom", json=options).ok()["room_id"]

    def join(self, room):
        return self.post("join", room).ok()["room_id"]

    def leave(self, room):
        self.post("rooms", room, "leave").ok()

    def invite(self, room, other):
        self.post("rooms", room, "invite", json={"user_id": other.user_id}).ok()

    def kick(self, room, other):
        self.post("rooms", room, "kick", json={"user_id": other.user_id}).ok()

    def ban(self, room, other):
        self.post("rooms", room, "ban", json={"user_id": other.user_id}).ok()

    def send(self, room, content, type="m.room.message", txn=None):
        """Sends an event and returns its id. A string is sent as the text of a message."""
        if isinstance(content, str):
            content = {"msgtype": "m.text", "body": content}
        return self.put("rooms", room, "send", type, txn or unique("t"), json=content).ok()[
            "event_id"
        ]

    def set_state(self, room, type, content, key=""):
        return self.put("rooms", room, "state", type, key, json=content).ok()["event_id"]

    def state(self, room, type, key=""):
        """The content of one current state event."""
        return self.get("rooms", room, "state", type, key).ok()

    def membership(self, room, user):
        return self.state(room, "m.room.member", user.user_id)["membership"]

    def redact(self, room, event_id, **content):
        return self.put("rooms", room, "redact", event_id, unique("t"), json=content).ok()[
            "event_id"
        ]

    def event(self, room, event_id):
        return self.get("rooms", room, "event", event_id).ok()

    def messages(self, room, dir="b", **query):
        return self.get("rooms", room, "messages", query={"dir": dir} | query).ok()

    def change_power(self, room, **changes):
        """Changes keys of m.room.power_levels; a dict is merged into the one that is there."""
        levels = self.state(room, "m.room.power_levels")
        for key, value in changes.items():
            levels[key] = levels.get(key, {}) | value if isinstance(value, dict) else value
        return self.set_state(room, "m.room.power_levels", levels)

    # -- sync

    def sync(self, since=None, filter=None, timeout=0, **query):
        if since:
            query["since"] = since
        if filter:
            query["filter"] = filter if isinstance(filter, str) else jsonlib.dumps(filter)
        return Sync(self.get("sync", query=query | {"timeout": timeout}).ok())

    def sync_until(self, condition, since=None, **query):
        """Syncs on from `since` until an answer meets `condition`, and returns that answer."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            answer = self.sync(since, timeout=1000 if since else 0, **query)
            if condition(answer):
                return answer
            since = answer.token
        raise AssertionError(
            f"{self.user_id} did not see it in {WAIT_SECONDS} s; last answer: {answer}"
        )

    def wait_for_event(self, room, event_id, since=None):
        """Syncs until the event is in the room's timeline, and returns the event."""
        answer = self.sync_until(lambda sync: sync.event(room, event_id), since)
        return answer.event(room, event_id)

    def wait_for_membership(self, room, user, membership, since=None):
        """Syncs until `user` has this membership in the room as the timeline or state tells it."""

        def seen(sync):
            kinds = {"leave": "leave", "ban": "leave"} if user is self else {}
            kind = kinds.get(membership, "join")
            events = sync.timeline(room, kind) + sync.state(room, kind)
            return any(
                is_member(e, user) and e["content"]["membership"] == membership for e in events
            )

        return self.sync_until(seen, since)


def until(read, condition=bool):
    """Reads until the value meets `condition`, for what the server does in the background."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        value = read()
        if condition(value):
            return value
        assert time.monotonic() < deadline, f"not met in {WAIT_SECONDS} s; last value: {value}"


def initial(type, content, key=""):
    """An entry of createRoom's initial_state."""
    return {"type": type, "state_key": key, "content": content}


def first(items):
    return next(iter(items), None)


def of_type(events, type, key=None):
    """The first event of this type (and state key), or None."""
    return first(e for e in events if e["type"] == type and key in (None, e.get("state_key")))


def is_member(event, user):
    return event["type"] == "m.room.member" and event["state_key"] == user.user_id


def ids(events):
    return [event["event_id"] for event in events]


def bodies(events):
    """The texts of the messages among these events."""
    return [e["content"]["body"] for e in events if "body" in e["content"]]
