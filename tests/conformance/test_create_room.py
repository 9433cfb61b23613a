"""POST /createRoom."""

import pytest

from .client import initial, of_type, unique

ALL_VERSIONS = [str(n) for n in range(1, 13)]


def test_the_creator_is_the_first_member(alice):
    room = alice.create_room()
    assert alice.membership(room, alice) == "join"
    assert room in alice.get("joined_rooms").ok()["joined_rooms"]


def test_a_room_begins_with_its_creation(alice):
    room = alice.create_room(name="x", topic="y")
    types = [e["type"] for e in alice.messages(room, dir="f", limit=50)["chunk"]]
    assert types[:3] == ["m.room.create", "m.room.member", "m.room.power_levels"]
    assert {"m.room.join_rules", "m.room.history_visibility", "m.room.name", "m.room.topic"} <= set(
        types
    )


@pytest.mark.parametrize(
    "preset, join_rule, guests",
    [
        ("private_chat", "invite", "can_join"),
        ("trusted_private_chat", "invite", "can_join"),
        ("public_chat", "public", "forbidden"),
    ],
)
def test_a_preset_sets_the_rules(alice, preset, join_rule, guests):
    room = alice.create_room(preset=preset)
    assert alice.state(room, "m.room.join_rules")["join_rule"] == join_rule
    assert alice.state(room, "m.room.history_visibility")["history_visibility"] == "shared"
    answer = alice.get("rooms", room, "state", "m.room.guest_access", "")
    given = answer.body["guest_access"] if answer.status == 200 else "forbidden"
    assert given == guests


@pytest.mark.parametrize("visibility, join_rule", [("private", "invite"), ("public", "public")])
def test_without_a_preset_the_visibility_decides(alice, visibility, join_rule):
    room = alice.create_room(visibility=visibility)
    assert alice.state(room, "m.room.join_rules")["join_rule"] == join_rule


@pytest.mark.parametrize("version", ["11", "12"])
def test_a_trusted_private_chat_trusts_those_invited(alice, bob, version):
    room = alice.create_room(
        preset="trusted_private_chat", invite=[bob.user_id], room_version=version
    )
    levels = alice.state(room, "m.room.power_levels").get("users", {})
    if version == "12":
        assert alice.state(room, "m.room.create")["additional_creators"] == [bob.user_id]
        assert levels == {}
    else:
        assert levels[alice.user_id] == levels[bob.user_id]


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_every_room_version_can_be_created_and_used(alice, bob, version):
    room = alice.create_room(room_version=version, preset="public_chat")
    assert alice.state(room, "m.room.create").get("room_version", "1") == version
    bob.join(room)
    alice.change_power(room, users={bob.user_id: 50})
    event_id = bob.send(room, "hello")
    assert alice.event(room, event_id)["content"]["body"] == "hello"
    bob.redact(room, event_id)
    assert alice.event(room, event_id)["content"] == {}


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_ids_have_the_form_of_the_room_version(alice, version):
    room = alice.create_room(room_version=version)
    create = alice.messages(room, dir="f", limit=1)["chunk"][0]["event_id"]
    assert (":" in create) == (version in ("1", "2"))
    assert (":" in room) == (version != "12")
    if version == "12":
        assert room[1:] == create[1:]


@pytest.mark.parametrize("version", ["11", "12"])
def test_the_creator_is_the_sender_of_the_creation(alice, version):
    room = alice.create_room(room_version=version)
    event = of_type(alice.get("rooms", room, "state").ok(), "m.room.create")
    assert event["sender"] == alice.user_id and "creator" not in event["content"]


def test_the_creator_of_version_12_is_above_all_power_levels(alice, bob):
    room = alice.create_room(room_version="12", preset="public_chat")
    bob.join(room)
    assert alice.user_id not in alice.state(room, "m.room.power_levels").get("users", {})
    alice.change_power(room, users={bob.user_id: 100})
    bob.post("rooms", room, "kick", json={"user_id": alice.user_id}).refused(403, "M_FORBIDDEN")
    levels = alice.state(room, "m.room.power_levels")
    levels["users"] = levels.get("users", {}) | {alice.user_id: 100}
    assert alice.put("rooms", room, "state", "m.room.power_levels", "", json=levels).status in (
        400,
        403,
    )


def test_an_unknown_room_version_is_refused(alice):
    alice.post("createRoom", json={"room_version": "nonsense"}).refused(
        400, "M_UNSUPPORTED_ROOM_VERSION"
    )


def test_a_room_version_is_a_string(alice):
    alice.post("createRoom", json={"room_version": 1}).refused(400, "M_BAD_JSON", "M_INVALID_PARAM")


def test_name_and_topic_become_state(alice):
    room = alice.create_room(name="A name", topic="A topic")
    assert alice.state(room, "m.room.name")["name"] == "A name"
    assert alice.state(room, "m.room.topic")["topic"] == "A topic"


def test_a_topic_has_a_rich_form(alice):
    content = alice.state(alice.create_room(topic="A topic"), "m.room.topic")
    assert content["m.topic"]["m.text"][0]["body"] == "A topic"


def test_initial_state_is_set(alice):
    room = alice.create_room(
        initial_state=[
            initial("m.room.topic", {"topic": "A topic"}),
            initial("com.example.x", {"n": 1}, "key"),
        ]
    )
    assert alice.state(room, "m.room.topic") == {"topic": "A topic"}
    assert alice.state(room, "com.example.x", "key") == {"n": 1}


def test_initial_state_wins_over_the_preset(alice):
    room = alice.create_room(
        preset="public_chat", initial_state=[initial("m.room.join_rules", {"join_rule": "invite"})]
    )
    assert alice.state(room, "m.room.join_rules")["join_rule"] == "invite"


def test_the_name_wins_over_initial_state(alice):
    room = alice.create_room(
        name="Right", initial_state=[initial("m.room.name", {"name": "Wrong"})]
    )
    assert alice.state(room, "m.room.name")["name"] == "Right"


def test_initial_state_needs_a_type(alice):
    alice.post("createRoom", json={"initial_state": [{"content": {}}]}).refused(
        400, "M_BAD_JSON", "M_INVALID_PARAM", "M_MISSING_PARAM"
    )


def test_power_levels_can_be_overridden(alice):
    room = alice.create_room(
        power_level_content_override={"events": {"com.example.x": 75}, "invite": 30}
    )
    levels = alice.state(room, "m.room.power_levels")
    assert levels["events"]["com.example.x"] == 75 and levels["invite"] == 30


def test_creation_content_goes_into_the_create_event(alice):
    room = alice.create_room(
        creation_content={"m.federate": False, "type": "com.example.kind", "extra": 1}
    )
    content = alice.state(room, "m.room.create")
    assert (
        content["m.federate"] is False
        and content["type"] == "com.example.kind"
        and content["extra"] == 1
    )


def test_creation_content_can_not_set_the_room_version(alice):
    room = alice.create_room(room_version="11", creation_content={"room_version": "nonsense"})
    assert alice.state(room, "m.room.create")["room_version"] == "11"


def test_those_invited_are_invited(alice, bob, carol):
    room = alice.create_room(invite=[bob.user_id, carol.user_id], is_direct=True)
    for user in (bob, carol):
        answer = user.sync_until(lambda sync: sync.has_room(room, "invite"))
        event = of_type(answer.stripped(room), "m.room.member", user.user_id)
        assert event["content"]["membership"] == "invite" and event["content"]["is_direct"] is True
        assert event["sender"] == alice.user_id


@pytest.mark.parametrize("invite", [["not a user"], "not-a-list", [1]])
def test_malformed_invites_are_refused(alice, invite):
    alice.post("createRoom", json={"invite": invite}).refused(400, "M_INVALID_PARAM", "M_BAD_JSON")


def test_an_alias_can_be_given(alice):
    name = unique("alias")
    room = alice.create_room(room_alias_name=name, preset="public_chat")
    alias = f"#{name}:{alice.server}"
    assert alice.get("directory", "room", alias).ok()["room_id"] == room
    assert alice.state(room, "m.room.canonical_alias")["alias"] == alias


def test_a_taken_alias_is_refused(alice):
    name = unique("alias")
    alice.create_room(room_alias_name=name)
    alice.post("createRoom", json={"room_alias_name": name}).refused(400, "M_ROOM_IN_USE")


@pytest.mark.parametrize("name", ["#whole:hs1", "with:colon", 5])
def test_a_malformed_alias_is_refused(alice, name):
    alice.post("createRoom", json={"room_alias_name": name}).refused(400)


def test_a_public_room_is_in_the_directory(alice):
    room = alice.create_room(visibility="public")
    assert alice.get("directory", "list", "room", room).ok()["visibility"] == "public"
    assert (
        alice.get("directory", "list", "room", alice.create_room()).ok()["visibility"] == "private"
    )


def test_creating_a_room_needs_a_login(anyone):
    anyone.post("createRoom").refused(401, "M_MISSING_TOKEN")


@pytest.mark.parametrize(
    "body", [{"preset": "unheard_of"}, {"visibility": "unheard_of"}, {"name": 5}, {"topic": []}]
)
def test_malformed_options_are_refused(alice, body):
    alice.post("createRoom", json=body).refused(400)
