"""The list of what notified a user."""

import pytest


def listed(user, **query):
    return user.get("notifications", query=query).ok()


def event_ids(answer):
    return [notification["event"]["event_id"] for notification in answer["notifications"]]


def test_the_newest_come_first_in_pages(alice, bob, room):
    sent = [alice.send(room, str(number)) for number in range(5)]
    first = listed(bob, limit=2)
    second = listed(bob, limit=2, **{"from": first["next_token"]})
    third = listed(bob, limit=2, **{"from": second["next_token"]})
    assert event_ids(first) + event_ids(second) + event_ids(third) == sent[::-1]
    assert "next_token" not in third


def test_a_notification_says_why_and_when(alice, bob, room):
    alice.send(room, "hello")
    notification = listed(bob)["notifications"][0]
    assert "notify" in notification["actions"]
    assert notification["ts"] == notification["event"]["origin_server_ts"]
    assert notification["event"]["content"]["body"] == "hello"


def test_what_was_read_is_marked(alice, bob, room):
    sent = [alice.send(room, str(number)) for number in range(3)]
    bob.post("rooms", room, "receipt", "m.read", sent[1], json={}).ok()
    read = {n["event"]["event_id"]: n["read"] for n in listed(bob)["notifications"]}
    assert [read[event_id] for event_id in sent] == [True, True, False]


def test_only_highlights_can_be_asked_for(alice, bob, room):
    alice.send(room, "nothing special")
    mention = {"msgtype": "m.text", "body": "you", "m.mentions": {"user_ids": [bob.user_id]}}
    event_id = alice.send(room, mention)
    assert event_ids(listed(bob, only="highlight")) == [event_id]
    assert len(event_ids(listed(bob))) == 2


def test_ones_own_messages_are_not_listed(alice, bob, room):
    alice.send(room, "hello")
    assert event_ids(listed(alice)) == []


def test_messages_of_all_rooms_are_listed(alice, bob, room, public_room):
    bob.join(public_room)
    sent = [alice.send(room, "one"), alice.send(public_room, "two")]
    assert event_ids(listed(bob)) == sent[::-1]


def test_a_muted_room_is_not_listed(alice, bob, room):
    rule = {"actions": [], "conditions": [{"kind": "event_match", "key": "room_id", "pattern": room}]}
    bob.put("pushrules", "global", "override", room, json=rule).ok()
    alice.send(room, "hello")
    assert event_ids(listed(bob)) == []


@pytest.mark.parametrize("query", [{"from": "nowhere"}, {"limit": "few"}])
def test_a_malformed_request_is_refused(bob, query):
    bob.get("notifications", query=query).refused(400)
