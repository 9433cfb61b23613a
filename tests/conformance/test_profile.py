"""Profiles, and how a change reaches rooms."""

import pytest

from .client import is_member, until

AVATAR = "mxc://hs1/picture"


def put(user, field, value, of=None):
    return user.put("profile", (of or user).user_id, field, json={field: value})


@pytest.mark.parametrize("field, value", [("displayname", "Alice 🌷"), ("avatar_url", AVATAR)])
def test_a_field_can_be_set_and_read_by_anyone(alice, anyone, field, value):
    put(alice, field, value).ok()
    assert anyone.get("profile", alice.user_id, field).ok() == {field: value}
    assert anyone.get("profile", alice.user_id).ok()[field] == value


def test_the_profile_of_another_can_not_be_changed(alice, bob):
    put(alice, "displayname", "x", of=bob).refused(403, "M_FORBIDDEN")


def test_an_unknown_user_has_no_profile(anyone):
    anyone.get("profile", "@nobody-has-this-name:hs1").refused(404, "M_NOT_FOUND")
    anyone.get("profile", "@nobody-has-this-name:hs1", "displayname").refused(404, "M_NOT_FOUND")


def test_a_malformed_user_id_is_refused(anyone):
    anyone.get("profile", "nobody").refused(400)


@pytest.mark.parametrize(
    "field, value",
    [("displayname", 5), ("avatar_url", 5), pytest.param("displayname", "x" * 300, id="too long")],
)
def test_a_malformed_field_is_refused(alice, field, value):
    put(alice, field, value).refused(400)


def test_a_cleared_name_is_gone(alice):
    put(alice, "displayname", "Alice").ok()
    put(alice, "displayname", "").ok()
    answer = alice.get("profile", alice.user_id, "displayname")
    assert answer.status == 404 or "displayname" not in answer.body


def test_a_field_of_ones_own_can_be_set_read_and_removed(alice, anyone):
    name = "com.example.colour"
    put(alice, name, {"r": 1}).ok()
    assert anyone.get("profile", alice.user_id, name).ok() == {name: {"r": 1}}
    alice.delete("profile", alice.user_id, name).ok()
    anyone.get("profile", alice.user_id, name).refused(404, "M_NOT_FOUND")


@pytest.mark.parametrize("field, value", [("displayname", "New name"), ("avatar_url", AVATAR)])
def test_a_change_reaches_the_rooms_one_is_in(alice, bob, room, field, value):
    since = bob.sync().token
    put(alice, field, value).ok()

    def told(sync):
        return any(
            is_member(e, alice) and e["content"].get(field) == value for e in sync.timeline(room)
        )

    bob.sync_until(told, since)
    assert bob.state(room, "m.room.member", alice.user_id)[field] == value


def test_a_name_can_be_given_for_one_room(alice, bob, room):
    content = {"membership": "join", "displayname": "Only here"}
    alice.put("rooms", room, "state", "m.room.member", alice.user_id, json=content).ok()
    assert bob.state(room, "m.room.member", alice.user_id)["displayname"] == "Only here"
    assert "Only here" not in str(bob.get("profile", alice.user_id).body)


def search(user, term, **options):
    return user.post("user_directory", "search", json={"search_term": term} | options).ok()


def found(user, term, target):
    return any(r["user_id"] == target.user_id for r in search(user, term)["results"])


def test_a_user_in_a_shared_room_is_found_by_name_and_id(alice, bob, room):
    name = alice.localpart
    put(alice, "displayname", f"Rose {name}").ok()
    until(lambda: found(bob, f"Rose {name}", alice))
    until(lambda: found(bob, name, alice))


def test_a_user_in_a_public_room_is_found_by_strangers(alice, carol):
    alice.create_room(visibility="public", preset="public_chat")
    until(lambda: found(carol, alice.localpart, alice))


def test_a_user_in_no_room_of_ours_is_not_found_by_strangers(alice, bob, carol, room):
    until(lambda: found(bob, alice.localpart, alice))
    assert not found(carol, alice.localpart, alice)


def test_a_name_for_one_private_room_is_not_found_by_strangers(alice, bob, carol, room):
    secret = "Secret" + alice.user_id.split("-")[-1].split(":")[0] + "x" + alice.user_id[6:14]
    content = {"membership": "join", "displayname": secret}
    alice.put("rooms", room, "state", "m.room.member", alice.user_id, json=content).ok()
    alice.create_room(visibility="public", preset="public_chat")
    until(lambda: found(carol, alice.localpart, alice))
    assert not found(carol, secret, alice)


def test_a_search_says_when_it_is_limited(alice, bob, carol, public_room):
    for user in (bob, carol):
        user.join(public_room)
    until(lambda: search(alice, "user-", limit=1), lambda answer: answer["limited"])


def test_a_search_needs_a_term(alice):
    alice.post("user_directory", "search", json={}).refused(400)
