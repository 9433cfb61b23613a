"""What a user may read of the time when they were not in a room, on every read path."""

import pytest

from .client import bodies, initial


def make_room(alice, visibility, **options):
    state = initial("m.room.history_visibility", {"history_visibility": visibility})
    return alice.create_room(**({"preset": "private_chat", "initial_state": [state]} | options))


def read_all(user, room, event_ids):
    """What the user reads: by /messages, by /sync, by /event, as three lists of texts."""
    history = bodies(user.messages(room, dir="f", limit=100)["chunk"])
    synced = bodies(user.sync(filter={"room": {"timeline": {"limit": 100}}}).timeline(room))
    fetched = [user.get("rooms", room, "event", event_id) for event_id in event_ids]
    return history, synced, [r.body["content"]["body"] for r in fetched if r.status == 200]


@pytest.mark.parametrize(
    "visibility, seen",
    [
        ("world_readable", ["early", "invited", "joined"]),
        ("shared", ["early", "invited", "joined"]),
        ("invited", ["invited", "joined"]),
        ("joined", ["joined"]),
    ],
)
def test_a_new_member_reads_what_the_visibility_allows(alice, bob, visibility, seen):
    room = make_room(alice, visibility)
    events = [alice.send(room, "early")]
    alice.invite(room, bob)
    events.append(alice.send(room, "invited"))
    bob.join(room)
    events.append(alice.send(room, "joined"))
    for texts in read_all(bob, room, events):
        assert texts == seen


@pytest.mark.parametrize("visibility", ["shared", "invited", "joined"])
def test_one_who_left_reads_nothing_of_later(alice, bob, visibility):
    room = make_room(alice, visibility, preset="public_chat")
    bob.join(room)
    before = alice.send(room, "before")
    bob.leave(room)
    after = alice.send(room, "after")
    assert bob.event(room, before)["content"]["body"] == "before"
    assert bob.get("rooms", room, "event", after).status in (403, 404)
    assert bob.get("rooms", room, "context", after).status in (403, 404)
    assert "after" not in bodies(bob.messages(room, limit=50)["chunk"])
    assert "after" not in bodies(bob.messages(room, dir="f", limit=50)["chunk"])


def test_one_who_came_back_does_not_read_the_time_between_if_joined_only(alice, bob):
    room = make_room(alice, "joined", preset="public_chat")
    bob.join(room)
    events = [alice.send(room, "first stay")]
    bob.leave(room)
    events.append(alice.send(room, "away"))
    bob.join(room)
    events.append(alice.send(room, "second stay"))
    for texts in read_all(bob, room, events):
        assert texts == ["first stay", "second stay"]


def test_the_visibility_of_the_time_of_an_event_counts(alice, bob):
    room = make_room(alice, "joined", preset="public_chat")
    events = [alice.send(room, "while joined")]
    alice.set_state(room, "m.room.history_visibility", {"history_visibility": "shared"})
    events.append(alice.send(room, "while shared"))
    bob.join(room)
    assert bodies(bob.messages(room, dir="f", limit=50)["chunk"]) == ["while shared"]


@pytest.mark.parametrize(
    "visibility, status",
    [("world_readable", 200), ("shared", 403), ("invited", 403), ("joined", 403)],
)
def test_a_stranger_reads_only_what_the_world_may_read(alice, bob, visibility, status):
    room = make_room(alice, visibility, preset="public_chat")
    event_id = alice.send(room, "x")
    assert bob.get("rooms", room, "messages", query={"dir": "b"}).status == status
    assert bob.get("rooms", room, "event", event_id).status in (
        (200,) if status == 200 else (403, 404)
    )
    assert bob.get("rooms", room, "state").status == status


def test_an_invited_user_reads_what_came_after_the_invitation(alice, bob):
    room = make_room(alice, "invited")
    alice.invite(room, bob)
    event_id = alice.send(room, "while invited")
    bob.join(room)
    assert bob.event(room, event_id)["content"]["body"] == "while invited"


def test_a_removed_user_reads_their_own_removal(alice, bob, room):
    since = bob.sync().token
    alice.send(room, "before")
    alice.kick(room, bob)
    alice.send(room, "after")
    answer = bob.sync_until(lambda sync: sync.has_room(room, "leave"), since)
    last = answer.timeline(room, "leave")[-1]
    assert last["type"] == "m.room.member" and last["content"]["membership"] == "leave"
    assert "before" in bodies(answer.timeline(room, "leave"))
