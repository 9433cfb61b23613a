"""S53–S65: how a change of profile reaches rooms and presence."""

from conformance.client import is_member, of_type, until


def set_field(user, field, value):
    user.put("profile", user.user_id, field, json={field: value}).ok()


def member(reader, room, user):
    return reader.state(room, "m.room.member", user.user_id)


def wait_for_member(reader, room, user, field, value):
    return until(lambda: member(reader, room, user), lambda content: content.get(field) == value)


def reaches_every_room(world, field, value, other, other_value):
    alice, bob, room = world.pair()
    rooms = [room, *(bob.create_room(preset="public_chat") for _ in range(2))]
    for joined in rooms[1:]:
        alice.join(joined)
    set_field(alice, other, other_value)
    set_field(alice, field, value)
    for joined in rooms:
        content = wait_for_member(bob, joined, alice, field, value)
        assert content["membership"] == "join" and content[other] == other_value


def s53(world):
    """A new display name is sent, with the avatar, to every room the user is in."""
    reaches_every_room(world, "displayname", "Alice", "avatar_url", "mxc://hs1/a")


def s54(world):
    """A new avatar is sent, with the display name, to every room the user is in."""
    reaches_every_room(world, "avatar_url", "mxc://hs1/a", "displayname", "Alice")


def s55(world):
    """It changes nothing else: a name set for one room stays there."""
    alice, bob, room = world.pair()
    other = bob.create_room(preset="public_chat")
    alice.join(other)
    content = {"membership": "join", "displayname": "Only here"}
    alice.put("rooms", room, "state", "m.room.member", alice.user_id, json=content).ok()
    set_field(alice, "displayname", "Everywhere else")
    wait_for_member(bob, other, alice, "displayname", "Everywhere else")
    assert member(bob, room, alice)["displayname"] == "Only here"


def presence_after(world, field, value):
    """What a watcher is told of the presence after the change."""
    alice, bob, _ = world.pair()
    alice.put("presence", alice.user_id, "status", json={"presence": "online"}).ok()
    since = bob.sync_until(lambda sync: sync.presence(alice.user_id)).token
    set_field(alice, field, value)

    def told(sync):
        event = sync.presence(alice.user_id)
        return event and event["content"].get(field) == value

    return bob.sync_until(told, since).presence(alice.user_id)["content"]


def s56(world):
    """A change of either also sends presence with both fields."""
    presence_after(world, "displayname", "Alice")
    presence_after(world, "avatar_url", "mxc://hs1/a")


def s57(world):
    """That update carries the current presence, and does not change it."""
    assert presence_after(world, "displayname", "Alice")["presence"] == "online"


def s58(world):
    """Both happen by themselves, without a further call."""
    alice, bob, room = world.pair()
    since = bob.sync().token
    set_field(alice, "displayname", "Alice")
    bob.sync_until(
        lambda sync: any(
            is_member(e, alice) and e["content"].get("displayname") == "Alice"
            for e in sync.timeline(room)
        ),
        since,
    )


def s59(world):
    """Of several fast changes, the last is what every room ends with; a failure changes nothing."""
    alice, bob, room = world.pair()
    for number in range(10):
        set_field(alice, "displayname", f"Alice {number}")
    alice.put("profile", alice.user_id, "displayname", json={"displayname": 7}).refused(400)
    wait_for_member(bob, room, alice, "displayname", "Alice 9")
    alice.send(room, "x")
    assert member(bob, room, alice)["displayname"] == "Alice 9"


def s60(world):
    """Every room gets the change exactly once."""
    alice, bob, room = world.pair()
    set_field(alice, "displayname", "Alice")
    wait_for_member(bob, room, alice, "displayname", "Alice")
    changes = [
        e
        for e in bob.messages(room, limit=100)["chunk"]
        if is_member(e, alice) and e["content"].get("displayname") == "Alice"
    ]
    assert len(changes) == 1


def s61(world):
    """Every membership event of a local user carries the current name and avatar."""
    alice, bob = world.user(), world.user()
    for user in (alice, bob):
        set_field(user, "displayname", "A name")
        set_field(user, "avatar_url", "mxc://hs1/a")
    room = alice.create_room(preset="private_chat", invite=[bob.user_id])
    expected = {"displayname": "A name", "avatar_url": "mxc://hs1/a"}
    assert expected.items() <= member(alice, room, alice).items()
    assert expected.items() <= member(alice, room, bob).items()
    bob.join(room)
    assert expected.items() <= member(alice, room, bob).items()


def s62(world):
    """Names and avatars of members are in the membership events."""
    alice, bob, room = world.pair()
    set_field(alice, "displayname", "Alice")
    wait_for_member(bob, room, alice, "displayname", "Alice")
    events = bob.get("rooms", room, "members").ok()["chunk"]
    assert of_type(events, "m.room.member", alice.user_id)["content"]["displayname"] == "Alice"


def s63(world):
    """A cleared field is propagated as absent."""
    alice, bob, room = world.pair()
    set_field(alice, "displayname", "Alice")
    wait_for_member(bob, room, alice, "displayname", "Alice")
    set_field(alice, "displayname", "")
    until(lambda: member(bob, room, alice), lambda content: "displayname" not in content)


def s65(world):
    """A hidden user's change goes into rooms, and their presence still reads offline."""
    alice, bob, room = world.pair()
    alice.put("presence", alice.user_id, "status", json={"presence": "hidden"}).ok()
    since = bob.sync().token
    set_field(alice, "displayname", "Alice")
    wait_for_member(bob, room, alice, "displayname", "Alice")
    answer = bob.sync_until(lambda sync: sync.timeline(room), since)
    event = answer.presence(alice.user_id)
    assert event is None or event["content"]["presence"] == "offline"
