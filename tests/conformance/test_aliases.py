"""Room aliases."""

import pytest

from .client import unique

CANONICAL = "m.room.canonical_alias"


def new_alias(user, name=None):
    return f"#{name or unique('alias')}:{user.server}"


def add(user, room, alias):
    return user.put("directory", "room", alias, json={"room_id": room})


def resolve(user, alias):
    return user.get("directory", "room", alias)


@pytest.fixture
def alias(alice, public_room):
    alias = new_alias(alice)
    add(alice, public_room, alias).ok()
    return alias


def test_an_alias_leads_to_its_room(alice, anyone, public_room, alias):
    for reader in (alice, anyone):
        answer = resolve(reader, alias).ok()
        assert answer["room_id"] == public_room and alice.server in answer["servers"]


def test_an_alias_may_be_in_any_script(alice, public_room):
    alias = new_alias(alice, unique("комната-老"))
    add(alice, public_room, alias).ok()
    assert resolve(alice, alias).ok()["room_id"] == public_room


def test_an_unknown_alias_is_not_found(alice):
    resolve(alice, new_alias(alice)).refused(404, "M_NOT_FOUND")


@pytest.mark.parametrize("alias", ["no-alias", "#no-server", "@user:hs1"])
def test_a_malformed_alias_is_refused(alice, public_room, alias):
    resolve(alice, alias).refused(400, "M_INVALID_PARAM")
    add(alice, public_room, alias).refused(400, "M_INVALID_PARAM")


def test_a_taken_alias_is_refused(alice, bob, public_room, alias):
    add(bob, bob.create_room(), alias).refused(409)


def test_an_alias_of_another_server_can_not_be_made(alice, public_room):
    assert add(alice, public_room, "#x:elsewhere.example").status in (400, 403)


@pytest.mark.parametrize("body", [{}, {"room_id": 5}, {"room_id": "no room"}])
def test_an_alias_needs_a_room(alice, body):
    alice.put("directory", "room", new_alias(alice), json=body).refused(400)


def test_a_deleted_alias_is_gone(alice, public_room, alias):
    alice.delete("directory", "room", alias).ok()
    resolve(alice, alias).refused(404, "M_NOT_FOUND")


def test_an_unknown_alias_can_not_be_deleted(alice):
    alice.delete("directory", "room", new_alias(alice)).refused(404, "M_NOT_FOUND")


def test_an_alias_of_another_user_can_not_be_deleted(alice, bob, public_room, alias):
    bob.join(public_room)
    bob.delete("directory", "room", alias).refused(403, "M_FORBIDDEN")
    assert resolve(alice, alias).status == 200


def test_those_with_power_in_the_room_delete_the_aliases_of_others(alice, bob, public_room):
    bob.join(public_room)
    alias = new_alias(bob)
    add(bob, public_room, alias).ok()
    alice.delete("directory", "room", alias).ok()


def test_an_ordinary_member_makes_and_deletes_aliases(bob, public_room):
    bob.join(public_room)
    alias = new_alias(bob)
    add(bob, public_room, alias).ok()
    bob.delete("directory", "room", alias).ok()


def aliases(user, room):
    return user.get("rooms", room, "aliases")


def test_the_aliases_of_a_room_are_listed(alice, bob, public_room, alias):
    bob.join(public_room)
    second = new_alias(bob)
    add(bob, public_room, second).ok()
    assert set(aliases(bob, public_room).ok()["aliases"]) == {alias, second}


def test_a_room_without_aliases_has_an_empty_list(alice, public_room):
    assert aliases(alice, public_room).ok()["aliases"] == []


def test_aliases_are_listed_for_members_or_in_world_readable_rooms(alice, bob, public_room, alias):
    aliases(bob, public_room).refused(403, "M_FORBIDDEN")
    alice.set_state(
        public_room, "m.room.history_visibility", {"history_visibility": "world_readable"}
    )
    assert aliases(bob, public_room).ok()["aliases"] == [alias]


def set_canonical(user, room, **content):
    return user.put("rooms", room, "state", CANONICAL, "", json=content)


def test_a_canonical_alias_that_leads_to_the_room_is_accepted(alice, public_room, alias):
    set_canonical(alice, public_room, alias=alias).ok()
    other = new_alias(alice)
    add(alice, public_room, other).ok()
    set_canonical(alice, public_room, alias=alias, alt_aliases=[other]).ok()


@pytest.mark.parametrize("key", ["alias", "alt_aliases"])
def test_a_canonical_alias_that_leads_nowhere_or_elsewhere_is_refused(alice, public_room, key):
    elsewhere = new_alias(alice)
    add(alice, alice.create_room(), elsewhere).ok()
    for alias in (new_alias(alice), elsewhere):
        content = {key: [alias] if key == "alt_aliases" else alias}
        set_canonical(alice, public_room, **content).refused(400, "M_BAD_ALIAS")


@pytest.mark.parametrize("key", ["alias", "alt_aliases"])
def test_a_malformed_canonical_alias_is_refused(alice, public_room, key):
    content = {key: ["nonsense"] if key == "alt_aliases" else "nonsense"}
    set_canonical(alice, public_room, **content).refused(400, "M_INVALID_PARAM")


def test_a_canonical_alias_can_be_taken_back(alice, public_room, alias):
    set_canonical(alice, public_room, alias=alias).ok()
    set_canonical(alice, public_room).ok()
    assert alice.state(public_room, CANONICAL) == {}


def test_a_deleted_alias_is_no_longer_canonical(alice, public_room, alias):
    set_canonical(alice, public_room, alias=alias).ok()
    alice.delete("directory", "room", alias).ok()
    assert alice.state(public_room, CANONICAL).get("alias") in (None, alias)
    set_canonical(alice, public_room, alias=alias, alt_aliases=[alias]).refused(400, "M_BAD_ALIAS")
