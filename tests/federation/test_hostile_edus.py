"""../shared/adversarial/federation_edu.jsonl: what an evil server sends beside events."""

import pytest

from conformance.client import unique

from . import events
from .stage import Stage, cases

CASES = cases("federation_edu.jsonl")
SILENT = ("ignored", "refused")


@pytest.fixture(scope="module", params=["11"])
def stage(request, target, authority):
    stage = Stage(target, authority, request.param)
    yield stage
    stage.close()


@pytest.mark.parametrize("case", CASES, ids=[c["id"] for c in CASES])
def test_is_treated_as_it_must_be(stage, case):
    since = stage.victim.sync().token
    edus = build(stage, case["edu"])
    body = stage.evil.transaction(edus=edus)
    answer = stage.evil.send_transaction(stage.server.name, body=body, raw=events.written(body))
    assert answer.status_code in case["expect"]["http"], f"{answer.status_code} {answer.text[:300]}"
    # One more EDU, of an honest kind: whatever came before it has been dealt with once it is there.
    marker = unique("marker")
    send_to_device(stage, marker)
    seen = []

    def marked(sync):
        seen.append(sync)
        return any(e["content"].get("marker") == marker for e in sync.to_device())

    stage.victim.sync_until(marked, since)
    if case["expect"]["treatment"] in SILENT:
        assert_silent(stage, seen)
    if case["expect"]["treatment"] == "once":
        messages = [e for sync in seen for e in sync.to_device() if e["type"] == "m.x"]
        assert len(messages) == 1
    stage.federation_is_up()


def build(stage, edu):
    """The EDUs of a case: one, or as many as it repeats."""
    content = edu["content"]
    repeat = content.get("@repeat") if isinstance(content, dict) else None
    if not repeat:
        return [stage.value(edu)]
    evil = stage.evil.user
    if edu["edu_type"] == "m.typing":
        return [
            {"edu_type": "m.typing", "content": {"room_id": f"!{n}:x.test", "user_id": evil("a"), "typing": True}}
            for n in range(repeat)
        ]
    if edu["edu_type"] == "m.receipt":
        read = {evil(f"u{n}"): {"data": {"ts": 1}, "event_ids": ["$x"]} for n in range(repeat)}
        return [{"edu_type": "m.receipt", "content": {stage.room_id: {"m.read": read}}}]
    if edu["edu_type"] == "m.presence":
        push = [{"user_id": evil(f"u{n}"), "presence": "online"} for n in range(repeat)]
        return [{"edu_type": "m.presence", "content": {"push": push}}]
    return [stage.value(edu)] * repeat


def send_to_device(stage, marker):
    content = {
        "sender": stage.evil.user("evil"),
        "type": "com.example.marker",
        "message_id": marker[:32],
        "messages": {stage.victim.user_id: {"*": {"marker": marker}}},
    }
    stage.evil.send_edu(stage.server.name, "m.direct_to_device", content)


def assert_silent(stage, syncs):
    for sync in syncs:
        typing = sync.ephemeral(stage.room_id, "m.typing")
        assert not typing or not typing["content"]["user_ids"], typing
        receipts = sync.ephemeral(stage.room_id, "m.receipt")
        assert not receipts or "$x" not in receipts["content"], receipts
        assert all(e["type"] == "com.example.marker" for e in sync.to_device())
