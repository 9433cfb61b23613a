"""Room upgrades."""

import pytest

from .client import until


def upgrade(user, room, version="11"):
    return user.post("rooms", room, "upgrade", json={"new_version": version})


@pytest.fixture
def old_room(alice, bob):
    room = alice.create_room(
        room_version="10", preset="public_chat", name="A name", topic="A topic"
    )
    bob.join(room)
    return room


def test_an_upgrade_makes_a_new_room_and_closes_the_old(alice, old_room):
    new = upgrade(alice, old_room).ok()["replacement_room"]
    assert alice.state(new, "m.room.create")["room_version"] == "11"
    assert alice.state(new, "m.room.create")["predecessor"]["room_id"] == old_room
    assert alice.state(old_room, "m.room.tombstone")["replacement_room"] == new
    assert alice.membership(new, alice) == "join"


def test_an_upgrade_to_version_12_works(alice, old_room):
    new = upgrade(alice, old_room, "12").ok()["replacement_room"]
    assert alice.state(new, "m.room.create")["room_version"] == "12"
    assert alice.user_id not in alice.state(new, "m.room.power_levels").get("users", {})


@pytest.mark.parametrize(
    "type",
    [
        "m.room.name",
        "m.room.topic",
        "m.room.join_rules",
        "m.room.history_visibility",
        "m.room.guest_access",
    ],
)
def test_the_room_looks_as_before(alice, old_room, type):
    if type == "m.room.guest_access":
        alice.set_state(old_room, type, {"guest_access": "can_join"})
    before = alice.state(old_room, type)
    assert alice.state(upgrade(alice, old_room).ok()["replacement_room"], type) == before


def test_power_levels_and_bans_are_carried_over(alice, bob, carol, old_room):
    alice.change_power(old_room, users={bob.user_id: 50}, events={"com.example.x": 20})
    alice.ban(old_room, carol)
    new = upgrade(alice, old_room).ok()["replacement_room"]
    levels = alice.state(new, "m.room.power_levels")
    assert levels["users"][bob.user_id] == 50 and levels["events"]["com.example.x"] == 20
    assert alice.membership(new, carol) == "ban"


def test_the_old_room_is_closed_to_ordinary_members(alice, bob, old_room):
    upgrade(alice, old_room).ok()
    bob.put(
        "rooms", old_room, "send", "m.room.message", "t", json={"msgtype": "m.text", "body": "x"}
    ).refused(403, "M_FORBIDDEN")


def test_the_aliases_move_to_the_new_room(alice, old_room):
    alias = f"#upgrade-{old_room[1:9].lower()}:{alice.server}"
    alice.put("directory", "room", alias, json={"room_id": old_room}).ok()
    alice.set_state(old_room, "m.room.canonical_alias", {"alias": alias})
    new = upgrade(alice, old_room).ok()["replacement_room"]
    until(lambda: alice.get("directory", "room", alias).ok()["room_id"], lambda found: found == new)
    until(
        lambda: alice.get("rooms", new, "state", "m.room.canonical_alias", ""),
        lambda r: r.status == 200 and r.body["alias"] == alias,
    )


def test_a_published_room_stays_published(alice):
    room = alice.create_room(room_version="10", visibility="public")
    new = upgrade(alice, room).ok()["replacement_room"]
    assert alice.get("directory", "list", "room", new).ok()["visibility"] == "public"
    assert alice.get("directory", "list", "room", room).ok()["visibility"] == "private"


def test_members_who_follow_keep_their_push_rules_and_tags(alice, bob, old_room):
    bob.put("pushrules", "global", "room", old_room, json={"actions": []}).ok()
    bob.put("user", bob.user_id, "rooms", old_room, "tags", "u.work", json={"order": 0.5}).ok()
    new = upgrade(alice, old_room).ok()["replacement_room"]
    bob.join(new)
    until(lambda: bob.get("pushrules", "global", "room", new).status, lambda status: status == 200)
    tags = ("user", bob.user_id, "rooms", new, "tags")
    until(lambda: bob.get(*tags).ok()["tags"], lambda tags: "u.work" in tags)


def test_a_room_that_replaces_another_by_hand_has_its_push_rules(alice, old_room):
    alice.put("pushrules", "global", "room", old_room, json={"actions": []}).ok()
    last = alice.send(old_room, "the last")
    new = alice.create_room(
        creation_content={"predecessor": {"room_id": old_room, "event_id": last}}
    )
    until(lambda: alice.get("pushrules", "global", "room", new).status, lambda status: status == 200)


def test_only_those_with_the_power_upgrade(alice, bob, old_room):
    upgrade(bob, old_room).refused(403, "M_FORBIDDEN")


def test_an_unknown_version_is_refused(alice, old_room):
    upgrade(alice, old_room, "nonsense").refused(400, "M_UNSUPPORTED_ROOM_VERSION")


def test_an_unknown_room_can_not_be_upgraded(alice):
    assert upgrade(alice, "!nothing-here:hs1").status in (403, 404)


def test_a_space_stays_a_space(alice):
    space = alice.create_room(room_version="10", creation_content={"type": "m.space"})
    new = upgrade(alice, space).ok()["replacement_room"]
    assert alice.state(new, "m.room.create")["type"] == "m.space"
