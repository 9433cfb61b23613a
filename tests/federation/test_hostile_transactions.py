"""../shared/adversarial/federation_txn.jsonl: transactions that are too large, malformed, repeated or out of order."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from conformance.client import unique, until

from .stage import Stage, cases

CASES = {case["id"]: case for case in cases("federation_txn.jsonl")}


@pytest.fixture(scope="module", params=["11"])
def stage(request, target, authority):
    stage = Stage(target, authority, request.param)
    yield stage
    stage.close()


def messages(stage, count):
    """Messages of the evil user, each on top of the one before."""
    made = []
    for _ in range(count):
        made.append(stage.room.build(stage.users["evil"], "m.room.message", {"body": unique("txn")}))
        stage.room.add(made[-1])
    return made


def put(stage, body=None, txn=None, raw=None, pdus=(), edus=()):
    return stage.evil.send_transaction(stage.server.name, pdus, edus, txn=txn, body=body, raw=raw)


def arrived(stage, pdus):
    """How often each is in the room, once all are."""
    ids = [stage.room.id_of(pdu) for pdu in pdus]

    def count():
        chunk = stage.creator.messages(stage.room_id, limit=200)["chunk"]
        return [sum(e["event_id"] == i for e in chunk) for i in ids]

    return until(count, lambda counts: all(counts))


def expect(case_id, answer):
    assert answer.status_code in CASES[case_id]["expect"]["http"], f"{answer.status_code} {answer.text[:300]}"


@pytest.mark.parametrize("case_id", [i for i, c in CASES.items() if isinstance(c["body"], dict)])
def test_a_malformed_body(stage, case_id):
    expect(case_id, put(stage, body=stage.value(CASES[case_id]["body"])))
    stage.federation_is_up()


def test_too_many_pdus(stage):
    expect("fedtxn-51-pdus", put(stage, pdus=[{"type": "m.x"}] * 51))


def test_too_many_edus(stage):
    expect("fedtxn-101-edus", put(stage, edus=[{"edu_type": "m.x", "content": {}}] * 101))


def test_as_many_as_there_may_be(stage):
    pdus = messages(stage, 50)
    expect("fedtxn-50-100", put(stage, pdus=pdus, edus=[{"edu_type": "m.x", "content": {}}] * 100))
    assert arrived(stage, pdus) == [1] * 50


def test_a_replay_is_answered_alike_and_done_once(stage):
    pdus, txn = messages(stage, 2), unique("replay")
    answers = [put(stage, pdus=pdus, txn=txn) for _ in range(2)]
    for answer in answers:
        expect("fedtxn-replay", answer)
    assert answers[0].json() == answers[1].json()
    assert arrived(stage, pdus) == [1, 1]


def test_another_body_under_the_same_id(stage):
    txn = unique("changed")
    first, second = messages(stage, 1), messages(stage, 1)
    expect("fedtxn-replay-changed", put(stage, pdus=first, txn=txn))
    expect("fedtxn-replay-changed", put(stage, pdus=second, txn=txn))
    assert arrived(stage, first) == [1]
    put(stage, pdus=second)
    assert arrived(stage, second) == [1]


def test_the_same_from_many_connections_at_once(stage):
    pdus, txn = messages(stage, 3), unique("parallel")
    with ThreadPoolExecutor(8) as pool:
        for answer in pool.map(lambda _: put(stage, pdus=pdus, txn=txn), range(8)):
            expect("fedtxn-parallel", answer)
    assert arrived(stage, pdus) == [1] * 3


def test_one_bad_among_good_ones(stage):
    pdus = messages(stage, 49)
    expect("fedtxn-one-bad-of-50", put(stage, pdus=[*pdus[:20], {"type": 5}, *pdus[20:]]))
    assert arrived(stage, pdus) == [1] * 49


def test_the_same_event_twice(stage):
    pdus = messages(stage, 1)
    expect("fedtxn-dup-pdu", put(stage, pdus=pdus * 2))
    assert arrived(stage, pdus) == [1]


def test_a_room_that_nobody_here_is_in(stage):
    from .room import Room

    room = Room.create(stage.evil, "11", stage.users["evil"])
    pdu = room.build(stage.users["evil"], "m.room.message", {"body": "x"})
    answer = put(stage, pdus=[pdu])
    expect("fedtxn-unknown-room", answer)
    # Who doesn't know the room's version can't know the event's id, by which an error would be answered.
    assert all(result.get("error") for result in answer.json()["pdus"].values()), answer.text
    assert stage.creator.get("rooms", room.id, "event", room.id_of(pdu)).status in (403, 404)


def test_an_enormous_body(stage):
    raw = json.dumps(stage.evil.transaction())[:-1].encode() + b',"x":"' + b"x" * 200_000_000 + b'"}'
    try:
        expect("fedtxn-huge", put(stage, body={}, raw=raw))
    except OSError:
        pass  # The connection was closed before all of it was sent.
    stage.federation_is_up()


def test_children_before_their_parents(stage):
    pdus = messages(stage, 5)
    expect("fedtxn-reorder", put(stage, pdus=pdus[::-1]))
    assert arrived(stage, pdus) == [1] * 5
