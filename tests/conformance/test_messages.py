"""Reading a room's history: /messages, /event, /context, /timestamp_to_event."""

import pytest

from .client import bodies, ids, of_type

LAZY = '{"lazy_load_members": true}'


@pytest.fixture
def ten(alice, room):
    """The texts of ten messages that are in the room."""
    texts = [f"message {n}" for n in range(10)]
    for text in texts:
        alice.send(room, text)
    return texts


def test_a_sent_message_can_be_fetched(alice, bob, room):
    event_id = alice.send(room, "hello")
    event = bob.event(room, event_id)
    assert event["content"] == {"msgtype": "m.text", "body": "hello"}
    assert (
        event["sender"] == alice.user_id
        and event["room_id"] == room
        and event["event_id"] == event_id
    )


def test_an_unknown_event_is_not_found(alice, room):
    alice.get("rooms", room, "event", "$nothing-here").refused(404, "M_NOT_FOUND")


def test_an_event_of_another_room_is_not_found(alice, room):
    event_id = alice.send(alice.create_room(), "elsewhere")
    alice.get("rooms", room, "event", event_id).refused(404, "M_NOT_FOUND")


def test_history_is_read_backwards_from_the_end(bob, room, ten):
    chunk = bob.messages(room, limit=5)["chunk"]
    assert bodies(chunk) == ten[:4:-1]


def test_history_is_read_forwards_from_the_beginning(bob, room, ten):
    chunk = bob.messages(room, dir="f", limit=50)["chunk"]
    assert chunk[0]["type"] == "m.room.create"
    assert bodies(chunk) == ten


@pytest.mark.parametrize("dir", ["b", "f"])
def test_pages_join_without_gap_or_overlap(bob, room, ten, dir):
    seen, position = [], {}
    while True:
        page = bob.messages(room, dir=dir, limit=3, **position)
        seen += page["chunk"]
        if "end" not in page or not page["chunk"]:
            break
        position = {"from": page["end"]}
    assert bodies(seen) == (ten if dir == "f" else ten[::-1])
    assert len(set(ids(seen))) == len(seen)
    assert seen[0 if dir == "f" else -1]["type"] == "m.room.create"


def test_the_last_page_says_that_it_is_the_last(bob, room, ten):
    position = {}
    for _ in range(50):
        page = bob.messages(room, limit=5, **position)
        if "end" not in page:
            return
        position = {"from": page["end"]}
    raise AssertionError("the beginning was never reached")


def test_a_page_can_be_read_both_ways(bob, room, ten):
    back = bob.messages(room, limit=5)
    forth = bob.messages(room, dir="f", limit=5, **{"from": back["end"]})
    assert ids(forth["chunk"]) == ids(back["chunk"])[::-1]


def test_a_page_ends_where_it_is_told_to(bob, room, ten):
    first = bob.messages(room, limit=3)
    second = bob.messages(room, limit=3, **{"from": first["end"]})
    chunk = bob.messages(room, limit=50, **{"to": second["end"]})["chunk"]
    assert bodies(chunk) == ten[:3:-1]


def test_prev_batch_of_a_sync_leads_to_what_was_before(bob, room, ten):
    timeline = bob.sync(filter={"room": {"timeline": {"limit": 4}}}).room(room)["timeline"]
    before = bob.messages(room, limit=4, **{"from": timeline["prev_batch"]})["chunk"]
    assert bodies(timeline["events"]) == ten[6:]
    assert bodies(before) == ten[5:1:-1]


def test_a_sync_token_can_be_read_on_from(alice, bob, room, ten):
    token = bob.sync().token
    alice.send(room, "later")
    assert bodies(bob.messages(room, dir="f", **{"from": token})["chunk"]) == ["later"]


@pytest.mark.parametrize(
    "filter, expected",
    [
        ('{"types":["m.room.create"]}', {"m.room.create"}),
        ('{"types":["m.room.m*"]}', {"m.room.member", "m.room.message"}),
        ('{"not_types":["m.room.*"]}', set()),
        ('{"contains_url":true}', set()),
        ('{"senders":[]}', set()),
    ],
)
def test_history_can_be_filtered(bob, room, ten, filter, expected):
    assert {e["type"] for e in bob.messages(room, limit=50, filter=filter)["chunk"]} == expected


def test_history_can_be_filtered_by_sender(alice, bob, room, ten):
    chunk = bob.messages(room, limit=50, filter=f'{{"senders":["{bob.user_id}"]}}')["chunk"]
    assert {e["sender"] for e in chunk} == {bob.user_id}
    chunk = bob.messages(room, limit=50, filter=f'{{"not_senders":["{bob.user_id}"]}}')["chunk"]
    assert {e["sender"] for e in chunk} == {alice.user_id}


def test_lazy_loading_gives_the_members_who_speak(alice, bob, carol, public_room):
    for user in (bob, carol):
        user.join(public_room)
    alice.send(public_room, "a")
    bob.send(public_room, "b")
    page = alice.messages(public_room, limit=2, filter=LAZY)
    assert {e["state_key"] for e in page["state"]} == {alice.user_id, bob.user_id}
    assert {e["type"] for e in page["state"]} == {"m.room.member"}


def test_those_outside_read_no_history(carol, room, ten):
    carol.get("rooms", room, "messages", query={"dir": "b"}).refused(403, "M_FORBIDDEN")


def test_an_unknown_room_has_no_history(alice):
    alice.get("rooms", "!nothing-here:hs1", "messages", query={"dir": "b"}).refused(
        403, "M_FORBIDDEN"
    )


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"dir": "x"},
        {"dir": "b", "limit": "many"},
        {"dir": "b", "limit": -1},
        {"dir": "b", "from": "nonsense"},
        {"dir": "b", "filter": "nonsense"},
    ],
)
def test_malformed_questions_are_refused(alice, room, query):
    assert alice.get("rooms", room, "messages", query=query).status == 400


def test_a_page_is_never_larger_than_the_server_likes(alice, room, ten):
    assert bodies(alice.messages(room, limit=1000000)["chunk"]) == ten[::-1]


def context(user, room, event_id, **query):
    return user.get("rooms", room, "context", event_id, query=query).ok()


def test_the_context_surrounds_an_event(bob, room, ten):
    middle = of_type(bob.messages(room, limit=50)["chunk"][5:], "m.room.message")
    around = context(bob, room, middle["event_id"], limit=4)
    position = ten.index(middle["content"]["body"])
    assert around["event"]["event_id"] == middle["event_id"]
    assert bodies(around["events_before"]) == [ten[position - 1], ten[position - 2]]
    assert bodies(around["events_after"]) == [ten[position + 1], ten[position + 2]]


def test_the_tokens_of_a_context_lead_on(bob, room, ten):
    middle = bob.messages(room, limit=50)["chunk"][5]
    around = context(bob, room, middle["event_id"], limit=2)
    before = bob.messages(room, limit=1, **{"from": around["start"]})["chunk"]
    after = bob.messages(room, dir="f", limit=1, **{"from": around["end"]})["chunk"]
    position = ten.index(middle["content"]["body"])
    assert bodies(before) == [ten[position - 2]] and bodies(after) == [ten[position + 2]]


def test_the_state_of_a_context_is_that_of_its_time(alice, bob, room):
    alice.set_state(room, "m.room.topic", {"topic": "then"})
    event_id = alice.send(room, "x")
    alice.set_state(room, "m.room.topic", {"topic": "now"})
    state = context(bob, room, event_id, limit=0)["state"]
    assert of_type(state, "m.room.topic")["content"]["topic"] == "then"


def test_the_context_of_an_unknown_event_is_not_found(alice, room):
    alice.get("rooms", room, "context", "$nothing-here").refused(404, "M_NOT_FOUND")


def test_those_outside_get_no_context(alice, carol, room):
    event_id = alice.send(room, "x")
    assert carol.get("rooms", room, "context", event_id).status in (403, 404)


def at_time(user, room, ts, dir):
    return user.get("rooms", room, "timestamp_to_event", v="v1", query={"ts": ts, "dir": dir})


def test_the_event_at_a_time_can_be_found(alice, room):
    event_id = alice.send(room, "x")
    ts = alice.event(room, event_id)["origin_server_ts"]
    for dir in ("f", "b"):
        found = at_time(alice, room, ts, dir).ok()
        assert found["origin_server_ts"] == ts
    assert (
        at_time(alice, room, 0, "f").ok()["event_id"]
        == alice.messages(room, dir="f", limit=1)["chunk"][0]["event_id"]
    )
    assert at_time(alice, room, ts + 100_000, "b").ok()["event_id"] == event_id


def test_there_is_no_event_after_the_last_or_before_the_first(alice, room):
    at_time(alice, room, 0, "b").refused(404, "M_NOT_FOUND")
    at_time(alice, room, 2**52, "f").refused(404, "M_NOT_FOUND")


def test_those_outside_find_no_event_by_time(carol, room):
    at_time(carol, room, 0, "f").refused(403, "M_FORBIDDEN")
