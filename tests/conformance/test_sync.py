"""GET /sync: initial and incremental, limits, waiting, membership changes."""

import threading
import time

import pytest

from .client import bodies, ids, is_member, of_type


def limit(number, **timeline):
    return {"room": {"timeline": {"limit": number} | timeline}}


def test_a_joined_room_is_in_an_initial_sync(alice, public_room):
    event_id = alice.send(public_room, "x")
    answer = alice.sync()
    assert ids(answer.timeline(public_room))[-1] == event_id
    events = answer.state(public_room) + answer.timeline(public_room)
    assert of_type(events, "m.room.create") and of_type(events, "m.room.member", alice.user_id)


def test_state_and_timeline_do_not_overlap(alice, public_room):
    alice.set_state(public_room, "m.room.topic", {"topic": "x"})
    answer = alice.sync(filter=limit(3))
    assert not set(ids(answer.state(public_room))) & set(ids(answer.timeline(public_room)))
    assert len(answer.timeline(public_room)) == 3


def test_events_of_a_sync_leave_out_the_room(alice, public_room):
    answer = alice.sync()
    assert all("room_id" not in e for e in answer.timeline(public_room) + answer.state(public_room))


def test_without_news_an_incremental_sync_is_empty(alice, public_room):
    answer = alice.sync(alice.sync().token)
    assert not answer.get("rooms", {}).get("join")


def test_news_come_in_order_and_once(alice, bob, room):
    since = bob.sync().token
    sent = [alice.send(room, str(n)) for n in range(5)]
    answer = bob.sync_until(lambda sync: sync.event(room, sent[-1]), since)
    assert ids(answer.timeline(room)) == sent
    assert not bob.sync(answer.token).timeline(room)


def test_the_same_token_gives_the_same_news(alice, bob, room):
    since = bob.sync().token
    event_id = alice.send(room, "x")
    for _ in range(2):
        assert ids(bob.sync(since).timeline(room)) == [event_id]


def test_only_rooms_with_news_are_told(alice, bob, room, public_room):
    bob.join(public_room)
    since = bob.sync().token
    event_id = alice.send(room, "x")
    answer = bob.sync_until(lambda sync: sync.event(room, event_id), since)
    assert not answer.has_room(public_room)


def test_a_waiting_sync_returns_when_something_happens(alice, bob, room):
    since = bob.sync().token
    answers = []
    # Presence is news too, and would end the wait before the message does.
    without_presence = {"presence": {"types": []}}
    waiter = threading.Thread(
        target=lambda: answers.append(bob.sync(since, timeout=20000, filter=without_presence))
    )
    started = time.monotonic()
    waiter.start()
    event_id = alice.send(room, "x")
    waiter.join(15)
    assert answers and time.monotonic() - started < 10
    assert answers[0].event(room, event_id)


def test_a_waiting_sync_returns_when_its_time_is_over(alice):
    without_presence = {"presence": {"types": []}}
    since = alice.sync().token
    since = alice.sync(since, timeout=300).token
    started = time.monotonic()
    alice.sync(since, timeout=700, filter=without_presence)
    assert 0.5 < time.monotonic() - started < 10


def test_ones_own_message_comes_with_its_transaction_id(alice, bob, room):
    event_id = alice.send(room, "x", txn="my-transaction")
    event = alice.wait_for_event(room, event_id)
    assert event["unsigned"]["transaction_id"] == "my-transaction"
    assert "transaction_id" not in bob.wait_for_event(room, event_id)["unsigned"]


def test_a_transaction_id_is_told_to_the_sending_device_only(alice, public_room):
    other = alice.new_device()
    event_id = alice.send(public_room, "x", txn="my-transaction")
    assert "transaction_id" not in other.wait_for_event(public_room, event_id)["unsigned"]


def test_a_gap_is_told_with_a_way_back(alice, bob, room):
    since = bob.sync().token
    for number in range(12):
        last = alice.send(room, str(number))
    answer = bob.sync_until(lambda sync: sync.event(room, last), since, filter=limit(5))
    timeline = answer.room(room)["timeline"]
    assert timeline["limited"] is True and bodies(timeline["events"]) == ["7", "8", "9", "10", "11"]
    before = bob.messages(room, limit=7, **{"from": timeline["prev_batch"]})["chunk"]
    assert bodies(before) == ["6", "5", "4", "3", "2", "1", "0"]


def test_a_gap_brings_the_state_that_changed_in_it(alice, bob, room):
    alice.set_state(room, "com.example.before", {})
    since = bob.sync().token
    changed = alice.set_state(room, "m.room.topic", {"topic": "in the gap"})
    for number in range(6):
        last = alice.send(room, str(number))
    answer = bob.sync_until(lambda sync: sync.event(room, last), since, filter=limit(2))
    assert ids(answer.state(room)) == [changed]


def test_without_a_gap_the_timeline_is_not_limited(alice, bob, room):
    since = bob.sync().token
    last = alice.send(room, "x")
    answer = bob.sync_until(lambda sync: sync.event(room, last), since)
    assert not answer.room(room)["timeline"].get("limited")
    assert answer.state(room) == []


def test_full_state_brings_every_room_whole(alice, bob, room):
    since = bob.sync().token
    answer = bob.sync(since, full_state="true")
    state = answer.state(room) + answer.timeline(room)
    assert {"m.room.create", "m.room.power_levels", "m.room.join_rules"} <= {
        e["type"] for e in state
    }
    assert of_type(state, "m.room.member", alice.user_id) and of_type(
        state, "m.room.member", bob.user_id
    )


def test_full_state_does_not_wait(alice, public_room):
    since = alice.sync().token
    started = time.monotonic()
    alice.sync(since, full_state="true", timeout=20000)
    assert time.monotonic() - started < 10


def test_a_newly_joined_room_comes_whole(alice, bob, public_room):
    alice.send(public_room, "before")
    since = bob.sync().token
    bob.join(public_room)
    answer = bob.sync_until(lambda sync: sync.has_room(public_room), since)
    events = answer.state(public_room) + answer.timeline(public_room)
    assert of_type(events, "m.room.create") and of_type(events, "m.room.member", alice.user_id)
    assert is_member(answer.timeline(public_room)[-1], bob)
    assert "before" in bodies(answer.timeline(public_room))


def test_a_newly_joined_room_with_a_small_limit_has_its_state(alice, bob, public_room):
    alice.set_state(public_room, "m.room.name", {"name": "A name"})
    since = bob.sync().token
    bob.join(public_room)
    answer = bob.sync_until(lambda sync: sync.has_room(public_room), since, filter=limit(1))
    assert len(answer.timeline(public_room)) == 1
    assert of_type(answer.state(public_room), "m.room.name")["content"]["name"] == "A name"


def test_joining_leaving_and_joining_between_two_syncs_tells_the_room_as_joined(
    alice, bob, public_room
):
    since = bob.sync().token
    bob.join(public_room)
    bob.leave(public_room)
    bob.join(public_room)
    answer = bob.sync_until(lambda sync: sync.has_room(public_room), since)
    assert of_type(answer.state(public_room) + answer.timeline(public_room), "m.room.create")
    assert not answer.has_room(public_room, "leave")


def test_a_rejected_invitation_can_be_followed_by_another(alice, bob):
    room = alice.create_room(preset="private_chat", invite=[bob.user_id])
    since = bob.sync_until(lambda sync: sync.has_room(room, "invite")).token
    bob.leave(room)
    since = bob.sync_until(lambda sync: sync.has_room(room, "leave"), since).token
    alice.invite(room, bob)
    since = bob.sync_until(lambda sync: sync.has_room(room, "invite"), since).token
    bob.join(room)
    bob.sync_until(lambda sync: sync.has_room(room), since)


def test_a_redacted_event_at_the_token_does_not_matter(alice, bob, room):
    event_id = alice.send(room, "x")
    since = bob.sync_until(lambda sync: sync.event(room, event_id)).token
    redaction = alice.redact(room, event_id)
    bob.wait_for_event(room, redaction, since)


@pytest.mark.parametrize(
    "query",
    [
        {"since": "nonsense"},
        {"timeout": "soon"},
        {"filter": "{broken"},
        {"set_presence": "dancing"},
        {"full_state": "maybe"},
        {"filter": "99999"},
    ],
)
def test_a_malformed_sync_is_refused(alice, query):
    assert alice.get("sync", query={"timeout": 0} | query).status in (400, 404)


def test_syncing_needs_a_login(anyone):
    anyone.get("sync").refused(401, "M_MISSING_TOKEN")


def test_a_token_is_good_on_every_device_of_the_user(alice, bob, room):
    since = bob.sync().token
    event_id = alice.send(room, "x")
    bob.new_device().wait_for_event(room, event_id, since)


def test_every_reader_sees_the_same_order(alice, bob, carol, public_room):
    users = (alice, bob, carol)
    for user in users[1:]:
        user.join(public_room)
    tokens = [user.sync().token for user in users]
    senders = [
        threading.Thread(target=lambda u=u: [u.send(public_room, str(n)) for n in range(8)])
        for u in users
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    last = alice.send(public_room, "last")
    orders = []
    for user, since in zip(users, tokens):
        answer = user.sync_until(
            lambda sync: sync.event(public_room, last), since, filter=limit(100)
        )
        orders.append(ids(answer.timeline(public_room)))
    assert orders[0] == orders[1] == orders[2] and len(orders[0]) == 25
    assert orders[0][::-1] == ids(alice.messages(public_room, limit=25)["chunk"])
