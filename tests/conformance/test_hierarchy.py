"""Spaces: GET /rooms/{room}/hierarchy."""

from .client import initial


def rooms(answer):
    return [entry["room_id"] for entry in answer["rooms"]]


def make_space(owner, *children, **options):
    space = owner.create_room(
        **({"preset": "public_chat", "creation_content": {"type": "m.space"}} | options)
    )
    for child in children:
        add_child(owner, space, child)
    return space


def add_child(owner, space, child, **content):
    owner.set_state(space, "m.space.child", {"via": [owner.server]} | content, child)


def hierarchy(user, space, **query):
    return user.get("rooms", space, "hierarchy", v="v1", query=query)


def test_a_space_lists_its_children_below_itself(alice):
    leaves = [alice.create_room(preset="public_chat", name=n) for n in "ab"]
    inner = make_space(alice, leaves[1])
    space = make_space(alice, leaves[0], inner)
    answer = hierarchy(alice, space).ok()
    assert rooms(answer)[0] == space and set(rooms(answer)) == {space, inner, *leaves}
    root = answer["rooms"][0]
    assert root["room_type"] == "m.space"
    assert {e["state_key"] for e in root["children_state"]} == {leaves[0], inner}


def test_children_come_in_their_order(alice):
    a, b, c = (alice.create_room(preset="public_chat") for _ in range(3))
    space = make_space(alice)
    add_child(alice, space, c)
    add_child(alice, space, b, order="2")
    add_child(alice, space, a, order="1")
    assert rooms(hierarchy(alice, space).ok()) == [space, a, b, c]


def test_the_depth_can_be_limited(alice):
    leaf = alice.create_room(preset="public_chat")
    inner = make_space(alice, leaf)
    space = make_space(alice, inner)
    assert set(rooms(hierarchy(alice, space, max_depth=1).ok())) == {space, inner}


def test_the_list_can_be_limited_to_suggestions(alice):
    plain, suggested = (alice.create_room(preset="public_chat") for _ in range(2))
    space = make_space(alice, plain)
    add_child(alice, space, suggested, suggested=True)
    assert rooms(hierarchy(alice, space, suggested_only="true").ok()) == [space, suggested]


def test_a_hierarchy_comes_in_pages(alice):
    children = [alice.create_room(preset="public_chat") for _ in range(4)]
    space = make_space(alice, *children)
    seen, position = [], {}
    while True:
        page = hierarchy(alice, space, limit=2, **position).ok()
        assert len(rooms(page)) <= 2
        seen += rooms(page)
        if "next_batch" not in page:
            break
        position = {"from": page["next_batch"]}
    assert len(seen) == 5 and set(seen) == {space, *children}


def test_a_removed_child_is_not_listed(alice):
    child = alice.create_room(preset="public_chat")
    space = make_space(alice, child)
    alice.set_state(space, "m.space.child", {}, child)
    assert rooms(hierarchy(alice, space).ok()) == [space]


def test_a_circle_of_spaces_ends(alice):
    one, two = make_space(alice), make_space(alice)
    add_child(alice, one, two)
    add_child(alice, two, one)
    assert sorted(rooms(hierarchy(alice, one).ok())) == sorted([one, two])


def test_private_children_are_for_those_who_may_see_them(alice, bob):
    public, private = (
        alice.create_room(preset="public_chat"),
        alice.create_room(preset="private_chat"),
    )
    space = make_space(alice, public, private)
    bob.join(space)
    assert rooms(hierarchy(bob, space).ok()) == [space, public]
    assert set(rooms(hierarchy(alice, space).ok())) == {space, public, private}


def test_restricted_children_are_for_members_of_the_space(alice, bob):
    space = make_space(alice)
    allow = [{"type": "m.room_membership", "room_id": space}]
    rules = initial("m.room.join_rules", {"join_rule": "restricted", "allow": allow})
    child = alice.create_room(initial_state=[rules], room_version="11")
    add_child(alice, space, child)
    assert rooms(hierarchy(bob, space).ok()) == [space]
    bob.join(space)
    assert rooms(hierarchy(bob, space).ok()) == [space, child]


def test_a_private_space_is_not_for_strangers(alice, bob):
    hierarchy(bob, make_space(alice, preset="private_chat")).refused(403, "M_FORBIDDEN")
