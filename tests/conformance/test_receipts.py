"""Receipts, read markers, unread threads."""

import pytest

from .client import unique


def receipt(user, room, event_id, kind="m.read", **body):
    return user.post("rooms", room, "receipt", kind, event_id, json=body)


def receipts(sync, room, kind="m.read"):
    """{event: {user: data}} of the receipts of this kind."""
    event = sync.ephemeral(room, "m.receipt")
    content = event["content"] if event else {}
    return {event_id: kinds[kind] for event_id, kinds in content.items() if kind in kinds}


def has_receipt(sync, room, event_id, user, kind="m.read"):
    return user.user_id in receipts(sync, room, kind).get(event_id, {})


def test_a_receipt_is_told_to_the_room(alice, bob, room):
    event_id = alice.send(room, "x")
    since = alice.sync().token
    receipt(bob, room, event_id).ok()
    answer = alice.sync_until(lambda sync: has_receipt(sync, room, event_id, bob), since)
    assert receipts(answer, room)[event_id][bob.user_id]["ts"] > 0
    assert "room_id" not in answer.ephemeral(room, "m.receipt")


def test_a_receipt_is_in_initial_syncs(alice, bob, room):
    event_id = alice.send(room, "x")
    receipt(bob, room, event_id).ok()
    alice.sync_until(lambda sync: has_receipt(sync, room, event_id, bob))


def test_a_later_receipt_takes_the_place_of_an_earlier_one(alice, bob, room):
    first, second = alice.send(room, "1"), alice.send(room, "2")
    receipt(bob, room, first).ok()
    receipt(bob, room, second).ok()
    answer = alice.sync_until(lambda sync: has_receipt(sync, room, second, bob))
    assert not has_receipt(answer, room, first, bob)


def test_a_private_receipt_is_for_ones_own_devices(alice, bob, room):
    event_id = alice.send(room, "x")
    since, other = alice.sync().token, bob.new_device()
    receipt(bob, room, event_id, "m.read.private").ok()
    other.sync_until(lambda sync: has_receipt(sync, room, event_id, bob, "m.read.private"))
    marker = alice.send(room, "y")
    answer = alice.sync_until(lambda sync: sync.event(room, marker), since)
    assert not receipts(answer, room, "m.read.private")
    assert not receipts(alice.sync(), room, "m.read.private")


def test_a_private_receipt_takes_the_count_back(alice, bob, room):
    event_id = alice.send(room, "x")
    receipt(bob, room, event_id, "m.read.private").ok()
    bob.sync_until(lambda sync: sync.room(room)["unread_notifications"]["notification_count"] == 0)


def test_an_unknown_kind_of_receipt_is_refused(alice, room):
    receipt(alice, room, alice.send(room, "x"), "m.unheard_of").refused(400)


def test_those_outside_leave_no_receipt(alice, carol, room):
    event_id, since = alice.send(room, "x"), alice.sync().token
    receipt(carol, room, event_id)
    marker = alice.send(room, "y")
    answer = alice.sync_until(lambda sync: sync.event(room, marker), since)
    assert not has_receipt(answer, room, event_id, carol)


@pytest.mark.parametrize("thread", ["", 5, "not an event"])
def test_a_malformed_thread_is_refused(alice, room, thread):
    receipt(alice, room, alice.send(room, "x"), thread_id=thread).refused(400)


def test_the_fully_read_marker_is_account_data(alice, room):
    event_id = alice.send(room, "x")
    since = alice.sync().token
    receipt(alice, room, event_id, "m.fully_read").ok()
    answer = alice.sync_until(lambda sync: sync.account_data("m.fully_read", room), since)
    assert answer.account_data("m.fully_read", room)["content"] == {"event_id": event_id}


def test_read_markers_set_marker_and_receipts_at_once(alice, bob, room):
    event_id = alice.send(room, "x")
    since = bob.sync().token
    bob.post(
        "rooms",
        room,
        "read_markers",
        json={"m.fully_read": event_id, "m.read": event_id, "m.read.private": event_id},
    ).ok()
    alice.sync_until(lambda sync: has_receipt(sync, room, event_id, bob))
    bob.sync_until(lambda sync: sync.account_data("m.fully_read", room), since)
    marker = ("user", bob.user_id, "rooms", room, "account_data", "m.fully_read")
    assert bob.get(*marker).ok() == {"event_id": event_id}


def test_the_fully_read_marker_can_be_moved(alice, room):
    events = [alice.send(room, unique("x")) for _ in range(2)]
    for event_id in events:
        alice.post("rooms", room, "read_markers", json={"m.fully_read": event_id}).ok()
    path = ("user", alice.user_id, "rooms", room, "account_data", "m.fully_read")
    assert alice.get(*path).ok() == {"event_id": events[1]}


# Unread counts by thread

THREADS = {"room": {"timeline": {"unread_thread_notifications": True}}}


def reply(user, room, root, text, **mentions):
    relation = {"rel_type": "m.thread", "event_id": root}
    content = {"msgtype": "m.text", "body": text, "m.relates_to": relation}
    return user.send(room, content | mentions)


def counts(sync, room):
    """(main timeline, {thread: count}) of unread notifications."""
    part = sync.room(room)
    by_thread = part.get("unread_thread_notifications", {})
    main = part.get("unread_notifications", {}).get("notification_count")
    return main, {root: value["notification_count"] for root, value in by_thread.items()}


@pytest.fixture
def thread(alice, bob, room):
    """The read root of a thread with two unread replies, followed by an unread message."""
    root = alice.send(room, "root")
    receipt(bob, room, root).ok()
    reply(alice, room, root, "one"), reply(alice, room, root, "two")
    alice.send(room, "main")
    return root


def test_without_asking_all_threads_are_counted_together(bob, room, thread):
    bob.sync_until(lambda sync: counts(sync, room) == (3, {}))


def test_threads_are_counted_apart_when_asked_for(bob, room, thread):
    bob.sync_until(lambda sync: counts(sync, room) == (1, {thread: 2}), filter=THREADS)


def test_a_receipt_in_a_thread_counts_for_that_thread(alice, bob, room, thread):
    last = reply(alice, room, thread, "three")
    receipt(bob, room, last, thread_id=thread).ok()
    bob.sync_until(lambda sync: counts(sync, room) == (1, {}), filter=THREADS)


def test_a_receipt_in_the_main_timeline_leaves_the_threads_alone(alice, bob, room, thread):
    last = alice.send(room, "main")
    receipt(bob, room, last, thread_id="main").ok()
    bob.sync_until(lambda sync: counts(sync, room) == (0, {thread: 2}), filter=THREADS)


def test_an_unthreaded_receipt_counts_for_everything(alice, bob, room, thread):
    receipt(bob, room, alice.send(room, "main")).ok()
    bob.sync_until(lambda sync: counts(sync, room) == (0, {}), filter=THREADS)


def test_the_thread_of_a_receipt_is_told(alice, bob, room, thread):
    last = reply(alice, room, thread, "three")
    receipt(bob, room, last, thread_id=thread).ok()
    answer = alice.sync_until(lambda sync: has_receipt(sync, room, last, bob))
    assert receipts(answer, room)[last][bob.user_id]["thread_id"] == thread
