"""Room state: reading and writing it."""

import pytest

from .client import ids, of_type

TYPE = "com.example.x"


def put(user, room, content, key="", type=TYPE):
    return user.put("rooms", room, "state", type, key, json=content)


def test_state_can_be_written_and_read(alice, public_room):
    alice.set_state(public_room, TYPE, {"n": 1})
    assert alice.state(public_room, TYPE) == {"n": 1}


def test_the_slash_before_an_empty_key_is_optional(alice, public_room):
    alice.put("rooms", public_room, "state", TYPE, json={"n": 1}).ok()
    assert alice.get("rooms", public_room, "state", TYPE).ok() == {"n": 1}
    assert alice.get("rooms", public_room, "state", TYPE, "").ok() == {"n": 1}


def test_keys_are_apart(alice, public_room):
    alice.set_state(public_room, TYPE, {"n": 1}, "a")
    alice.set_state(public_room, TYPE, {"n": 2}, "b")
    assert alice.state(public_room, TYPE, "a") == {"n": 1}
    alice.get("rooms", public_room, "state", TYPE, "").refused(404, "M_NOT_FOUND")


@pytest.mark.parametrize("key", ["ü/ö", "a b", "%2F"])
def test_a_key_may_hold_any_letters(alice, public_room, key):
    event_id = alice.set_state(public_room, TYPE, {"n": 1}, key)
    assert alice.event(public_room, event_id)["state_key"] == key
    assert alice.state(public_room, TYPE, key) == {"n": 1}


def test_the_whole_event_can_be_asked_for(alice, public_room):
    event_id = alice.set_state(public_room, TYPE, {"n": 1})
    path = ("rooms", public_room, "state", TYPE, "")
    event = alice.get(*path, query={"format": "event"}).ok()
    assert (
        event["event_id"] == event_id
        and event["content"] == {"n": 1}
        and event["room_id"] == public_room
    )
    assert alice.get(*path, query={"format": "content"}).ok() == {"n": 1}


def test_the_whole_state_can_be_read(alice, public_room):
    state = alice.get("rooms", public_room, "state").ok()
    types = {e["type"] for e in state}
    assert {"m.room.create", "m.room.member", "m.room.power_levels", "m.room.join_rules"} <= types
    assert len({(e["type"], e["state_key"]) for e in state}) == len(state)


def test_writing_the_same_content_again_makes_no_new_event(alice, public_room):
    first = alice.set_state(public_room, TYPE, {"n": 1})
    assert alice.set_state(public_room, TYPE, {"n": 1}) == first
    second = alice.set_state(public_room, TYPE, {"n": 2})
    assert alice.set_state(public_room, TYPE, {"n": 1}) not in (first, second)


def test_those_outside_can_not_read_or_write_state(bob, public_room):
    bob.get("rooms", public_room, "state").refused(403, "M_FORBIDDEN")
    bob.get("rooms", public_room, "state", "m.room.join_rules", "").refused(403, "M_FORBIDDEN")
    put(bob, public_room, {}).refused(403, "M_FORBIDDEN")


def test_a_world_readable_state_can_be_read_from_outside(alice, bob, public_room):
    alice.set_state(
        public_room, "m.room.history_visibility", {"history_visibility": "world_readable"}
    )
    assert bob.get("rooms", public_room, "state").ok()
    assert bob.state(public_room, "m.room.join_rules")["join_rule"] == "public"


def test_an_unknown_room_has_no_state(alice):
    assert alice.get("rooms", "!nothing-here:hs1", "state").status in (403, 404)


def test_state_under_the_key_of_another_user_is_refused(alice, bob, room):
    put(alice, room, {}, bob.user_id).refused(403, "M_FORBIDDEN")
    put(alice, room, {}, alice.user_id).ok()


def test_the_departed_read_the_state_as_they_left_it(alice, bob, room):
    alice.set_state(room, "m.room.name", {"name": "Before"})
    bob.leave(room)
    alice.set_state(room, "m.room.name", {"name": "After"})
    assert bob.state(room, "m.room.name") == {"name": "Before"}
    state = bob.get("rooms", room, "state").ok()
    assert of_type(state, "m.room.name")["content"]["name"] == "Before"
    assert of_type(state, "m.room.member", bob.user_id)["content"]["membership"] == "leave"


@pytest.mark.parametrize(
    "content",
    [
        {"alias": "no alias"},
        {"alias": "#nothing-here:hs1"},
        {"alt_aliases": ["#nothing-here:hs1"]},
        {"alt_aliases": "x"},
        {"alt_aliases": [5]},
    ],
)
def test_a_canonical_alias_must_lead_to_the_room(alice, public_room, content):
    put(alice, public_room, content, type="m.room.canonical_alias").refused(
        400, "M_BAD_ALIAS", "M_INVALID_PARAM", "M_BAD_JSON"
    )


def test_state_replaces_what_it_says_it_replaces(alice, public_room):
    first = alice.set_state(public_room, TYPE, {"n": 1})
    second = alice.set_state(public_room, TYPE, {"n": 2})
    history = {e["event_id"]: e for e in alice.messages(public_room, limit=10)["chunk"]}
    unsigned = history[second]["unsigned"]
    assert unsigned["prev_content"] == {"n": 1}
    assert unsigned.get("replaces_state", first) == first


def test_a_state_event_reaches_the_sync_of_others(alice, bob, room):
    since = bob.sync().token
    event_id = alice.set_state(room, "m.room.topic", {"topic": "new"})
    assert bob.wait_for_event(room, event_id, since)["state_key"] == ""


def test_a_repeated_state_event_does_not_wake_a_sync(alice, bob, room):
    alice.set_state(room, TYPE, {"n": 1})
    marker = alice.send(room, "a")
    since = bob.sync_until(lambda sync: sync.event(room, marker)).token
    alice.set_state(room, TYPE, {"n": 1})
    marker = alice.send(room, "b")
    assert ids(bob.sync_until(lambda sync: sync.event(room, marker), since).timeline(room)) == [
        marker
    ]


def test_joined_members_are_listed_with_their_profile(alice, bob, public_room):
    bob.put("profile", bob.user_id, "displayname", json={"displayname": "Bob"}).ok()
    bob.join(public_room)
    joined = alice.get("rooms", public_room, "joined_members").ok()["joined"]
    assert set(joined) == {alice.user_id, bob.user_id}
    assert joined[bob.user_id]["display_name"] == "Bob"


def test_joined_members_are_for_members_only(alice, bob, carol, room):
    carol.get("rooms", room, "joined_members").refused(403, "M_FORBIDDEN")
    bob.leave(room)
    bob.get("rooms", room, "joined_members").refused(403, "M_FORBIDDEN")


@pytest.mark.parametrize("raw", [b"[]", b'"x"', b"1", b"null"])
def test_state_content_is_an_object(alice, public_room, raw):
    alice.request("PUT", "rooms", public_room, "state", TYPE, "", raw=raw).refused(
        400, "M_BAD_JSON"
    )
