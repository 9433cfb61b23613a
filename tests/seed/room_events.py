"""S12–S20: the events that make a room."""

from conformance.client import bodies, ids, initial, of_type


def s12(world):
    """m.room.create is a room's first event, names the creator, and nobody can replace it."""
    alice, bob, room = world.pair(
        room_version="10", creation_content={"creator": "@mallory:example.org"}
    )
    first = alice.messages(room, dir="f", limit=1)["chunk"][0]
    assert first["type"] == "m.room.create" and first["sender"] == alice.user_id
    assert first["content"]["creator"] == alice.user_id
    for user in (alice, bob):
        assert user.put(
            "rooms", room, "state", "m.room.create", "", json={"creator": user.user_id}
        ).status in (400, 403)
    assert ids([of_type(alice.get("rooms", room, "state").ok(), "m.room.create")]) == ids([first])


def s13(world):
    """m.room.member is about the user of its state_key; only the allowed transitions pass."""
    alice, bob, room = world.pair()
    carol = world.user()
    member = ("rooms", room, "state", "m.room.member")
    alice.put(*member, carol.user_id, json={"membership": "join"}).refused(403, "M_FORBIDDEN")
    bob.put(*member, alice.user_id, json={"membership": "ban"}).refused(403, "M_FORBIDDEN")
    assert alice.put(*member, carol.user_id, json={"membership": "dance"}).status in (400, 403)
    for membership in ("invite", "leave", "ban"):
        alice.put(*member, carol.user_id, json={"membership": membership}).ok()
        assert alice.membership(room, carol) == membership
    carol.post("join", room).refused(403)
    assert alice.membership(room, bob) == "join"


def s14(world):
    """A public room lets anyone join; an invite-only room needs an invite first."""
    alice, bob = world.user(), world.user()
    bob.join(alice.create_room(preset="public_chat"))
    room = alice.create_room(preset="private_chat")
    bob.post("join", room).refused(403, "M_FORBIDDEN")
    alice.invite(room, bob)
    bob.join(room)


def s15(world):
    """m.room.power_levels decides who may ban, kick, redact, send; no users_default is 0."""
    alice, bob, room = world.pair()
    carol = world.user()
    carol.join(room)
    levels = alice.state(room, "m.room.power_levels")
    levels.pop("users_default", None)
    levels |= {
        "ban": 50,
        "kick": 50,
        "redact": 50,
        "events": {"com.example.high": 50, "com.example.low": 0},
    }
    alice.set_state(room, "m.room.power_levels", levels)
    target = {"user_id": carol.user_id}
    event_id = carol.send(room, "x")

    def attempts(user):
        yield user.put("rooms", room, "send", "com.example.high", "t1")
        yield user.put("rooms", room, "redact", event_id, "t2")
        yield user.post("rooms", room, "kick", json=target)
        yield user.post("rooms", room, "ban", json=target)

    bob.send(room, {}, "com.example.low")
    for answer in attempts(bob):
        answer.refused(403, "M_FORBIDDEN")
    alice.change_power(room, users={bob.user_id: 50})
    for answer in attempts(bob):
        answer.ok()


def s16(world):
    """Name, topic, canonical alias and aliases are state events, accepted and served."""
    alice, bob, room = world.pair()
    server = alice.server
    alias = f"#s16-{room[1:9].lower()}:{server}"
    alice.put("directory", "room", alias, json={"room_id": room}).ok()
    contents = {
        "m.room.name": {"name": "A name"},
        "m.room.topic": {"topic": "A topic"},
        "m.room.canonical_alias": {"alias": alias},
    }
    for type, content in contents.items():
        alice.set_state(room, type, content)
        assert bob.state(room, type) == content
    alice.set_state(room, "m.room.aliases", {"aliases": [alias]}, server)
    assert bob.state(room, "m.room.aliases", server) == {"aliases": [alias]}


def s17(world):
    """History visibility governs what a member sees from before joining."""
    for visibility, seen in (
        ("invited", ["b", "c"]),
        ("joined", ["c"]),
        ("shared", ["a", "b", "c"]),
    ):
        alice, bob = world.user(), world.user()
        state = initial("m.room.history_visibility", {"history_visibility": visibility})
        room = alice.create_room(preset="private_chat", initial_state=[state])
        alice.send(room, "a")
        alice.invite(room, bob)
        alice.send(room, "b")
        bob.join(room)
        alice.send(room, "c")
        assert bodies(bob.messages(room, dir="f", limit=100)["chunk"]) == seen, visibility


def s18(world):
    """A redaction strips its target for good, and only for those with the power."""
    alice, bob, room = world.pair()
    carol = world.user()
    carol.join(room)
    event_id = bob.send(room, "secret")
    carol.put("rooms", room, "redact", event_id, "t").refused(403, "M_FORBIDDEN")
    assert carol.event(room, event_id)["content"]["body"] == "secret"
    alice.redact(room, event_id, reason="spam")
    for user in (alice, bob, carol):
        event = user.event(room, event_id)
        assert event["content"] == {} and event["sender"] == bob.user_id
    assert "secret" not in bodies(bob.messages(room, limit=100)["chunk"])


def s19(world):
    """m.room.message.feedback passes as an ordinary event."""
    alice, bob, room = world.pair()
    content = {"type": "delivered", "target_event_id": alice.send(room, "x")}
    event = alice.wait_for_event(room, bob.send(room, content, "m.room.message.feedback"))
    assert event["content"] == content


def s20(world):
    """The name and topic given to room creation end up as state events."""
    alice, bob, room = world.pair(name="A name", topic="A topic")
    assert bob.state(room, "m.room.name")["name"] == "A name"
    assert bob.state(room, "m.room.topic")["topic"] == "A topic"
