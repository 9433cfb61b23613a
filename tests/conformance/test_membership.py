"""Joining, leaving, kicking, banning."""

import pytest

from .client import of_type, unique


def member_event(reader, room, user):
    return of_type(reader.get("rooms", room, "state").ok(), "m.room.member", user.user_id)


def attempt(user, room, action, target, **fields):
    return user.post("rooms", room, action, json={"user_id": target.user_id} | fields)


def test_a_public_room_can_be_joined_by_id(alice, bob, public_room):
    assert bob.post("rooms", public_room, "join").ok()["room_id"] == public_room
    assert alice.membership(public_room, bob) == "join"


def test_a_room_can_be_joined_by_alias(alice, bob):
    name = unique("alias")
    room = alice.create_room(preset="public_chat", room_alias_name=name)
    alias = f"#{name}:{alice.server}"
    assert bob.post("join", alias).ok()["room_id"] == room


def test_joining_twice_is_idempotent(bob, public_room):
    bob.join(public_room)
    event = member_event(bob, public_room, bob)
    bob.join(public_room)
    assert member_event(bob, public_room, bob)["event_id"] == event["event_id"]


def test_a_reason_and_nothing_else_is_taken_from_the_join(bob, public_room):
    bob.post("join", public_room, json={"reason": "curious"}).ok()
    assert bob.state(public_room, "m.room.member", bob.user_id)["reason"] == "curious"


def test_a_join_carries_the_profile(bob, public_room):
    bob.put("profile", bob.user_id, "displayname", json={"displayname": "Bob"}).ok()
    bob.join(public_room)
    assert bob.state(public_room, "m.room.member", bob.user_id)["displayname"] == "Bob"


def test_an_unknown_room_can_not_be_joined(alice):
    assert alice.post("join", "!nothing-here:hs1").status in (400, 403, 404)
    alice.post("join", f"#{unique('none')}:hs1").refused(404, "M_NOT_FOUND")
    alice.post("join", "neither room nor alias").refused(400, "M_INVALID_PARAM")


def test_a_private_room_can_not_be_joined_uninvited(alice, bob):
    bob.post("join", alice.create_room(preset="private_chat")).refused(403, "M_FORBIDDEN")


def test_members_see_who_joins(alice, bob, public_room):
    since = alice.sync().token
    bob.join(public_room)
    alice.wait_for_membership(public_room, bob, "join", since)


def test_a_left_room_is_not_joined_any_more(alice, bob, room):
    bob.leave(room)
    assert alice.membership(room, bob) == "leave"
    assert room not in bob.get("joined_rooms").ok()["joined_rooms"]
    bob.put(
        "rooms", room, "send", "m.room.message", "t", json={"msgtype": "m.text", "body": "x"}
    ).refused(403, "M_FORBIDDEN")


def test_leaving_twice_is_accepted(bob, room):
    bob.leave(room)
    bob.leave(room)


def test_a_room_one_was_never_in_can_not_be_left(bob, public_room):
    assert bob.post("rooms", public_room, "leave").status in (403, 404)


def test_an_unknown_room_can_not_be_left(bob):
    assert bob.post("rooms", "!nothing-here:hs1", "leave").status in (403, 404)


def test_the_reason_for_leaving_is_told(alice, bob, room):
    bob.post("rooms", room, "leave", json={"reason": "tired"}).ok()
    assert alice.state(room, "m.room.member", bob.user_id)["reason"] == "tired"


def test_a_kicked_user_is_out(alice, bob, room):
    attempt(alice, room, "kick", bob, reason="noise").ok()
    event = member_event(alice, room, bob)
    assert event["sender"] == alice.user_id
    assert event["content"]["membership"] == "leave" and event["content"]["reason"] == "noise"
    bob.sync_until(lambda sync: not sync.has_room(room))


def test_only_those_with_the_power_kick(alice, bob, carol, public_room):
    for user in (bob, carol):
        user.join(public_room)
    attempt(bob, public_room, "kick", carol).refused(403, "M_FORBIDDEN")
    alice.change_power(public_room, users={bob.user_id: 50})
    attempt(bob, public_room, "kick", carol).ok()
    attempt(bob, public_room, "kick", alice).refused(403, "M_FORBIDDEN")


def test_a_user_who_is_not_there_can_not_be_kicked(alice, bob, carol, room):
    attempt(alice, room, "kick", carol).refused(403, "M_FORBIDDEN")
    bob.leave(room)
    attempt(alice, room, "kick", bob).refused(403, "M_FORBIDDEN")


def test_an_invitation_can_be_taken_back_by_a_kick(alice, bob, public_room):
    alice.invite(public_room, bob)
    attempt(alice, public_room, "kick", bob).ok()
    assert alice.membership(public_room, bob) == "leave"


def test_a_banned_user_is_out_and_stays_out(alice, bob, public_room):
    bob.join(public_room)
    attempt(alice, public_room, "ban", bob, reason="spam").ok()
    assert alice.state(public_room, "m.room.member", bob.user_id)["reason"] == "spam"
    assert alice.membership(public_room, bob) == "ban"
    bob.post("join", public_room).refused(403)


def test_a_user_can_be_banned_before_joining(alice, bob, public_room):
    alice.ban(public_room, bob)
    bob.post("join", public_room).refused(403)


def test_a_banned_user_can_not_be_invited(alice, bob, public_room):
    alice.ban(public_room, bob)
    attempt(alice, public_room, "invite", bob).refused(403)


def test_an_unbanned_user_can_join_again(alice, bob, public_room):
    alice.ban(public_room, bob)
    attempt(alice, public_room, "unban", bob).ok()
    assert alice.membership(public_room, bob) == "leave"
    bob.join(public_room)


def test_only_a_banned_user_can_be_unbanned(alice, bob, room):
    assert attempt(alice, room, "unban", bob).status in (400, 403)
    assert alice.membership(room, bob) == "join"


def test_a_user_outside_can_not_ban(bob, carol, public_room):
    attempt(bob, public_room, "ban", carol).refused(403, "M_FORBIDDEN")


def test_only_those_with_the_power_ban(alice, bob, carol, public_room):
    for user in (bob, carol):
        user.join(public_room)
    attempt(bob, public_room, "ban", carol).refused(403, "M_FORBIDDEN")
    attempt(bob, public_room, "ban", alice).refused(403, "M_FORBIDDEN")


@pytest.mark.parametrize("action", ["kick", "ban", "unban", "invite"])
@pytest.mark.parametrize("body", [{}, {"user_id": 5}, {"user_id": "nobody"}])
def test_these_actions_need_a_user(alice, public_room, action, body):
    assert alice.post("rooms", public_room, action, json=body).status in (400, 403)


def test_another_user_can_not_be_forced_to_join(alice, bob, public_room):
    path = ("rooms", public_room, "state", "m.room.member", bob.user_id)
    alice.put(*path, json={"membership": "join"}).refused(403, "M_FORBIDDEN")


def test_membership_can_be_changed_as_state(alice, bob, public_room):
    path = ("rooms", public_room, "state", "m.room.member", bob.user_id)
    for membership in ("invite", "leave", "ban", "leave"):
        alice.put(*path, json={"membership": membership}).ok()
        assert alice.membership(public_room, bob) == membership
    bob.put(*path, json={"membership": "join"}).ok()
    assert alice.membership(public_room, bob) == "join"


@pytest.mark.parametrize("content", [{}, {"membership": "dance"}, {"membership": 5}])
def test_an_unknown_membership_is_refused(alice, bob, public_room, content):
    path = ("rooms", public_room, "state", "m.room.member", bob.user_id)
    assert alice.put(*path, json=content).status in (400, 403)


def test_joined_rooms_lists_only_joined_rooms(alice, bob, room, public_room):
    alice.invite(public_room, bob)
    assert bob.get("joined_rooms").ok()["joined_rooms"] == [room]
