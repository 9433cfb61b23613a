"""S66–S80, S91: calls, as far as the server is concerned."""

import time

from conformance.client import of_type, unique

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
