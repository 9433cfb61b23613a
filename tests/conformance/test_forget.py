"""Forgetting rooms."""

import pytest

INCLUDE_LEAVE = {"room": {"include_leave": True}}


def forget(user, room):
    return user.post("rooms", room, "forget")


@pytest.fixture
def forgotten(alice, bob, room):
    """A room that Bob has left and forgotten."""
    bob.leave(room)
    forget(bob, room).ok()
    return room


def test_a_joined_room_can_not_be_forgotten(bob, room):
    assert forget(bob, room).status == 400


def test_a_forgotten_room_is_out_of_initial_syncs(bob, room):
    bob.leave(room)
    assert bob.sync(filter=INCLUDE_LEAVE).has_room(room, "leave")
    forget(bob, room).ok()
    assert not bob.sync(filter=INCLUDE_LEAVE).has_room(room, "leave")


def test_leaving_is_still_told_to_a_sync_from_before(bob, room):
    since = bob.sync().token
    bob.leave(room)
    forget(bob, room).ok()
    bob.sync_until(lambda sync: sync.has_room(room, "leave"), since)


def test_a_forgotten_room_can_not_be_read(bob, forgotten):
    bob.get("rooms", forgotten, "messages", query={"dir": "b"}).refused(403, "M_FORBIDDEN")
    bob.get("rooms", forgotten, "state").refused(403, "M_FORBIDDEN")


def test_forgetting_twice_is_accepted(bob, forgotten):
    assert forget(bob, forgotten).status in (200, 404)


def test_a_room_one_was_kicked_from_can_be_forgotten(alice, bob, room):
    alice.kick(room, bob)
    forget(bob, room).ok()


def test_a_room_one_was_banned_from_can_be_forgotten(alice, bob, room):
    alice.ban(room, bob)
    forget(bob, room).ok()


def test_a_room_whose_invitation_was_rejected_can_be_forgotten(alice, bob):
    room = alice.create_room(preset="private_chat", invite=[bob.user_id])
    bob.leave(room)
    forget(bob, room).ok()
    assert not bob.sync(filter=INCLUDE_LEAVE).has_room(room, "leave")


def test_a_forgotten_room_can_be_joined_again(alice, bob, forgotten):
    alice.invite(forgotten, bob)
    bob.join(forgotten)
    event_id = bob.send(forgotten, "back")
    bob.wait_for_event(forgotten, event_id)
    assert bob.messages(forgotten)["chunk"]


def test_an_invitation_to_a_forgotten_room_arrives(alice, bob, forgotten):
    since = bob.sync().token
    alice.invite(forgotten, bob)
    bob.sync_until(lambda sync: sync.has_room(forgotten, "invite"), since)


def test_who_may_not_read_a_room_hears_that_before_all_else(bob, forgotten):
    bob.get("rooms", forgotten, "messages", unchecked=True).refused(403, "M_FORBIDDEN")
