"""Rooms that the members of another room may join."""

import pytest

from .client import initial

VERSIONS = ["8", "11", "12"]


def rules(*allowed, join_rule="restricted"):
    allow = [{"type": "m.room_membership", "room_id": room} for room in allowed]
    return initial("m.room.join_rules", {"join_rule": join_rule, "allow": allow})


def restricted_room(owner, *allowed, version="11", join_rule="restricted"):
    return owner.create_room(
        initial_state=[rules(*allowed, join_rule=join_rule)], room_version=version
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_a_member_of_the_allowed_room_joins(alice, bob, public_room, version):
    room = restricted_room(alice, public_room, version=version)
    bob.post("join", room).refused(403, "M_FORBIDDEN")
    bob.join(public_room)
    bob.join(room)
    assert alice.membership(room, bob) == "join"


def test_the_join_names_who_vouches_for_it(alice, bob, public_room):
    room = restricted_room(alice, public_room)
    bob.join(public_room)
    bob.join(room)
    assert (
        alice.state(room, "m.room.member", bob.user_id)["join_authorised_via_users_server"]
        == alice.user_id
    )


def test_one_of_several_allowed_rooms_is_enough(alice, bob, public_room):
    room = restricted_room(alice, alice.create_room(), public_room)
    bob.join(public_room)
    bob.join(room)


def test_having_left_the_allowed_room_is_not_enough(alice, bob, public_room):
    room = restricted_room(alice, public_room)
    bob.join(public_room)
    bob.leave(public_room)
    bob.post("join", room).refused(403, "M_FORBIDDEN")


def test_leaving_the_allowed_room_later_changes_nothing(alice, bob, public_room):
    room = restricted_room(alice, public_room)
    bob.join(public_room)
    bob.join(room)
    bob.leave(public_room)
    bob.send(room, "still here")


def test_an_invitation_lets_in_too(alice, bob, public_room):
    room = restricted_room(alice, public_room)
    alice.invite(room, bob)
    bob.join(room)


def test_a_banned_user_does_not_join(alice, bob, public_room):
    room = restricted_room(alice, public_room)
    bob.join(public_room)
    alice.ban(room, bob)
    bob.post("join", room).refused(403)


def test_without_a_member_who_may_invite_nobody_joins(alice, bob, public_room):
    room = restricted_room(alice, public_room)
    alice.change_power(room, invite=100, users={alice.user_id: 100})
    bob.join(public_room)
    alice.change_power(room, users={alice.user_id: 99})
    assert bob.post("join", room).status in (400, 403, 404)


def test_malformed_conditions_let_nobody_in(alice, bob, public_room):
    bob.join(public_room)
    for allow in (
        [],
        "x",
        [{"type": "m.unheard_of", "room_id": public_room}],
        [{"type": "m.room_membership"}],
    ):
        state = initial("m.room.join_rules", {"join_rule": "restricted", "allow": allow})
        answer = alice.post("createRoom", json={"initial_state": [state], "room_version": "11"})
        if answer.status == 200:
            assert bob.post("join", answer.body["room_id"]).status in (400, 403, 404)


def test_the_members_of_a_space_may_join_its_restricted_rooms(alice, bob):
    space = alice.create_room(preset="public_chat", creation_content={"type": "m.space"})
    room = restricted_room(alice, space)
    bob.join(space)
    bob.join(room)


def test_a_knock_restricted_room_offers_both(alice, bob, carol, public_room):
    room = restricted_room(alice, public_room, join_rule="knock_restricted")
    carol.post("join", room).refused(403, "M_FORBIDDEN")
    carol.post("knock", room).ok()
    bob.join(public_room)
    bob.join(room)
    assert alice.membership(room, carol) == "knock"
