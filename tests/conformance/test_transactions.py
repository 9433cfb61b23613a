"""Sending events: transaction ids, shapes and sizes."""

import threading

import pytest

from .client import Client, ids, unique

TEXT = {"msgtype": "m.text", "body": "x"}


def send(user, room, txn, content=TEXT, type="m.room.message"):
    return user.put("rooms", room, "send", type, txn, json=content)


def test_a_repeated_transaction_gives_the_same_event(alice, public_room):
    first = send(alice, public_room, "t").ok()
    assert send(alice, public_room, "t").ok() == first
    assert ids(alice.messages(public_room)["chunk"]).count(first["event_id"]) == 1


def test_a_repeated_transaction_at_the_same_time_makes_one_event(alice, bob, room):
    answers = []
    txn = unique("t")

    def attempt():
        device = Client(alice.url, alice.token, alice.user_id, alice.device_id)
        answers.append(send(device, room, txn).ok()["event_id"])

    attempts = [threading.Thread(target=attempt) for _ in range(6)]
    for thread in attempts:
        thread.start()
    for thread in attempts:
        thread.join()
    assert len(answers) == 6 and len(set(answers)) == 1
    assert ids(bob.messages(room)["chunk"]).count(answers[0]) == 1


def test_another_transaction_makes_another_event(alice, public_room):
    assert send(alice, public_room, "t1").ok() != send(alice, public_room, "t2").ok()


def test_a_transaction_is_of_its_room_and_type(alice, public_room):
    other = alice.create_room()
    events = [
        send(alice, public_room, "t").ok()["event_id"],
        send(alice, other, "t").ok()["event_id"],
        send(alice, public_room, "t", {}, "com.example.x").ok()["event_id"],
    ]
    assert len(set(events)) == 3


def test_a_transaction_is_of_its_device(alice, public_room):
    other = alice.new_device()
    assert send(alice, public_room, "t").ok() != send(other, public_room, "t").ok()


def test_a_transaction_outlives_a_refreshed_token(anyone, alice, public_room):
    identifier = {"type": "m.id.user", "user": alice.user_id}
    session = anyone.post(
        "login",
        json={
            "type": "m.login.password",
            "identifier": identifier,
            "password": alice.password,
            "refresh_token": True,
        },
    ).ok()
    device = anyone.logged_in(session)
    first = send(device, public_room, "t").ok()
    device.token = anyone.post("refresh", json={"refresh_token": session["refresh_token"]}).ok()[
        "access_token"
    ]
    assert send(device, public_room, "t").ok() == first
    event = device.wait_for_event(public_room, first["event_id"])
    assert event["unsigned"]["transaction_id"] == "t"


def test_an_echo_can_be_told_by_its_transaction_on_a_second_sync(alice, public_room):
    since = alice.sync().token
    event_id = send(alice, public_room, "echo").ok()["event_id"]
    for _ in range(2):
        assert (
            alice.wait_for_event(public_room, event_id, since)["unsigned"]["transaction_id"]
            == "echo"
        )


@pytest.mark.parametrize(
    "raw, errcode",
    [
        (b"{", "M_NOT_JSON"),
        (b'{"a": NaN}', "M_NOT_JSON"),
        (b'{"a": Infinity}', "M_NOT_JSON"),
        (b'{"a": "\xff\xfe"}', "M_NOT_JSON"),
        (b"[]", "M_BAD_JSON"),
        (b'"text"', "M_BAD_JSON"),
    ],
)
def test_malformed_bodies_are_refused(alice, public_room, raw, errcode):
    path = ("rooms", public_room, "send", "com.example.x", unique("t"))
    alice.request("PUT", *path, raw=raw).refused(400, errcode)


@pytest.mark.parametrize("number", ["9007199254740992", "-9007199254740992", "1.5", "1e3"])
def test_numbers_that_canonical_json_can_not_hold_are_refused(alice, public_room, number):
    path = ("rooms", public_room, "send", "com.example.x", unique("t"))
    alice.request("PUT", *path, raw=b'{"n": %s}' % number.encode()).refused(400, "M_BAD_JSON")


@pytest.mark.parametrize("number", [9007199254740991, -9007199254740991, 0])
def test_numbers_that_canonical_json_can_hold_come_back(alice, public_room, number):
    event_id = alice.send(public_room, {"n": number}, "com.example.x")
    assert alice.event(public_room, event_id)["content"] == {"n": number}


@pytest.mark.parametrize(
    "path",
    [
        ("send", "com.example.x", "big"),
        ("state", "com.example.x", "big"),
    ],
)
def test_an_event_is_at_most_64_kib(alice, public_room, path):
    alice.put("rooms", public_room, *path, json={"x": "a" * 70000}).refused(413, "M_TOO_LARGE")
    alice.put("rooms", public_room, *path, json={"x": "a" * 60000}).ok()


def test_the_size_of_an_event_is_measured_in_bytes(alice, public_room):
    path = ("rooms", public_room, "send", "com.example.x", unique("t"))
    alice.request(
        "PUT", *path, raw='{"x": "%s"}'.encode().replace(b"%s", "ü".encode() * 40000)
    ).refused(413, "M_TOO_LARGE")


def test_long_types_and_keys_are_refused(alice, public_room):
    assert send(alice, public_room, "t", {}, "x" * 256).status in (400, 413)
    assert alice.put("rooms", public_room, "state", "com.example.x", "k" * 256).status in (400, 413)


def test_those_outside_do_not_send(bob, public_room):
    send(bob, public_room, "t").refused(403, "M_FORBIDDEN")


def test_nothing_is_sent_to_an_unknown_room(alice):
    assert send(alice, "!nothing-here:hs1", "t").status in (403, 404)


def test_a_membership_event_is_no_message(alice, public_room):
    event_id = send(alice, public_room, "t", {"membership": "leave"}, "m.room.member")
    assert event_id.status in (200, 400, 403)
    assert alice.membership(public_room, alice) == "join"
