"""Knocking."""

import pytest

from .client import initial, of_type, unique

JOIN_RULES = "m.room.join_rules"


@pytest.fixture
def knock_room(alice):
    rules = initial(JOIN_RULES, {"join_rule": "knock"})
    return alice.create_room(initial_state=[rules], name="Knock here", room_version="11")


def knock(user, room, **fields):
    return user.post("knock", room, json=fields)


def test_a_knock_is_told_to_the_members(alice, bob, knock_room):
    since = alice.sync().token
    assert knock(bob, knock_room, reason="let me in").ok()["room_id"] == knock_room
    alice.wait_for_membership(knock_room, bob, "knock", since)
    assert alice.state(knock_room, "m.room.member", bob.user_id)["reason"] == "let me in"


def test_a_room_can_be_knocked_on_by_alias(alice, bob, knock_room):
    alias = f"#{unique('alias')}:{alice.server}"
    alice.put("directory", "room", alias, json={"room_id": knock_room}).ok()
    assert knock(bob, alias).ok()["room_id"] == knock_room


def test_the_one_who_knocks_sees_what_room_it_is(bob, knock_room):
    knock(bob, knock_room).ok()
    stripped = bob.sync_until(lambda sync: sync.has_room(knock_room, "knock")).stripped(
        knock_room, "knock"
    )
    assert of_type(stripped, "m.room.name")["content"]["name"] == "Knock here"
    assert of_type(stripped, JOIN_RULES)["content"]["join_rule"] == "knock"


def test_a_knock_wakes_the_sync_of_the_one_who_knocks(bob, knock_room):
    since = bob.sync().token
    knock(bob, knock_room).ok()
    bob.sync_until(lambda sync: sync.has_room(knock_room, "knock"), since)


def test_an_accepted_knock_is_an_invitation(alice, bob, knock_room):
    knock(bob, knock_room).ok()
    alice.invite(knock_room, bob)
    bob.join(knock_room)
    assert alice.membership(knock_room, bob) == "join"


def test_a_knock_can_be_rejected(alice, bob, knock_room):
    knock(bob, knock_room).ok()
    since = bob.sync_until(lambda sync: sync.has_room(knock_room, "knock")).token
    alice.kick(knock_room, bob)
    bob.sync_until(lambda sync: sync.has_room(knock_room, "leave"), since)
    assert not bob.sync().has_room(knock_room, "knock")


def test_a_knock_can_be_taken_back(alice, bob, knock_room):
    knock(bob, knock_room).ok()
    bob.leave(knock_room)
    assert alice.membership(knock_room, bob) == "leave"


def test_one_can_knock_again(alice, bob, knock_room):
    knock(bob, knock_room).ok()
    bob.leave(knock_room)
    knock(bob, knock_room).ok()
    assert alice.membership(knock_room, bob) == "knock"


def test_a_knock_alone_does_not_let_in(bob, knock_room):
    knock(bob, knock_room).ok()
    bob.post("join", knock_room).refused(403, "M_FORBIDDEN")
    bob.get("rooms", knock_room, "messages", query={"dir": "b"}).refused(403, "M_FORBIDDEN")


@pytest.mark.parametrize("join_rule", ["public", "invite"])
def test_other_rooms_can_not_be_knocked_on(alice, bob, join_rule):
    rules = initial(JOIN_RULES, {"join_rule": join_rule})
    room = alice.create_room(initial_state=[rules])
    knock(bob, room).refused(403, "M_FORBIDDEN")


def test_a_member_does_not_knock(alice, knock_room):
    knock(alice, knock_room).refused(403, "M_FORBIDDEN")


def test_an_invited_user_does_not_knock(alice, bob, knock_room):
    alice.invite(knock_room, bob)
    knock(bob, knock_room).refused(403, "M_FORBIDDEN")


def test_a_banned_user_does_not_knock(alice, bob, knock_room):
    alice.ban(knock_room, bob)
    knock(bob, knock_room).refused(403)


def test_nobody_knocks_for_another(alice, bob, knock_room):
    path = ("rooms", knock_room, "state", "m.room.member", bob.user_id)
    alice.put(*path, json={"membership": "knock"}).refused(403, "M_FORBIDDEN")


def test_an_unknown_room_can_not_be_knocked_on(bob):
    assert knock(bob, "!nothing-here:hs1").status in (403, 404)
    knock(bob, f"#{unique('none')}:hs1").refused(404, "M_NOT_FOUND")
