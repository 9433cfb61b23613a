"""What the server says of the calls in a room (unstable, services/calls/README.md); TURN; where MatrixRTC meets."""

from .client import until

TYPE = "dev.parley.calls"


def invite(call, **fields):
    offer = {"type": "offer", "sdp": "v=0"}
    return {"call_id": call, "version": 0, "lifetime": 60_000, "offer": offer} | fields


def calls(user, room):
    path = f"/_matrix/client/unstable/dev.parley.calls/rooms/{room}/calls"
    return {call["call_id"]: call for call in user.get(path).ok()["calls"]}


def pair(alice, bob):
    room = alice.create_room(preset="trusted_private_chat", invite=[bob.user_id])
    bob.join(room)
    return room


def test_call_from_ring_to_hangup(alice, bob):
    room = pair(alice, bob)
    assert calls(bob, room) == {}
    alice.send(room, invite("1"), "m.call.invite")
    ringing = until(lambda: calls(bob, room))["1"]
    assert (ringing["state"], ringing["caller"]) == ("ringing", alice.user_id)
    answer = {"call_id": "1", "version": 0, "answer": {"type": "answer", "sdp": "v=0"}}
    bob.send(room, answer, "m.call.answer")
    until(lambda: calls(alice, room)["1"]["state"], lambda state: state == "connected")
    bob.send(room, {"call_id": "1", "version": 0}, "m.call.hangup")
    until(lambda: calls(alice, room)["1"].get("end_reason"), lambda reason: reason == "hangup")


def test_both_sides_are_told_which_call_lives(alice, bob):
    room = pair(alice, bob)
    tokens = {user: user.sync().token for user in (alice, bob)}
    alice.send(room, invite("9"), "m.call.invite")
    bob.send(room, invite("10"), "m.call.invite")

    def settled(sync):
        entry = sync.ephemeral(room, TYPE)
        told = {call["call_id"]: call for call in entry["content"]["calls"]} if entry else {}
        return told.get("9", {}).get("superseded_by") == "10" and told["10"]["state"] == "ringing"

    for user, token in tokens.items():
        user.sync_until(settled, token)
    assert any(e["type"] == TYPE for e in alice.sync().room(room)["ephemeral"]["events"])


def test_calls_are_for_members(alice, bob):
    room = alice.create_room()
    path = f"/_matrix/client/unstable/dev.parley.calls/rooms/{room}/calls"
    bob.get(path).refused(403, "M_FORBIDDEN")


def test_matrix_rtc_membership_passes(alice):
    room = alice.create_room()
    content = {"application": "m.call", "call_id": "", "device_id": alice.device_id}
    for type in ("org.matrix.msc3401.call.member", "org.matrix.msc4143.rtc.member"):
        alice.set_state(room, type, content, alice.user_id)
        assert alice.state(room, type, alice.user_id) == content
    path = "/_matrix/client/unstable/org.matrix.msc4143/rtc/transports"
    assert isinstance(alice.get(path).ok()["rtc_transports"], list)
