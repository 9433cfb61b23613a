"""The endpoints of before /sync, reporting, and others that stand alone."""

import pytest

from .client import bodies, of_type


def test_initial_sync_gives_the_rooms(alice, bob, room):
    alice.send(room, "hello")
    answer = bob.get("initialSync", query={"limit": 5}).ok()
    listed = next(r for r in answer["rooms"] if r["room_id"] == room)
    assert listed["membership"] == "join" and "hello" in bodies(listed["messages"]["chunk"])
    assert of_type(listed["state"], "m.room.create")
    assert answer["end"]


def test_events_wait_for_news(alice, bob, room):
    start = bob.get("initialSync", query={"limit": 1}).ok()["end"]
    event_id = alice.send(room, "hello")
    answer = bob.get("events", query={"from": start, "timeout": 10000}, unchecked=True).ok()
    assert event_id in [e.get("event_id") for e in answer["chunk"]]
    assert answer["start"] and answer["end"]


def test_the_initial_sync_of_one_room(alice, bob, room):
    alice.send(room, "hello")
    answer = bob.get("rooms", room, "initialSync", query={"limit": 5}).ok()
    assert answer["room_id"] == room and answer["membership"] == "join"
    assert bodies(answer["messages"]["chunk"])[-1] == "hello"
    assert of_type(answer["state"], "m.room.create")


def test_those_outside_get_no_initial_sync_of_a_room(carol, room):
    carol.get("rooms", room, "initialSync").refused(403, "M_FORBIDDEN")


def test_an_event_can_be_reported(alice, bob, room):
    event_id = alice.send(room, "spam")
    bob.post("rooms", room, "report", event_id, json={"reason": "spam", "score": -100}).ok()
    bob.post("rooms", room, "report", event_id, json={}).ok()


def test_an_unknown_event_can_not_be_reported(alice, carol, room):
    assert alice.post("rooms", room, "report", "$nothing-here", json={"reason": "x"}).status == 404
    event_id = alice.send(room, "x")
    assert carol.post("rooms", room, "report", event_id, json={"reason": "x"}).status in (403, 404)


@pytest.mark.parametrize("body", [{"reason": 5}, {"score": "bad"}])
def test_a_malformed_report_is_refused(alice, room, body):
    alice.post("rooms", room, "report", alice.send(room, "x"), json=body).refused(400)


def test_a_room_can_be_reported(alice, bob, room):
    bob.post("rooms", room, "report", json={"reason": "spam"}).ok()


def test_an_unknown_room_can_not_be_reported_or_is_not_told(alice):
    assert alice.post("rooms", "!nothing-here:hs1", "report", json={"reason": "x"}).status in (
        200,
        404,
    )


def test_a_user_can_be_reported(alice, bob):
    alice.post("users", bob.user_id, "report", json={"reason": "spam"}).ok()


def test_notifications_are_listed(alice, bob, room):
    event_id = alice.send(room, "hello")
    answer = bob.get("notifications").ok()
    assert event_id in [n["event"]["event_id"] for n in answer["notifications"]]
    assert (
        answer["notifications"][0]["room_id"] == room
        and answer["notifications"][0]["read"] is False
    )


def test_there_are_no_third_party_protocols(alice):
    assert alice.get("thirdparty", "protocols").ok() == {}


def test_turn_credentials_come_or_nothing(alice):
    answer = alice.get("voip", "turnServer", unchecked=True).ok()
    assert answer == {} or answer["uris"]


def test_an_account_starts_without_pushers(alice):
    assert alice.get("pushers").ok() == {"pushers": []}
