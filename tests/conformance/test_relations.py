"""Relations: edits, reactions, references, and threads."""

import pytest

from .client import ids, of_type


def related(event_id, rel_type, **fields):
    return {"m.relates_to": {"rel_type": rel_type, "event_id": event_id} | fields}


def edit(user, room, event_id, text):
    new = {"msgtype": "m.text", "body": text}
    return user.send(
        room,
        {"msgtype": "m.text", "body": "* " + text, "m.new_content": new}
        | related(event_id, "m.replace"),
    )


def react(user, room, event_id, key):
    return user.send(room, related(event_id, "m.annotation", key=key), "m.reaction")


def reply_in_thread(user, room, root, text):
    return user.send(room, {"msgtype": "m.text", "body": text} | related(root, "m.thread"))


def relations(user, room, event_id, *parts, **query):
    return user.get("rooms", room, "relations", event_id, *parts, v="v1", query=query).ok()


def aggregated(user, room, event_id, rel_type):
    return user.event(room, event_id)["unsigned"].get("m.relations", {}).get(rel_type)


def test_relations_are_listed_latest_first(alice, bob, room):
    root = alice.send(room, "root")
    reaction, reply = react(bob, room, root, "+"), reply_in_thread(bob, room, root, "reply")
    assert ids(relations(alice, room, root)["chunk"]) == [reply, reaction]
    assert ids(relations(alice, room, root, dir="f")["chunk"]) == [reaction, reply]


def test_relations_can_be_asked_for_by_kind(alice, bob, room):
    root = alice.send(room, "root")
    reaction, reply = react(bob, room, root, "+"), reply_in_thread(bob, room, root, "reply")
    assert ids(relations(alice, room, root, "m.thread")["chunk"]) == [reply]
    assert ids(relations(alice, room, root, "m.annotation")["chunk"]) == [reaction]
    assert ids(relations(alice, room, root, "m.annotation", "m.reaction")["chunk"]) == [reaction]
    assert relations(alice, room, root, "m.thread", "m.reaction")["chunk"] == []


@pytest.mark.parametrize("dir", ["b", "f"])
def test_relations_come_in_pages(alice, room, dir):
    root = alice.send(room, "root")
    replies = [reply_in_thread(alice, room, root, str(n)) for n in range(7)]
    seen, position = [], {}
    while True:
        page = relations(alice, room, root, dir=dir, limit=3, **position)
        seen += ids(page["chunk"])
        if "next_batch" not in page:
            break
        position = {"from": page["next_batch"]}
    assert seen == (replies if dir == "f" else replies[::-1])


def test_relations_can_be_read_from_a_sync_token(alice, room):
    root = alice.send(room, "root")
    early = reply_in_thread(alice, room, root, "early")
    token = alice.sync().token
    late = reply_in_thread(alice, room, root, "late")
    assert ids(relations(alice, room, root, **{"from": token})["chunk"]) == [early]
    assert ids(relations(alice, room, root, dir="f", **{"from": token})["chunk"]) == [late]


def test_relations_of_relations_can_be_asked_for(alice, room):
    root = alice.send(room, "root")
    reply = reply_in_thread(alice, room, root, "reply")
    reaction = react(alice, room, reply, "+")
    assert ids(relations(alice, room, root)["chunk"]) == [reply]
    assert set(ids(relations(alice, room, root, recurse="true")["chunk"])) == {reply, reaction}


def test_a_redacted_relation_is_not_listed(alice, room):
    root = alice.send(room, "root")
    reply = reply_in_thread(alice, room, root, "reply")
    alice.redact(room, reply)
    assert reply not in ids(relations(alice, room, root, "m.thread")["chunk"])


def test_those_outside_get_no_relations(alice, carol, room):
    root = alice.send(room, "root")
    assert carol.get("rooms", room, "relations", root, v="v1").status in (403, 404)


def test_relations_of_an_unknown_event_are_not_found(alice, room):
    answer = alice.get("rooms", room, "relations", "$nothing-here", v="v1")
    assert answer.status == 404 or answer.ok()["chunk"] == []


def test_an_edit_is_aggregated_into_its_target(alice, bob, room):
    event_id = alice.send(room, "helo")
    edit(alice, room, event_id, "hell")
    last = edit(alice, room, event_id, "hello")
    replacement = aggregated(bob, room, event_id, "m.replace")
    assert replacement["event_id"] == last
    assert replacement["content"]["m.new_content"]["body"] == "hello"
    assert bob.event(room, event_id)["content"]["body"] == "helo"


def test_an_edit_by_somebody_else_does_not_count(alice, bob, room):
    event_id = alice.send(room, "mine")
    edit(bob, room, event_id, "yours")
    assert aggregated(alice, room, event_id, "m.replace") is None


def test_a_redacted_edit_does_not_count(alice, room):
    event_id = alice.send(room, "one")
    first, second = edit(alice, room, event_id, "two"), edit(alice, room, event_id, "three")
    alice.redact(room, second)
    assert aggregated(alice, room, event_id, "m.replace")["event_id"] == first


def test_every_read_path_aggregates(alice, bob, room):
    event_id = alice.send(room, "one")
    edit(alice, room, event_id, "two")
    from_sync = bob.sync(filter={"room": {"timeline": {"limit": 2}}}).event(room, event_id)
    from_history = next(e for e in bob.messages(room)["chunk"] if e["event_id"] == event_id)
    from_context = bob.get("rooms", room, "context", event_id).ok()["event"]
    for event in (from_sync, from_history, from_context):
        assert (
            event["unsigned"]["m.relations"]["m.replace"]["content"]["m.new_content"]["body"]
            == "two"
        )


def test_the_same_reaction_twice_is_refused(alice, bob, room):
    event_id = alice.send(room, "x")
    react(bob, room, event_id, "+")
    react(bob, room, event_id, "-")
    react(alice, room, event_id, "+")
    bob.put(
        "rooms",
        room,
        "send",
        "m.reaction",
        "again",
        json=related(event_id, "m.annotation", key="+"),
    ).refused(400, "M_DUPLICATE_ANNOTATION")


def test_a_withdrawn_reaction_can_be_given_again(alice, room):
    event_id = alice.send(room, "x")
    alice.redact(room, react(alice, room, event_id, "+"))
    react(alice, room, event_id, "+")


def test_references_are_aggregated(alice, room):
    event_id = alice.send(room, "x")
    reference = alice.send(
        room, {"msgtype": "m.text", "body": "y"} | related(event_id, "m.reference")
    )
    assert aggregated(alice, room, event_id, "m.reference")["chunk"] == [{"event_id": reference}]


def test_a_thread_is_summed_up_in_its_root(alice, bob, room):
    root = alice.send(room, "root")
    reply_in_thread(bob, room, root, "one")
    last = reply_in_thread(bob, room, root, "two")
    for user, took_part in ((bob, True), (alice, True)):
        summary = aggregated(user, room, root, "m.thread")
        assert summary["count"] == 2 and summary["latest_event"]["event_id"] == last
        assert summary["current_user_participated"] is took_part


def test_one_who_only_reads_did_not_take_part(alice, bob, carol, public_room):
    for user in (bob, carol):
        user.join(public_room)
    root = alice.send(public_room, "root")
    reply_in_thread(bob, public_room, root, "one")
    assert aggregated(carol, public_room, root, "m.thread")["current_user_participated"] is False


def threads(user, room, **query):
    return user.get("rooms", room, "threads", v="v1", query=query).ok()


def test_threads_are_listed_by_their_latest_reply(alice, bob, room):
    roots = [alice.send(room, f"root {n}") for n in range(3)]
    for root in (*roots, roots[0]):
        reply_in_thread(bob, room, root, "reply")
    alice.send(room, "no thread")
    assert ids(threads(alice, room)["chunk"]) == [roots[0], roots[2], roots[1]]


def test_a_listed_thread_has_its_summary(alice, room):
    root = alice.send(room, "root")
    last = reply_in_thread(alice, room, root, "reply")
    thread = threads(alice, room)["chunk"][0]["unsigned"]["m.relations"]["m.thread"]
    assert thread["count"] == 1 and thread["latest_event"]["event_id"] == last


def test_threads_come_in_pages(alice, room):
    roots = [alice.send(room, f"root {n}") for n in range(5)]
    for root in roots:
        reply_in_thread(alice, room, root, "reply")
    first = threads(alice, room, limit=3)
    second = threads(alice, room, limit=3, **{"from": first["next_batch"]})
    assert ids(first["chunk"] + second["chunk"]) == roots[::-1]
    assert "next_batch" not in second


def test_threads_can_be_limited_to_those_one_took_part_in(alice, bob, room):
    mine, hers, joined = (user.send(room, "root") for user in (bob, alice, alice))
    for root, user in ((mine, alice), (hers, alice), (joined, bob)):
        reply_in_thread(user, room, root, "reply")
    assert ids(threads(bob, room, include="participated")["chunk"]) == [joined, mine]
    assert ids(threads(bob, room, include="all")["chunk"]) == [joined, hers, mine]


def test_a_thread_whose_replies_are_gone_is_none(alice, room):
    root = alice.send(room, "root")
    alice.redact(room, reply_in_thread(alice, room, root, "reply"))
    assert not threads(alice, room)["chunk"]
    assert aggregated(alice, room, root, "m.thread") is None


def test_those_outside_see_no_threads(carol, room):
    carol.get("rooms", room, "threads", v="v1").refused(403, "M_FORBIDDEN")


def test_an_edited_thread_reply_shows_in_the_summary(alice, room):
    root = alice.send(room, "root")
    reply = reply_in_thread(alice, room, root, "helo")
    edit(alice, room, reply, "hello")
    latest = aggregated(alice, room, root, "m.thread")["latest_event"]
    assert latest["event_id"] == reply
    assert (
        of_type([latest["unsigned"]["m.relations"]["m.replace"]], "m.room.message")["content"][
            "m.new_content"
        ]["body"]
        == "hello"
    )
