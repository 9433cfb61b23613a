"""S1–S11: what every event has."""

import time

from conformance.client import ids, of_type, unique

NOT_OBJECTS = (b"[]", b'"text"', b"1", b"null", b"true")


def s1(world):
    """One and the same event reaches every reader."""
    alice, bob, room = world.pair()
    event_id = alice.send(room, "hello")
    copies = [
        alice.wait_for_event(room, event_id),
        bob.wait_for_event(room, event_id),
        bob.event(room, event_id),
    ]
    for key in ("event_id", "type", "sender", "content", "origin_server_ts"):
        assert copies[0][key] == copies[1][key] == copies[2][key], key


def s2(world):
    """Every event has an event_id that no other has."""
    alice, _, room = world.pair()
    other = alice.create_room()
    seen = [e for r in (room, other) for e in alice.messages(r, limit=100)["chunk"]]
    assert all(isinstance(e["event_id"], str) and e["event_id"] for e in seen)
    assert len(set(ids(seen))) == len(seen)


def s3(world):
    """The server, never the client, sets the sender."""
    alice, bob, room = world.pair()
    forged = {"msgtype": "m.text", "body": "x", "sender": bob.user_id, "user_id": bob.user_id}
    event = bob.event(room, alice.send(room, forged))
    assert event["sender"] == alice.user_id


def s4(world):
    """Every event has a type and an object as content; other content is refused with M_BAD_JSON."""
    alice, _, room = world.pair()
    for event in alice.messages(room, limit=100)["chunk"]:
        assert isinstance(event["type"], str) and isinstance(event["content"], dict)
    for raw in NOT_OBJECTS:
        for path in (("send", "com.example.x", unique("t")), ("state", "com.example.x", "")):
            alice.request("PUT", "rooms", room, *path, raw=raw).refused(400, "M_BAD_JSON")


def s5(world):
    """Unknown types, namespaced or not, are accepted, stored and delivered unchanged."""
    alice, bob, room = world.pair()
    for type in ("com.example.unheard_of", "m.unheard_of", "nodots", "a b/ü"):
        content = {"deep": {"list": [1, None, "ü", {}]}, "type": type}
        event_id = alice.send(room, content, type)
        for event in (bob.wait_for_event(room, event_id), bob.event(room, event_id)):
            assert event["type"] == type and event["content"] == content


def s6(world):
    """Every room event names its room."""
    alice, _, room = world.pair()
    state = alice.get("rooms", room, "state").ok()
    history = alice.messages(room, limit=100)["chunk"]
    single = alice.event(room, alice.send(room, "x"))
    assert all(e["room_id"] == room for e in [*state, *history, single])


def s7(world):
    """An event with a state_key is a state event, the empty key included; one without is not."""
    alice, _, room = world.pair()
    with_empty = alice.set_state(room, "com.example.x", {"n": 1})
    with_key = alice.set_state(room, "com.example.x", {"n": 2}, "key")
    without = alice.send(room, {"n": 3}, "com.example.x")
    assert alice.event(room, with_empty)["state_key"] == ""
    assert alice.event(room, with_key)["state_key"] == "key"
    assert "state_key" not in alice.event(room, without)
    state = ids(alice.get("rooms", room, "state").ok())
    assert with_empty in state and with_key in state and without not in state


def s8(world):
    """State is overwritten by type and state_key: the later event is the room's state."""
    alice, bob, room = world.pair()
    for key, value in (("", 1), ("a", 2), ("", 3)):
        alice.set_state(room, "com.example.x", {"n": value}, key)
    assert bob.state(room, "com.example.x") == {"n": 3}
    assert bob.state(room, "com.example.x", "a") == {"n": 2}


def s9(world):
    """A state event that replaces another carries the previous content; the first one does not."""
    alice, bob, room = world.pair()
    events = [alice.set_state(room, "m.room.topic", {"topic": t}) for t in ("one", "two")]
    synced = bob.sync_until(lambda sync: sync.event(room, events[1]))
    for source in (synced.timeline(room), bob.messages(room, limit=100)["chunk"]):
        first, second = (next(e for e in source if e["event_id"] == wanted) for wanted in events)
        assert "prev_content" not in first.get("unsigned", {}) and "prev_content" not in first
        assert second["unsigned"]["prev_content"] == {"topic": "one"}


def s10(world):
    """Room events carry origin_server_ts, and their age as reckoned at delivery."""
    alice, bob, room = world.pair()
    before = time.time() * 1000
    event_id = alice.send(room, "x")
    fetches = []
    while len(fetches) < 20 or fetches[-1]["unsigned"]["age"] <= fetches[0]["unsigned"]["age"]:
        fetches.append(bob.event(room, event_id))
    elapsed = time.time() * 1000 - before
    assert abs(fetches[0]["origin_server_ts"] - before) < 5000
    ages = [e["unsigned"]["age"] for e in fetches]
    assert ages == sorted(ages) and 0 <= ages[-1] <= elapsed + 1000
    assert "age" in bob.wait_for_event(room, event_id)["unsigned"]


def s11(world):
    """An event that is not tied to a room has no room_id and is in no room's history."""
    alice, bob, room = world.pair()
    since = bob.sync().token
    alice.put(
        "presence", alice.user_id, "status", json={"presence": "online", "status_msg": "here"}
    ).ok()
    answer = bob.sync_until(lambda sync: sync.presence(alice.user_id), since)
    assert "room_id" not in answer.presence(alice.user_id)
    assert not of_type(bob.messages(room, limit=100)["chunk"], "m.presence")
