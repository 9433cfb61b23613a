"""The stage of the hostile corpus: a room of the server under test with users of an evil and of a good server in it."""

import json
import os
import time
from pathlib import Path

from conformance import schema
from conformance.client import unique, until

from . import events
from .peer import Peer

CORPUS = Path(
    os.environ.get("PARLEY_ADVERSARIAL", Path(__file__).parents[3] / "shared" / "adversarial")
)
if not CORPUS.exists():
    CORPUS = Path("/work/shared/adversarial")
VERSIONS = ["10", "11", "12"]


def cases(name):
    path = CORPUS / name
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


class Stage:
    """One room version. `room` is the room as the evil peer knows it, `good_room` as the good one does."""

    def __init__(self, server, authority, version):
        self.server, self.version = server, version
        self.evil, self.good, self.other = Peer(authority), Peer(authority), Peer(authority)
        self.creator, self.victim = unchecked(server.user()), unchecked(server.user())
        self.expired = events.Key("ed25519:old")
        self.evil.old_keys[self.expired] = int(time.time() * 1000) - 7 * 86_400_000
        self.keys = {
            "unpublished": events.Key("ed25519:hidden"),
            "expired": self.expired,
            "well-known-insecure": events.Key("ed25519:auto", seed=bytes(32)),
        }
        self.room_id = self._create_room(name="stage")
        self.victim.join(self.room_id)
        self.users = {name: self.evil.user(name) for name in ("evil", "boss", "plain", "banned", "demoted", "gone")}
        self.room = self.evil.join(server.name, self.room_id, self.users["evil"])
        for name in ("boss", "plain", "banned", "demoted", "gone"):
            self._join_evil(self.users[name])
        self.good_user = self.good.user("good")
        self.good_room = self.good.join(server.name, self.room_id, self.good_user)
        self._settle()
        self._other_rooms()
        self.synced = self.victim.sync().token

    def close(self):
        for peer in (self.evil, self.good, self.other):
            peer.close()

    def _create_room(self, **options):
        options.setdefault("preset", "public_chat")
        return self.creator.create_room(room_version=self.version, **options)

    def _join_evil(self, user):
        self.evil.rooms.pop(self.room_id, None)
        known = self.room
        self.room = self.evil.join(self.server.name, self.room_id, user)
        self.room.events = known.events | self.room.events
        self.evil.rooms[self.room_id] = self.room

    def _settle(self):
        """Power to some of the evil users, and away from them; each waits until the evil peer knows it."""
        self._state("m.room.topic", {"topic": "stage"})
        powers = {self.users["boss"]: 90, self.users["demoted"]: 60}
        self.creator.change_power(self.room_id, users=powers, invite=50)
        self.room.wait_until(lambda: self._level("demoted") == 60)
        self.before_demotion = self.room.extremities[-1], dict(self.room.state)
        self.creator.change_power(self.room_id, users={self.users["demoted"]: 0})
        self.room.wait_until(lambda: self._level("demoted") == 0)
        self.before_ban = self.room.extremities[-1], dict(self.room.state)
        self.creator.post("rooms", self.room_id, "ban", json={"user_id": self.users["banned"]}).ok()
        self.room.wait_until(lambda: self.users["banned"] in self.room.members("ban"))
        self.room.send(self.users["gone"], "m.room.member", {"membership": "leave"}, self.users["gone"])
        self.victim_message = self.victim.send(self.room_id, "the victim's")
        self.room.wait_for_body("the victim's")
        self.room.say(self.users["evil"], "the evil one's")

    def _other_rooms(self):
        """Rooms by the names that cases use for them."""
        other = self._create_room(name="other")
        self.rooms = {"private": self._create_room(preset="private_chat"), "other": other}
        self.unfederated = self._create_room(creation_content={"m.federate": False})
        self.rooms["unfederated"] = self.unfederated
        self.other_room = self.evil.join(self.server.name, other, self.users["evil"])
        allow = [{"type": "m.room_membership", "room_id": self.room_id}]
        rule = {"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": "restricted", "allow": allow}}
        self.rooms["restricted"] = self._create_room(initial_state=[rule])

    def _state(self, type, content):
        self.creator.set_state(self.room_id, type, content)
        self.room.wait_until(lambda: self.room.content(type) == content)

    def _level(self, name):
        return (self.room.content("m.room.power_levels") or {}).get("users", {}).get(self.users[name])

    # -- names of the corpus

    def named(self, text):
        """A text of the corpus with its servers, users and rooms replaced by ours."""
        for name, user in (("victim", self.victim), ("creator", self.creator), ("manydevices", self.victim)):
            text = text.replace(f"@{name}:parley.test", user.user_id)
        for name, server in (
            ("parley.test", self.server.name),
            ("evil.test", self.evil.name),
            ("good.test", self.good.name),
            ("other.test", self.other.name),
        ):
            text = text.replace(name, server)
        return text

    def value(self, value):
        """A value of the corpus with everything that the harness makes put in."""
        if isinstance(value, list):
            return [self.value(v) for v in value]
        if isinstance(value, dict):
            return {self._room_key(self.named(k)): self.value(v) for k, v in value.items() if k != "@repeat"}
        if not isinstance(value, str):
            return value
        if value == "@room":
            return self.room_id
        if value == "@other-room":
            return self.rooms["other"]
        if value == "@other-room-auth":
            return self.other_room.state[("m.room.power_levels", "")]
        if value.startswith("@size:"):
            return "x" * int(value[6:])
        if value.startswith("@range:"):
            return list(range(int(value[7:])))
        if value.startswith("@now+"):
            return int(time.time() * 1000) + int(value[5:-1]) * 86_400_000
        if value.startswith("@raw:"):
            return events.Literal.of(value[5:])
        if value.startswith("@nest:"):
            depth = int(value[6:])
            return events.Literal.of('{"a":' + "[" * depth + "]" * depth + "}")
        return self.named(value)

    def _room_key(self, key):
        return self.room_id if key == "@room" else key

    # -- what must hold after each case

    def room_is_usable(self):
        text = unique("usable")
        event_id = self.creator.send(self.room_id, text)
        answer = self.victim.sync_until(lambda sync: sync.event(self.room_id, event_id), self.synced)
        self.synced = answer.token

    def federation_is_up(self):
        """Events flow both ways with the honest peer."""
        there, back = unique("there"), unique("back")
        self.creator.send(self.room_id, there)
        self.good_room.wait_for_body(there)
        event_id = self.good_room.say(self.good_user, back)
        until(lambda: self.victim.get("rooms", self.room_id, "event", event_id).status == 200)

    def state(self):
        """Event ids of the room's state, as a local user sees it."""
        found = self.creator.get("rooms", self.room_id, "state").ok()
        return {(e["type"], e["state_key"]): e["event_id"] for e in found}

    def sees(self, event_id, room_id=None):
        """The event as a local user gets it, or None."""
        reply = self.creator.get("rooms", room_id or self.room_id, "event", event_id)
        return reply.body if reply.status == 200 else None

    def in_timeline(self, event_id):
        chunk = self.creator.messages(self.room_id, limit=50)["chunk"]
        return event_id in [e["event_id"] for e in chunk]


def unchecked(client):
    """What servers are sent here is not as specified, and clients see some of it; 502 is for what others answer."""
    client._schema = schema.AcceptAll()
    client.accepted_errors = (502,)
    return client

