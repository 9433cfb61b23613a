"""Searching messages."""

import pytest

from .client import ids, initial, unique


def search(user, term, **criteria):
    body = {"search_categories": {"room_events": {"search_term": term} | criteria}}
    query = {"next_batch": body["search_categories"]["room_events"].pop("next_batch", None)}
    return user.post("search", json=body, query=query).ok()["search_categories"]["room_events"]


def found(answer):
    return [hit["result"]["event_id"] for hit in answer["results"]]


@pytest.fixture
def word():
    return unique("tomato").replace("-", "")


def test_a_message_is_found_by_its_words(alice, bob, room, word):
    event_id = alice.send(room, f"I like {word} soup")
    alice.send(room, "something else")
    answer = search(bob, word)
    assert found(answer) == [event_id] and answer["count"] == 1
    assert answer["results"][0]["result"]["content"]["body"] == f"I like {word} soup"
    assert any(word.startswith(w) or w == word for w in answer["highlights"])


def test_names_and_topics_are_found_when_asked_for(alice, room, word):
    event_id = alice.set_state(room, "m.room.topic", {"topic": f"all about {word}"})
    assert found(search(alice, word, keys=["content.topic"])) == [event_id]
    assert found(search(alice, word, keys=["content.body"])) == []


def test_the_context_comes_when_asked_for(alice, room, word):
    before, hit, after = (alice.send(room, text) for text in ("before", word, "after"))
    context = search(alice, word, event_context={"before_limit": 1, "after_limit": 1})["results"][
        0
    ]["context"]
    assert ids(context["events_before"]) == [before] and ids(context["events_after"]) == [after]
    assert hit not in ids(context["events_before"] + context["events_after"])


def test_results_come_in_pages_latest_first(alice, room, word):
    sent = [alice.send(room, f"{word} {n}") for n in range(12)]
    seen, more = [], {}
    while True:
        page = search(alice, word, order_by="recent", filter={"limit": 5}, **more)
        seen += found(page)
        if not page.get("next_batch"):
            break
        more = {"next_batch": page["next_batch"]}
    assert seen == sent[::-1]


@pytest.mark.parametrize("order", ["rank", "recent"])
def test_redacted_messages_are_not_found(alice, room, word, order):
    gone, stays = alice.send(room, f"{word} gone"), alice.send(room, f"{word} stays")
    alice.redact(room, gone)
    assert found(search(alice, word, order_by=order)) == [stays]


def test_only_ones_own_rooms_are_searched(alice, bob, carol, room, public_room, word):
    alice.send(room, word)
    alice.send(public_room, word)
    assert found(search(carol, word)) == []


def test_the_search_can_be_limited_to_rooms_and_senders(alice, bob, room, public_room, word):
    bob.join(public_room)
    here, there, his = alice.send(room, word), alice.send(public_room, word), bob.send(room, word)
    assert set(found(search(alice, word, filter={"rooms": [room]}))) == {here, his}
    assert set(found(search(alice, word, filter={"senders": [alice.user_id]}))) == {here, there}


def test_results_can_be_grouped_by_room(alice, room, public_room, word):
    here, there = alice.send(room, word), alice.send(public_room, word)
    groups = search(alice, word, groupings={"group_by": [{"key": "room_id"}]})["groups"]["room_id"]
    assert groups[room]["results"] == [here] and groups[public_room]["results"] == [there]


def test_the_state_of_the_rooms_comes_when_asked_for(alice, room, word):
    alice.send(room, word)
    state = search(alice, word, include_state=True)["state"][room]
    assert "m.room.create" in {e["type"] for e in state}


def test_what_was_said_before_an_upgrade_is_found_after(alice, word):
    old = alice.create_room(room_version="10")
    before = alice.send(old, word)
    new = alice.post("rooms", old, "upgrade", json={"new_version": "11"}).ok()["replacement_room"]
    after = alice.send(new, word)
    assert set(found(search(alice, word, filter={"rooms": [new, old]}))) == {before, after}


def test_a_history_that_is_hidden_is_not_found(alice, bob, word):
    visibility = initial("m.room.history_visibility", {"history_visibility": "joined"})
    room = alice.create_room(preset="public_chat", initial_state=[visibility])
    alice.send(room, word)
    bob.join(room)
    seen = alice.send(room, word)
    assert found(search(bob, word)) == [seen]


@pytest.mark.parametrize(
    "body", [{}, {"search_categories": {"room_events": {}}}, {"search_categories": "x"}]
)
def test_a_malformed_search_is_refused(alice, body):
    alice.post("search", json=body).refused(400)
