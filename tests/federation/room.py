"""A room as the peer of the tests knows it: events by id, the newest ones, and the state they lead to."""

import itertools
import json
import threading
import time

from . import events

_depths = itertools.count(1000)


class Room:
    """Trusting and simple: the state is what arrived last. Threads: any."""

    def __init__(self, peer, room_id, version):
        self.peer, self.id, self.version = peer, room_id, version
        self.events = {}
        self.order = []  # ids of events that are no outliers, as they came
        self.state = {}  # (type, state_key) -> event id
        self.extremities = []
        self.lock = threading.RLock()

    # -- building

    @classmethod
    def create(cls, peer, version, user, join_rule="public", power=None, initial=()):
        """A new room of the peer's own user."""
        room = cls(peer, None, version)
        creator = {"creator": user} if version == "10" else {}
        create = room.build(user, "m.room.create", {"room_version": version} | creator, "", room_id=None)
        if version == "12":
            room.id = "!" + events.event_id(create, version)[1:]
        else:
            room.id = create["room_id"]
        peer.rooms[room.id] = room
        room.add(create)
        room.add(room.build(user, "m.room.member", {"membership": "join"}, user))
        levels = {"users": {} if version == "12" else {user: 100}} | (power or {})
        room.add(room.build(user, "m.room.power_levels", levels, ""))
        room.add(room.build(user, "m.room.join_rules", {"join_rule": join_rule}, ""))
        for type, content in initial:
            room.add(room.build(user, type, content, ""))
        return room

    def template(self, sender, type, content, state_key=None, **fields):
        """An event on top of the room that is neither hashed nor signed."""
        with self.lock:
            event = {
                "type": type,
                "sender": sender,
                "content": content,
                "prev_events": list(self.extremities),
                "auth_events": self.auth_for(sender, type, content, state_key),
                "depth": min(next(_depths), 2**53 - 1),
                "origin_server_ts": int(time.time() * 1000),
            }
        if state_key is not None:
            event["state_key"] = state_key
        if type != "m.room.create" or self.version != "12":
            event["room_id"] = self.id or f"!{next(_depths)}{int(time.time() * 1e6)}:{self.peer.name}"
        event.update({k: v for k, v in fields.items() if not (k == "room_id" and v is None)})
        return event

    def build(self, sender, type, content, state_key=None, **fields):
        return self.sign(self.template(sender, type, content, state_key, **fields))

    def sign(self, event):
        return events.finish(event, self.version, self.peer.name, self.peer.key)

    def auth_for(self, sender, type, content, state_key=None):
        """The auth events that the specification selects."""
        if type == "m.room.create":
            return []
        keys = [("m.room.power_levels", ""), ("m.room.member", sender)]
        if self.version != "12":
            keys.insert(0, ("m.room.create", ""))
        if type == "m.room.member":
            keys.append(("m.room.member", state_key))
            membership = content.get("membership") if isinstance(content, dict) else None
            if membership in ("join", "invite", "knock"):
                keys.append(("m.room.join_rules", ""))
            via = content.get("join_authorised_via_users_server") if isinstance(content, dict) else None
            if via:
                keys.append(("m.room.member", via))
        found = [self.state[key] for key in dict.fromkeys(keys) if key in self.state]
        return list(dict.fromkeys(found))

    # -- reading

    def id_of(self, event):
        return events.event_id(event, self.version)

    def state_event(self, type, key=""):
        with self.lock:
            found = self.state.get((type, key))
            return self.events[found] if found else None

    def content(self, type, key=""):
        event = self.state_event(type, key)
        return event["content"] if event else None

    def members(self, membership="join"):
        with self.lock:
            ids = [i for (type, _), i in self.state.items() if type == "m.room.member"]
            found = [self.events[i] for i in ids]
        return {e["state_key"] for e in found if e["content"]["membership"] == membership}

    def servers(self):
        return {user.split(":", 1)[1] for user in self.members()}

    def bodies(self):
        with self.lock:
            return [self.events[i]["content"].get("body") for i in self.order]

    def state_events(self):
        with self.lock:
            return [self.events[i] for i in self.state.values()]

    def auth_chain(self, ids):
        with self.lock:
            todo, seen = list(ids), {}
            while todo:
                for parent in self.events[todo.pop()].get("auth_events", []):
                    if parent in self.events and parent not in seen:
                        seen[parent] = self.events[parent]
                        todo.append(parent)
        return list(seen.values())

    # -- growing

    def add(self, event, outlier=False):
        """Takes the event in without any check; returns its id."""
        event_id = self.id_of(event)
        with self.lock:
            if event_id in self.events and (outlier or event_id in self.order):
                return event_id
            self.events[event_id] = event
            if outlier:
                return event_id
            self.order.append(event_id)
            prev = set(event["prev_events"])
            self.extremities = [i for i in self.extremities if i not in prev] + [event_id]
            if "state_key" in event:
                self.state[(event["type"], event["state_key"])] = event_id
        return event_id

    def load(self, state, auth_chain):
        """Takes over the answer of send_join."""
        for event in auth_chain:
            self.add(event, outlier=True)
        with self.lock:
            for event in state:
                event_id = self.add(event, outlier=True)
                self.state[(event["type"], event["state_key"])] = event_id

    # -- acting

    def send(self, sender, type, content, state_key=None, to=None, **fields):
        """Builds an event of the peer's user, takes it in, and sends it to the other servers; returns its id."""
        event = self.build(sender, type, content, state_key, **fields)
        event_id = self.add(event)
        self.deliver([event], to)
        return event_id

    def say(self, sender, body):
        return self.send(sender, "m.room.message", {"msgtype": "m.text", "body": body})

    def deliver(self, pdus, to=None):
        for server in [to] if to else sorted(self.servers() - {self.peer.name}):
            answer = self.peer.send_transaction(server, pdus=pdus)
            assert answer.status_code == 200, f"{answer.status_code} {answer.text[:500]}"

    def wait_until(self, condition, seconds=15):
        """Waits until what has come from other servers makes the condition true; returns its value."""
        with self.peer.news:
            found = []

            def met():
                value = condition()
                found[:] = [value]
                return value

            if not self.peer.news.wait_for(met, seconds):
                raise AssertionError(f"not met in {seconds} s; the room holds {self.bodies()}")
            return found[0]

    def wait_for_body(self, body):
        return self.wait_until(lambda: body in self.bodies())


def as_json(room_events):
    return json.dumps(room_events, ensure_ascii=False)
