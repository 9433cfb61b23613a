"""Redactions."""

import pytest

from .client import of_type, unique, until


def redact(user, room, event_id, txn=None, **content):
    return user.put("rooms", room, "redact", event_id, txn or unique("t"), json=content)


def test_a_redacted_message_is_empty_and_says_why(alice, bob, room):
    event_id = alice.send(room, "secret")
    redaction = alice.redact(room, event_id, reason="a slip")
    event = bob.event(room, event_id)
    assert event["content"] == {} and event["sender"] == alice.user_id
    because = event["unsigned"]["redacted_because"]
    assert because["event_id"] == redaction and because["content"]["reason"] == "a slip"


@pytest.mark.parametrize("version", ["10", "11", "12"])
def test_the_redaction_names_its_target_in_both_shapes(alice, version):
    room = alice.create_room(room_version=version)
    target = alice.send(room, "secret")
    event = alice.event(room, alice.redact(room, target))
    assert event["redacts"] == target
    if version != "10":
        assert event["content"]["redacts"] == target


def test_a_redaction_reaches_the_sync_of_others(alice, bob, room):
    target = alice.send(room, "secret")
    since = bob.sync_until(lambda sync: sync.event(room, target)).token
    redaction = alice.redact(room, target)
    event = bob.wait_for_event(room, redaction, since)
    assert event["type"] == "m.room.redaction" and event["redacts"] == target


def test_every_read_path_gives_the_redacted_event(alice, bob, room):
    target = alice.send(room, "secret")
    alice.redact(room, target)
    marker = alice.send(room, "after")
    reads = [
        bob.sync(),
        bob.messages(room),
        bob.get("rooms", room, "context", marker).ok(),
        bob.event(room, target),
    ]
    assert all("secret" not in str(read) for read in reads)


def test_ones_own_message_can_be_redacted_without_power(alice, bob, room):
    event_id = bob.send(room, "mine")
    redact(bob, room, event_id).ok()
    assert alice.event(room, event_id)["content"] == {}


def test_the_messages_of_others_need_power(alice, bob, room):
    event_id = alice.send(room, "hers")
    redact(bob, room, event_id).refused(403, "M_FORBIDDEN")
    assert bob.event(room, event_id)["content"]["body"] == "hers"
    alice.change_power(room, users={bob.user_id: 50})
    redact(bob, room, event_id).ok()


def test_those_outside_can_not_redact(alice, carol, room):
    event_id = alice.send(room, "hers")
    redact(carol, room, event_id).refused(403, "M_FORBIDDEN")


def test_redactions_can_be_forbidden_altogether(alice, bob, room):
    event_id = bob.send(room, "mine")
    alice.change_power(room, events={"m.room.redaction": 50})
    redact(bob, room, event_id).refused(403, "M_FORBIDDEN")


def test_a_repeated_transaction_redacts_once(alice, room):
    event_id, txn = alice.send(room, "x"), unique("t")
    assert redact(alice, room, event_id, txn).ok() == redact(alice, room, event_id, txn).ok()


def test_redacted_state_keeps_what_the_protocol_needs(alice, room):
    levels = of_type(alice.get("rooms", room, "state").ok(), "m.room.power_levels")
    alice.set_state(room, "m.room.power_levels", levels["content"] | {"com.example.extra": 1})
    current = of_type(alice.get("rooms", room, "state").ok(), "m.room.power_levels")
    alice.redact(room, current["event_id"])
    content = alice.state(room, "m.room.power_levels")
    assert content["users"] == levels["content"]["users"] and "com.example.extra" not in content


def test_a_redacted_member_keeps_their_membership_only(alice, bob, room):
    bob.put("profile", bob.user_id, "displayname", json={"displayname": "Bob"}).ok()
    until(
        lambda: alice.state(room, "m.room.member", bob.user_id).get("displayname"),
        lambda name: name == "Bob",
    )
    event = of_type(alice.get("rooms", room, "state").ok(), "m.room.member", bob.user_id)
    alice.redact(room, event["event_id"])
    content = alice.state(room, "m.room.member", bob.user_id)
    assert content["membership"] == "join" and "displayname" not in content


def test_an_unknown_event_can_not_be_redacted_by_anyone_without_power(bob, room):
    assert redact(bob, room, "$nothing-here").status in (400, 403, 404)


def test_an_event_of_another_room_is_not_redacted(alice, room):
    other = alice.create_room()
    event_id = alice.send(other, "elsewhere")
    redact(alice, room, event_id)
    assert alice.event(other, event_id)["content"]["body"] == "elsewhere"
