"""GET /rooms/{room}/members, and what membership an event says its reader had."""

import pytest

from .client import is_member


def members(user, room, **query):
    chunk = user.get("rooms", room, "members", query=query).ok()["chunk"]
    return {e["state_key"]: e["content"]["membership"] for e in chunk}


def test_all_members_are_listed(alice, bob, room):
    assert members(alice, room) == {alice.user_id: "join", bob.user_id: "join"}


def test_those_who_left_are_listed_as_such(alice, bob, room):
    bob.leave(room)
    assert members(alice, room)[bob.user_id] == "leave"


@pytest.mark.parametrize(
    "query, expected",
    [
        ({"membership": "join"}, {"alice"}),
        ({"membership": "leave"}, {"bob"}),
        ({"membership": "invite"}, {"carol"}),
        ({"not_membership": "leave"}, {"alice", "carol"}),
    ],
)
def test_members_can_be_filtered(alice, bob, carol, room, query, expected):
    bob.leave(room)
    alice.invite(room, carol)
    names = {"alice": alice.user_id, "bob": bob.user_id, "carol": carol.user_id}
    assert set(members(alice, room, **query)) == {names[n] for n in expected}


def test_members_at_a_point_in_time(alice, bob, carol, room):
    token = alice.sync().token
    alice.invite(room, carol)
    carol.join(room)
    bob.leave(room)
    assert set(members(alice, room, at=token)) == {alice.user_id, bob.user_id}
    assert members(alice, room, at=token)[bob.user_id] == "join"


def test_those_outside_see_no_members(carol, room):
    carol.get("rooms", room, "members").refused(403, "M_FORBIDDEN")


def test_the_departed_see_the_members_as_they_left_them(alice, bob, carol, room):
    bob.leave(room)
    alice.invite(room, carol)
    carol.join(room)
    assert carol.user_id not in members(bob, room)
    assert members(bob, room) == {alice.user_id: "join", bob.user_id: "leave"}


def test_an_event_says_what_membership_its_reader_had(alice, bob, public_room):
    before = alice.send(public_room, "before")
    bob.join(public_room)
    after = alice.send(public_room, "after")
    answer = bob.sync_until(lambda sync: sync.event(public_room, after))
    told = {e["event_id"]: e["unsigned"].get("membership") for e in answer.timeline(public_room)}
    assert told[before] == "leave" and told[after] == "join"
    join = next(e for e in answer.timeline(public_room) if is_member(e, bob))
    assert told[join["event_id"]] == "join"
