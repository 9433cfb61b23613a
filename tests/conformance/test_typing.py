"""Typing notifications."""

import pytest


def typing(user, room, value, **fields):
    return user.put("rooms", room, "typing", user.user_id, json={"typing": value} | fields)


def who(sync, room):
    """Those who are said to type, or None if nothing is said."""
    event = sync.ephemeral(room, "m.typing")
    return event["content"]["user_ids"] if event else None


def test_typing_is_told_to_the_room(alice, bob, room):
    since = bob.sync().token
    typing(alice, room, True, timeout=30000).ok()
    answer = bob.sync_until(lambda sync: who(sync, room) == [alice.user_id], since)
    assert "room_id" not in answer.ephemeral(room, "m.typing")


def test_typing_can_be_stopped(alice, bob, room):
    typing(alice, room, True, timeout=30000).ok()
    since = bob.sync_until(lambda sync: who(sync, room)).token
    typing(alice, room, False).ok()
    bob.sync_until(lambda sync: who(sync, room) == [], since)


def test_typing_ends_by_itself(alice, bob, room):
    since = bob.sync().token
    typing(alice, room, True, timeout=500).ok()
    answer = bob.sync_until(lambda sync: who(sync, room), since)
    bob.sync_until(lambda sync: who(sync, room) == [], answer.token)


def test_several_can_type(alice, bob, room):
    for user in (alice, bob):
        typing(user, room, True, timeout=30000).ok()
    bob.sync_until(lambda sync: set(who(sync, room) or []) == {alice.user_id, bob.user_id})


def test_typing_in_one_room_is_not_told_in_another(alice, bob, room, public_room):
    bob.join(public_room)
    since = bob.sync().token
    typing(alice, room, True, timeout=30000).ok()
    answer = bob.sync_until(lambda sync: who(sync, room), since)
    assert who(answer, public_room) is None
    assert answer.ephemeral(room, "m.typing") and not answer.ephemeral(public_room, "m.typing")


def test_whoever_joins_later_is_not_told_of_others_before(alice, bob, carol, room):
    typing(alice, room, True, timeout=30000).ok()
    assert who(carol.sync(), room) is None


def test_nobody_types_for_another(alice, bob, room):
    path = ("rooms", room, "typing", bob.user_id)
    alice.put(*path, json={"typing": True, "timeout": 1000}).refused(403, "M_FORBIDDEN")


def test_those_outside_do_not_type(carol, room):
    typing(carol, room, True, timeout=1000).refused(403, "M_FORBIDDEN")


@pytest.mark.parametrize("body", [{}, {"typing": True, "timeout": "soon"}])
def test_malformed_typing_is_refused(alice, room, body):
    alice.put("rooms", room, "typing", alice.user_id, json=body).refused(400)
