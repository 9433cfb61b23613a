"""Presence."""

import pytest

from .client import until


def put(user, presence, of=None, **fields):
    return user.put(
        "presence", (of or user).user_id, "status", json={"presence": presence} | fields
    )


def get(reader, user):
    return reader.get("presence", user.user_id, "status").ok()


def is_now(presence, user):
    """A condition of a sync that tells this presence of the user."""

    def told(sync):
        event = sync.presence(user.user_id)
        return event and event["content"]["presence"] == presence

    return told


def test_ones_own_presence_can_be_read(alice):
    assert get(alice, alice)["presence"] in ("online", "offline", "unavailable")


@pytest.mark.parametrize("presence", ["online", "unavailable", "offline"])
def test_presence_can_be_set(alice, bob, room, presence):
    put(alice, presence, status_msg="testing").ok()
    status = until(lambda: get(bob, alice), lambda status: status["presence"] == presence)
    assert status.get("status_msg") == (
        "testing" if presence != "offline" else status.get("status_msg")
    )


@pytest.mark.parametrize("presence", ["unavailable", "online"])
def test_a_change_is_told_to_those_who_share_a_room(alice, bob, room, presence):
    since = bob.sync().token
    put(alice, "online" if presence == "unavailable" else "unavailable").ok()
    put(alice, presence, status_msg="here").ok()
    answer = bob.sync_until(is_now(presence, alice), since)
    assert answer.presence(alice.user_id)["content"]["status_msg"] == "here"


def test_a_sync_makes_online(alice, bob, room):
    since = bob.sync().token
    alice.sync()
    bob.sync_until(is_now("online", alice), since)


def test_a_sync_can_set_another_presence(alice, bob, room):
    since = bob.sync().token
    alice.sync(set_presence="unavailable")
    bob.sync_until(is_now("unavailable", alice), since)


def test_a_sync_can_leave_presence_alone(alice, bob, room):
    put(alice, "unavailable").ok()
    alice.sync(set_presence="offline")
    assert get(bob, alice)["presence"] == "unavailable"


def test_strangers_are_not_told(alice, carol):
    since = carol.sync().token
    put(alice, "online", status_msg="x").ok()
    assert not carol.sync(since, timeout=200).presence(alice.user_id)


def test_whoever_joins_is_told(alice, bob, public_room):
    put(bob, "online", status_msg="new here").ok()
    since = alice.sync().token
    bob.join(public_room)
    bob.sync()
    alice.sync_until(is_now("online", bob), since)


def test_whoever_joins_hears_of_those_there(alice, bob, public_room):
    put(alice, "online", status_msg="was here").ok()
    since = bob.sync().token
    bob.join(public_room)
    bob.sync_until(lambda sync: sync.presence(alice.user_id), since)


def test_an_initial_sync_tells_the_presence_of_others(alice, bob, room):
    put(alice, "online", status_msg="here").ok()
    bob.sync_until(is_now("online", alice))


def test_the_presence_of_another_can_not_be_set(alice, bob):
    put(alice, "online", of=bob).refused(403, "M_FORBIDDEN")


@pytest.mark.parametrize(
    "body", [{}, {"presence": "dancing"}, {"presence": 5}, {"presence": "online", "status_msg": 5}]
)
def test_malformed_presence_is_refused(alice, body):
    alice.put("presence", alice.user_id, "status", json=body).refused(400)


def test_the_presence_of_strangers_is_hidden_or_unknown(alice, carol):
    assert carol.get("presence", alice.user_id, "status").status in (200, 403, 404)
    assert carol.get("presence", "@nobody-has-this-name:hs1", "status").status in (403, 404)
