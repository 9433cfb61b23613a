"""The room directory and room summaries."""

import pytest

from .client import unique


def publish(owner, **options):
    """A public room in the directory, with a name of its own; returns (room, name)."""
    name = unique("Name")
    return owner.create_room(visibility="public", preset="public_chat", name=name, **options), name


def find(user, term, **options):
    return user.post("publicRooms", json={"filter": {"generic_search_term": term}} | options).ok()


def rooms(answer):
    return [entry["room_id"] for entry in answer["chunk"]]


def test_a_published_room_is_listed(alice, anyone):
    room, name = publish(alice, topic="A topic")
    entry = find(alice, name)["chunk"][0]
    assert entry["room_id"] == room and entry["name"] == name and entry["topic"] == "A topic"
    assert entry["num_joined_members"] == 1 and entry["join_rule"] == "public"
    assert entry["world_readable"] is False and entry["guest_can_join"] is False


def test_a_room_that_everybody_left_is_not_listed(alice):
    room, name = publish(alice)
    alice.post("rooms", room, "leave").ok()
    assert rooms(find(alice, name)) == []


def test_the_list_can_be_read_without_a_login(alice, anyone):
    room, name = publish(alice)
    position, seen = {}, []
    while True:
        page = anyone.get("publicRooms", query={"limit": 50} | position).ok()
        seen += rooms(page)
        if "next_batch" not in page:
            break
        position = {"since": page["next_batch"]}
    assert room in seen


@pytest.mark.parametrize("part", ["name", "topic", "alias"])
def test_a_room_is_found_by(alice, part):
    word = unique("word")
    options = {
        "name": {"name": f"A {word}"},
        "topic": {"topic": f"A {word}"},
        "alias": {"room_alias_name": word},
    }[part]
    room = alice.create_room(visibility="public", **options)
    assert rooms(find(alice, word)) == [room]


def test_the_search_ignores_case(alice):
    room, name = publish(alice)
    assert rooms(find(alice, name.upper())) == [room]


def test_an_unpublished_room_is_not_found(alice):
    name = unique("Name")
    alice.create_room(preset="public_chat", name=name)
    assert rooms(find(alice, name)) == []


def test_the_list_comes_in_pages(alice):
    word = unique("word")
    expected = {alice.create_room(visibility="public", name=f"{word} {n}") for n in range(5)}
    seen, position = [], {}
    while True:
        page = find(alice, word, limit=2, **position)
        assert len(page["chunk"]) <= 2
        seen += rooms(page)
        if "next_batch" not in page:
            break
        position = {"since": page["next_batch"]}
    assert len(seen) == 5 and set(seen) == expected


def test_larger_rooms_come_first(alice, bob):
    word = unique("word")
    small, large = (alice.create_room(visibility="public", name=word) for _ in range(2))
    bob.join(large)
    assert rooms(find(alice, word)) == [large, small]


def test_a_room_can_be_published_and_withdrawn(alice):
    name = unique("Name")
    room = alice.create_room(preset="public_chat", name=name)
    for visibility, expected in (("public", [room]), ("private", [])):
        alice.put("directory", "list", "room", room, json={"visibility": visibility}).ok()
        assert alice.get("directory", "list", "room", room).ok()["visibility"] == visibility
        assert rooms(find(alice, name)) == expected


def test_only_those_with_the_power_publish(bob, alice, room):
    bob.put("directory", "list", "room", room, json={"visibility": "public"}).refused(
        403, "M_FORBIDDEN"
    )


def test_an_unknown_room_has_no_visibility(alice):
    alice.get("directory", "list", "room", "!nothing-here:hs1").refused(404, "M_NOT_FOUND")


def test_rooms_can_be_listed_by_type(alice):
    word = unique("word")
    space = alice.create_room(visibility="public", name=word, creation_content={"type": "m.space"})
    plain = alice.create_room(visibility="public", name=word)
    for types, expected in (
        (["m.space"], {space}),
        ([None], {plain}),
        ([None, "m.space"], {space, plain}),
    ):
        filter = {"generic_search_term": word, "room_types": types}
        assert set(rooms(alice.post("publicRooms", json={"filter": filter}).ok())) == expected


def test_a_listed_space_says_so(alice):
    word = unique("word")
    alice.create_room(visibility="public", name=word, creation_content={"type": "m.space"})
    assert find(alice, word)["chunk"][0]["room_type"] == "m.space"


def test_the_canonical_alias_is_listed(alice):
    word = unique("word")
    alice.create_room(visibility="public", name=word, room_alias_name=word)
    assert find(alice, word)["chunk"][0]["canonical_alias"].startswith(f"#{word}:")


@pytest.mark.parametrize("body", [{"limit": "many"}, {"filter": "x"}])
def test_a_malformed_directory_search_is_refused(alice, body):
    alice.post("publicRooms", json=body).refused(400)


# Summaries


def summary(user, room):
    return user.get("room_summary", room, v="v1")


def test_a_public_room_has_a_summary_for_everyone(alice, bob):
    room = alice.create_room(preset="public_chat", name="A name", topic="A topic")
    answer = summary(bob, room).ok()
    assert (
        answer["room_id"] == room
        and answer["name"] == "A name"
        and answer["num_joined_members"] == 1
    )
    assert answer["join_rule"] == "public" and answer.get("membership", "leave") == "leave"
    assert summary(alice, room).ok()["membership"] == "join"


def test_a_summary_can_be_asked_for_by_alias(alice, bob):
    name = unique("alias")
    room = alice.create_room(preset="public_chat", room_alias_name=name)
    assert summary(bob, f"#{name}:{alice.server}").ok()["room_id"] == room


def test_a_private_room_has_no_summary_for_strangers(alice, bob):
    summary(bob, alice.create_room(preset="private_chat")).refused(404, "M_NOT_FOUND")


def test_an_invited_user_gets_the_summary(alice, bob):
    room = alice.create_room(preset="private_chat", invite=[bob.user_id])
    assert summary(bob, room).ok()["membership"] == "invite"
