"""What m.room.power_levels allows."""

import pytest

LEVELS = "m.room.power_levels"


def put_levels(user, room, levels):
    return user.put("rooms", room, "state", LEVELS, "", json=levels)


@pytest.fixture
def levels(alice, room):
    """The room's levels, with Bob as a moderator of 50 and room for change."""
    alice.change_power(room, users={bob_of(alice, room): 50}, users_default=0)
    return alice.state(room, LEVELS)


def bob_of(alice, room):
    return next(
        u for u in alice.get("rooms", room, "joined_members").ok()["joined"] if u != alice.user_id
    )


def test_levels_can_be_read_by_members(bob, room):
    assert bob.state(room, LEVELS)["ban"] == 50


def test_levels_can_be_changed_by_an_admin(alice, bob, room):
    alice.change_power(room, events={"com.example.x": 10}, users={bob.user_id: 20})
    levels = bob.state(room, LEVELS)
    assert levels["events"]["com.example.x"] == 10 and levels["users"][bob.user_id] == 20


def test_an_ordinary_member_sends_messages_but_no_state(bob, room):
    bob.send(room, "x")
    bob.put("rooms", room, "state", "m.room.topic", "", json={"topic": "x"}).refused(
        403, "M_FORBIDDEN"
    )
    bob.put("rooms", room, "state", LEVELS, "", json={}).refused(403, "M_FORBIDDEN")


def test_a_type_can_need_a_level_of_its_own(alice, bob, room):
    alice.change_power(room, events={"com.example.high": 50, "m.room.topic": 0})
    bob.put("rooms", room, "send", "com.example.high", "t").refused(403, "M_FORBIDDEN")
    bob.set_state(room, "m.room.topic", {"topic": "x"})


def test_events_default_binds_all_messages(alice, bob, room):
    alice.change_power(room, events_default=10)
    bob.put(
        "rooms", room, "send", "m.room.message", "t", json={"msgtype": "m.text", "body": "x"}
    ).refused(403, "M_FORBIDDEN")
    alice.change_power(room, users_default=10)
    bob.send(room, "x")


def test_nobody_raises_themselves(bob, room, levels):
    levels["users"][bob.user_id] = 51
    levels["events"][LEVELS] = 50
    put_levels(bob, room, levels).refused(403, "M_FORBIDDEN")


def moderator_changes(alice, bob, room, levels, change):
    """Lets Bob, at 50, write levels at 50, and returns the answer to his change."""
    levels["events"][LEVELS] = 50
    put_levels(alice, room, levels).ok()
    change(levels)
    return put_levels(bob, room, levels)


def test_a_moderator_changes_levels_up_to_their_own(alice, bob, carol, room, levels):
    def change(levels):
        levels["users"][carol.user_id] = 50
        levels["events"]["com.example.x"] = 50
        levels["redact"] = 40

    moderator_changes(alice, bob, room, levels, change).ok()


@pytest.mark.parametrize(
    "change",
    [
        lambda levels: levels["users"].update({"@x:hs1": 51}),
        lambda levels: levels["events"].update({"com.example.x": 51}),
        lambda levels: levels["events"].update({"m.room.encryption": 50}),
        lambda levels: levels.update({"ban": 51}),
        lambda levels: levels.update({"users_default": 51}),
        lambda levels: levels.update({"state_default": 51}),
    ],
    ids=["a user", "a type", "a type that is above", "an action", "users_default", "state_default"],
)
def test_a_moderator_can_not_reach_above_their_own_level(alice, bob, room, levels, change):
    levels["events"]["m.room.encryption"] = 100
    moderator_changes(alice, bob, room, levels, change).refused(403, "M_FORBIDDEN")


def test_a_moderator_can_not_lower_an_equal(alice, bob, carol, room, levels):
    levels["users"][carol.user_id] = 50
    moderator_changes(
        alice, bob, room, levels, lambda levels: levels["users"].update({carol.user_id: 0})
    ).refused(403, "M_FORBIDDEN")


def test_a_moderator_can_lower_themselves(alice, bob, room, levels):
    moderator_changes(
        alice, bob, room, levels, lambda levels: levels["users"].update({bob.user_id: 0})
    ).ok()


def test_users_can_be_demoted_through_users_default(alice, bob, room):
    alice.change_power(room, users_default=40)
    alice.change_power(room, users_default=10)
    assert alice.state(room, LEVELS)["users_default"] == 10


@pytest.mark.parametrize(
    "levels",
    [
        {"users": "x"},
        {"users": {"nobody": 5}},
        {"users": {"@a:hs1": "50"}},
        {"events": []},
        {"ban": "50"},
        {"ban": 1.5},
    ],
)
def test_malformed_levels_are_refused(alice, room, levels):
    current = alice.state(room, LEVELS)
    assert put_levels(alice, room, current | levels).status in (400, 403)
    assert alice.state(room, LEVELS) == current


def test_without_users_the_creator_still_rules(alice):
    room = alice.create_room(room_version="12")
    put_levels(alice, room, {}).ok()
    alice.change_power(room, users={"@x:hs1": 50})


def test_notifications_have_a_level(alice, bob, room):
    alice.change_power(room, notifications={"room": 20})
    assert bob.state(room, LEVELS)["notifications"]["room"] == 20


def test_a_tombstone_needs_more_than_ordinary_state(alice):
    levels = alice.state(alice.create_room(), LEVELS)
    assert levels["events"]["m.room.tombstone"] >= 100
    assert levels["events"]["m.room.power_levels"] >= 100
