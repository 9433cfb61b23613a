"""Invitations."""

from .client import initial, of_type


def invite(sender, room, target):
    return sender.post("rooms", room, "invite", json={"user_id": target.user_id})


def test_an_invited_user_can_join(alice, bob):
    room = alice.create_room(preset="private_chat")
    alice.invite(room, bob)
    bob.join(room)
    assert alice.membership(room, bob) == "join"


def test_an_invitation_shows_what_room_it_is(alice, bob):
    room = alice.create_room(preset="private_chat", name="A name", topic="A topic")
    alice.invite(room, bob)
    stripped = bob.sync_until(lambda sync: sync.has_room(room, "invite")).stripped(room)
    assert of_type(stripped, "m.room.name")["content"]["name"] == "A name"
    assert of_type(stripped, "m.room.join_rules")["content"]["join_rule"] == "invite"
    assert of_type(stripped, "m.room.member", alice.user_id)["content"]["membership"] == "join"
    assert of_type(stripped, "m.room.create")["sender"] == alice.user_id


def test_an_invitation_wakes_a_sync(alice, bob):
    room = alice.create_room(preset="private_chat")
    since = bob.sync().token
    alice.invite(room, bob)
    bob.sync_until(lambda sync: sync.has_room(room, "invite"), since)


def test_an_invitation_stays_in_initial_syncs_and_is_told_once_incrementally(alice, bob):
    room = alice.create_room(preset="private_chat", invite=[bob.user_id])
    first = bob.sync_until(lambda sync: sync.has_room(room, "invite"))
    assert not bob.sync(first.token).has_room(room, "invite")
    assert bob.sync().has_room(room, "invite")


def test_a_rejected_invitation_is_gone(alice, bob):
    room = alice.create_room(preset="private_chat", invite=[bob.user_id])
    since = bob.sync_until(lambda sync: sync.has_room(room, "invite")).token
    bob.leave(room)
    bob.sync_until(lambda sync: sync.has_room(room, "leave"), since)
    assert not bob.sync().has_room(room, "invite")
    assert alice.membership(room, bob) == "leave"
    bob.post("join", room).refused(403, "M_FORBIDDEN")


def test_an_invitation_to_an_empty_room_can_be_rejected(alice, bob):
    room = alice.create_room(preset="private_chat", invite=[bob.user_id])
    alice.leave(room)
    bob.leave(room)
    assert not bob.sync().has_room(room, "invite")


def test_nobody_invites_themselves(alice, room):
    invite(alice, room, alice).refused(403, "M_FORBIDDEN")


def test_a_member_can_not_be_invited(alice, bob, room):
    invite(alice, room, bob).refused(403, "M_FORBIDDEN")


def test_those_outside_do_not_invite(bob, carol, public_room):
    invite(bob, public_room, carol).refused(403, "M_FORBIDDEN")


def test_only_those_with_the_power_invite(alice, bob, carol, room):
    alice.change_power(room, invite=50)
    invite(bob, room, carol).refused(403, "M_FORBIDDEN")
    alice.change_power(room, users={bob.user_id: 50})
    invite(bob, room, carol).ok()


def test_a_repeated_invitation_is_accepted(alice, bob, public_room):
    alice.invite(public_room, bob)
    alice.invite(public_room, bob)
    assert alice.membership(public_room, bob) == "invite"


def test_the_creator_can_be_invited_back(alice, bob, room):
    alice.change_power(room, users={bob.user_id: 100})
    alice.leave(room)
    bob.invite(room, alice)
    alice.sync_until(lambda sync: sync.has_room(room, "invite"))
    alice.join(room)


def test_the_reason_of_an_invitation_is_told(alice, bob, public_room):
    alice.post("rooms", public_room, "invite", json={"user_id": bob.user_id, "reason": "come"}).ok()
    assert alice.state(public_room, "m.room.member", bob.user_id)["reason"] == "come"


def test_an_invitation_carries_the_profile_of_the_invited(alice, bob, public_room):
    bob.put("profile", bob.user_id, "displayname", json={"displayname": "Bob"}).ok()
    alice.invite(public_room, bob)
    assert alice.state(public_room, "m.room.member", bob.user_id)["displayname"] == "Bob"


def test_an_invited_user_reads_no_messages_of_a_joined_only_room(alice, bob):
    visibility = initial("m.room.history_visibility", {"history_visibility": "joined"})
    room = alice.create_room(
        preset="private_chat", initial_state=[visibility], invite=[bob.user_id]
    )
    event_id = alice.send(room, "secret")
    assert bob.get("rooms", room, "event", event_id).status in (403, 404)
    bob.get("rooms", room, "messages", query={"dir": "b"}).refused(403, "M_FORBIDDEN")
