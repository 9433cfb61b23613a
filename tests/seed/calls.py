"""S66–S92: calls, as far as the server is concerned. Clients' own rules: services/calls/client."""

import time

from conformance.client import of_type, unique, until

OFFER = {"type": "offer", "sdp": "v=0\r\n"}
ANSWER = {"type": "answer", "sdp": "v=0\r\n"}
CANDIDATES = [
    {"sdpMid": "audio", "sdpMLineIndex": 0, "candidate": "candidate:1 1 udp 1 192.0.2.1 9 typ host"}
]


def private_pair(world):
    """Two users in a room that nobody else can enter unasked."""
    alice, bob = world.user(), world.user()
    room = alice.create_room(preset="trusted_private_chat", invite=[bob.user_id])
    bob.join(room)
    return alice, bob, room


def invite(call, **fields):
    return {"call_id": call, "version": 0, "lifetime": 30000, "offer": OFFER} | fields


def candidates(call, **fields):
    return {"call_id": call, "version": 0, "candidates": CANDIDATES} | fields


def answer(call, **fields):
    return {"call_id": call, "version": 0, "answer": ANSWER} | fields


def hangup(call, **fields):
    return {"call_id": call, "version": 0} | fields


def needs(world, type, content):
    """The event passes whole, and is refused without any of its keys."""
    alice, bob, room = private_pair(world)
    event_id = alice.send(room, content, type)
    assert bob.wait_for_event(room, event_id)["content"] == content
    for key in content:
        partial = {k: v for k, v in content.items() if k != key}
        alice.put("rooms", room, "send", type, unique("t"), json=partial).refused(400)


def arrives_in_order(world, *steps):
    """Each step is (who, type, content); all arrive as they were sent."""
    alice, bob, room = private_pair(world)
    users = {"alice": alice, "bob": bob}
    sent = [users[who].send(room, content, type) for who, type, content in steps]
    for reader in (alice, bob):
        synced = reader.sync_until(lambda sync: sync.event(room, sent[-1])).timeline(room)
        assert [e["event_id"] for e in synced if e["type"].startswith("m.call.")] == sent


def s66(world):
    """Call events are ordinary room events, stored and ordered like others."""
    alice, bob, room = private_pair(world)
    event_id = alice.send(room, invite("1"), "m.call.invite")
    assert of_type(bob.messages(room)["chunk"], "m.call.invite")["event_id"] == event_id


def s67(world):
    """m.call.invite needs call_id, version, lifetime and an offer."""
    needs(world, "m.call.invite", invite("1"))


def s68(world):
    """m.call.candidates needs call_id, version, candidates; m.call.candidate is an unknown type."""
    needs(world, "m.call.candidates", candidates("1"))
    alice, _, room = private_pair(world)
    alice.send(room, {}, "m.call.candidate")


def s69(world):
    """m.call.answer needs call_id, version and an answer."""
    needs(world, "m.call.answer", answer("1"))


def s70(world):
    """m.call.hangup needs call_id and version."""
    needs(world, "m.call.hangup", hangup("1"))


def s71(world):
    """The events of an accepted call reach the other party in the order sent."""
    arrives_in_order(
        world,
        ("alice", "m.call.invite", invite("1")),
        ("alice", "m.call.candidates", candidates("1")),
        ("alice", "m.call.candidates", candidates("1")),
        ("bob", "m.call.answer", answer("1")),
        ("bob", "m.call.candidates", candidates("1")),
        ("alice", "m.call.hangup", hangup("1")),
    )


def s72(world):
    """A rejected call: invite, candidates, hangup by the callee."""
    arrives_in_order(
        world,
        ("alice", "m.call.invite", invite("1")),
        ("alice", "m.call.candidates", candidates("1")),
        ("bob", "m.call.hangup", hangup("1")),
    )


def told(reader, room):
    """The calls of the room as the server tells them, by id (services/calls/README.md)."""
    path = f"/_matrix/client/unstable/dev.parley.calls/rooms/{room}/calls"
    return {call["call_id"]: call for call in reader.get(path).ok()["calls"]}


def wait_for_end(reader, room, call, reason):
    until(lambda: told(reader, room).get(call, {}).get("end_reason"), lambda end: end == reason)


def glare(world, first, second):
    """Alice's invite, then bob's; what the server tells each side when it knows both."""
    alice, bob, room = private_pair(world)
    alice.send(room, invite(first), "m.call.invite")
    bob.send(room, invite(second), "m.call.invite")
    until(lambda: told(alice, room), lambda calls: len(calls) == 2)
    assert told(alice, room) == told(bob, room)
    return alice, bob, room, told(alice, room)


def assert_lesser_lives(calls, lesser, greater):
    assert calls[lesser]["state"] == "ringing" and calls[lesser]["supersedes"] == [greater]
    assert calls[greater]["state"] == "ended" and calls[greater]["superseded_by"] == lesser


def s73(world):
    """After a hangup, later candidates and answers do not revive the call."""
    alice, bob, room = private_pair(world)
    alice.send(room, invite("1"), "m.call.invite")
    alice.send(room, hangup("1"), "m.call.hangup")
    wait_for_end(bob, room, "1", "cancelled")
    alice.send(room, candidates("1"), "m.call.candidates")
    bob.send(room, answer("1"), "m.call.answer")
    alice.send(room, invite("2"), "m.call.invite")
    calls = until(lambda: told(bob, room), lambda calls: "2" in calls)
    assert calls["1"]["end_reason"] == "cancelled"


def s74(world):
    """An invite older than its lifetime is no longer told as ringing, nor counted as unread."""
    alice, bob, room = private_pair(world)
    since = bob.sync().token
    alice.send(room, invite("1", lifetime=500), "m.call.invite")
    wait_for_end(bob, room, "1", "expired")
    said = alice.send(room, {"msgtype": "m.text", "body": "are you there?"})
    sync = bob.sync_until(lambda sync: sync.event(room, said), since)
    assert sync.room(room)["unread_notifications"]["notification_count"] == 1


def s81(world):
    """Glare is judged for calls to the same room, not the same user."""
    alice, bob, room = private_pair(world)
    other = alice.create_room(preset="trusted_private_chat", invite=[bob.user_id])
    bob.join(other)
    alice.send(room, invite("1"), "m.call.invite")
    bob.send(other, invite("2"), "m.call.invite")
    for place, call in ((room, "1"), (other, "2")):
        calls = until(lambda place=place: told(alice, place))
        assert list(calls) == [call] and calls[call]["state"] == "ringing"


def s84(world):
    """Of two calls that cross, the one with the lesser id lives."""
    assert_lesser_lives(glare(world, "a", "b")[3], "a", "b")


def s87(world):
    """Both sides come to the same choice whatever the order of arrival."""
    assert_lesser_lives(glare(world, "a", "b")[3], "a", "b")
    assert_lesser_lives(glare(world, "b", "a")[3], "a", "b")


def s88(world):
    """Ids are compared by code point of the whole string."""
    for lesser, greater in (("10", "9"), ("Z", "a"), ("a", "aa"), ("\uffff", "\U0001f600")):
        assert_lesser_lives(glare(world, greater, lesser)[3], lesser, greater)


def s92(world):
    """No glare with an invite that has expired."""
    alice, bob, room = private_pair(world)
    alice.send(room, invite("1", lifetime=300), "m.call.invite")
    wait_for_end(alice, room, "1", "expired")
    bob.send(room, invite("2"), "m.call.invite")
    calls = until(lambda: told(alice, room), lambda calls: "2" in calls)
    assert calls["2"]["state"] == "ringing" and "superseded_by" not in calls["1"]


def s76(world):
    """An invite to a room with another number of members is refused; an invitee exempts."""
    alice, bob, room = private_pair(world)
    carol = world.user()
    alice.invite(room, carol)
    carol.join(room)
    refused = alice.put("rooms", room, "send", "m.call.invite", unique("t"), json=invite("1"))
    assert refused.status in (400, 403)
    content = invite("2", version="1", party_id="A", invitee=bob.user_id)
    alice.send(room, content, "m.call.invite")


def s77(world):
    """A call event reaches an open sync with low latency."""
    alice, bob, room = private_pair(world)
    since = bob.sync().token
    start = time.monotonic()
    bob.wait_for_event(room, alice.send(room, invite("1"), "m.call.invite"), since)
    assert time.monotonic() - start < 1


def s78(world):
    """Unknown versions pass, as number and as string."""
    alice, _, room = private_pair(world)
    for version in (0, "1", "com.example.7"):
        alice.send(room, invite(unique("c"), version=version, party_id="A"), "m.call.invite")


def s79(world):
    """The server gives time-limited TURN credentials."""
    turn = world.user().get("voip", "turnServer").ok()
    assert turn["username"] and turn["password"] and turn["uris"] and turn["ttl"] > 0


def s80(world):
    """An invite makes a push by the call rule."""
    alice, bob, room = private_pair(world)
    rules = bob.get("pushrules", "global", "underride", ".m.rule.call").ok()
    assert rules["enabled"] and "notify" in rules["actions"]
    since = bob.sync().token
    alice.send(room, invite("1"), "m.call.invite")
    bob.sync_until(
        lambda sync: sync.room(room).get("unread_notifications", {}).get("notification_count"),
        since,
    )


def s91(world):
    """After glare, the hangup of the greater call_id does not end the other call."""
    arrives_in_order(
        world,
        ("alice", "m.call.invite", invite("10")),
        ("bob", "m.call.invite", invite("9")),
        ("bob", "m.call.hangup", hangup("9")),
        ("bob", "m.call.answer", answer("10")),
    )
