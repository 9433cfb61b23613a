"""Delayed events (MSC4140), on the paths of today's clients and on the final ones."""

import time

from .client import unique, until

UNSTABLE = "/_matrix/client/unstable/org.matrix.msc4140/delayed_events"
FINAL = "/_matrix/client/v1/delayed_events"
TYPE = "com.example.test"


def delay_message(user, room, delay, txn=None, **content):
    path = ("rooms", room, "send", TYPE, txn or unique("t"))
    query = {"org.matrix.msc4140.delay": delay}
    return user.put(*path, json=content, query=query, unchecked=True).ok()["delay_id"]


def delay_state(user, room, key, delay, **content):
    path = ("rooms", room, "state", TYPE, key)
    query = {"org.matrix.msc4140.delay": delay}
    return user.put(*path, json=content, query=query, unchecked=True).ok()["delay_id"]


def scheduled(user):
    return user.get(UNSTABLE, unchecked=True).ok()["delayed_events"]


def details(user, delay_id):
    # Looks like an event to the schemas, and is none.
    return user.get(f"{FINAL}/{delay_id}", unchecked=True)


def act(anyone, delay_id, action):
    return anyone.post(f"{FINAL}/{delay_id}/{action}")


def test_features_are_told(alice):
    features = alice.get("/_matrix/client/versions").ok()["unstable_features"]
    assert features["org.matrix.msc4140"] and features["org.matrix.msc4143"]


def test_message_is_sent_when_its_time_has_come(alice):
    room = alice.create_room()
    begin = time.monotonic()
    delay_message(alice, room, 700, n=1)
    assert [e["content"] for e in scheduled(alice)] == [{"n": 1}]
    found = alice.sync_until(
        lambda sync: any(e["type"] == TYPE for e in sync.timeline(room)), alice.sync().token
    )
    assert 0.7 <= time.monotonic() - begin < 5
    assert [e["content"] for e in found.timeline(room) if e["type"] == TYPE] == [{"n": 1}]
    until(lambda: scheduled(alice), lambda events: not events)


def test_state_is_sent_when_its_time_has_come(alice):
    room = alice.create_room()
    delay_state(alice, room, "k", 500, setter="timer")
    alice.get("rooms", room, "state", TYPE, "k").refused(404)
    until(lambda: alice.get("rooms", room, "state", TYPE, "k").status, lambda s: s == 200)
    assert alice.state(room, TYPE, "k") == {"setter": "timer"}


def test_send_cancel_and_restart_need_the_id_alone(alice, anyone):
    room = alice.create_room()
    sent, cancelled, restarted = (delay_message(alice, room, 60_000, n=n) for n in range(3))
    act(anyone, sent, "send").ok()
    act(anyone, sent, "send").ok()
    act(anyone, sent, "cancel").refused(409, "M_UNKNOWN")
    act(anyone, cancelled, "cancel").ok()
    act(anyone, cancelled, "restart").refused(409, "M_UNKNOWN")
    before = scheduled(alice)[0]["running_since"]
    anyone.post(f"{UNSTABLE}/{restarted}", json={"action": "restart"}).ok()
    (left,) = scheduled(alice)
    assert left["delay_id"] == restarted and left["running_since"] >= before
    act(anyone, restarted, "refresh").refused(400)
    act(anyone, "delay_0_nobody", "send").refused(404, "M_NOT_FOUND")
    assert [e["content"]["n"] for e in alice.messages(room)["chunk"] if e["type"] == TYPE] == [0]


def test_final_path_and_list(alice, bob):
    room = alice.create_room()
    body = {"delay": 60_000, "state_key": "k", "content": {"n": 1}}
    txn = unique("t")
    path = ("rooms", room, "delayed_event", TYPE, txn)
    delay_id = alice.put(*path, json=body).ok()["delay_id"]
    assert alice.put(*path, json=body).ok()["delay_id"] == delay_id
    one = details(alice, delay_id).ok()
    assert (one["room_id"], one["type"], one["state_key"], one["delay"]) == (room, TYPE, "k", 60_000)
    details(bob, delay_id).refused(404, "M_NOT_FOUND")
    assert bob.get(FINAL).ok() == {"delayed_events": []}
    act(alice, delay_id, "send").ok()
    (done,) = alice.get(FINAL, query={"status": "finalised"}, unchecked=True).ok()["delayed_events"]
    assert done["event_id"] and done["origin_server_ts"]
    assert scheduled(alice) == []


def test_refusals(alice):
    room = alice.create_room()
    path = ("rooms", room, "delayed_event", TYPE)
    for body in ({"content": {}}, {"delay": 0, "content": {}}, {"delay": "5", "content": {}}, {"delay": 5}):
        alice.put(*path, unique("t"), json=body).refused(400)
    refused = alice.put(*path, unique("t"), json={"delay": 10**10, "content": {}})
    assert refused.refused(400, "M_MAX_DELAY_EXCEEDED")["max_delay"] > 0
    alice.get(FINAL, query={"status": "odd"}).refused(400, "M_INVALID_PARAM")


def test_failure_is_told_to_its_owner(alice, bob):
    room = alice.create_room(preset="public_chat")
    bob.join(room)
    delay_id = delay_message(bob, room, 500)
    alice.kick(room, bob)
    done = until(lambda: details(bob, delay_id).ok(), lambda e: "origin_server_ts" in e)
    assert done["error"]["errcode"] == "M_FORBIDDEN"
