"""S33–S52: presence. Observers ask under the old prefix, which tells all five states."""

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

from conformance.client import until

from . import hidden

OLD = "/_matrix/client/api/v1"
STATES = ("online", "unavailable", "offline", "free_for_chat", "hidden")


def status(reader, user):
    return reader.get(f"{OLD}/presence/{user.user_id}/status").ok()


def presence(reader, user):
    return status(reader, user)["presence"]


def put(user, value, of=None, **fields):
    return user.put("presence", (of or user).user_id, "status", json={"presence": value} | fields)


def idle_for(reader, user):
    """The time of the user's last pro-active event, by the clock of the reader (ms)."""
    return time.time() * 1000 - status(reader, user)["last_active_ago"]


def moves_last_active(user, reader, act):
    """Whether `act` counts as a pro-active event of the user."""
    time_before = until(lambda: idle_for(reader, user))
    until(lambda: status(reader, user)["last_active_ago"], lambda ago: ago > 300)
    act()
    return idle_for(reader, user) - time_before > 150


def s33(world):
    """Every user has a presence, given to those who may see it."""
    alice, bob, _ = world.pair()
    stranger = world.user()
    assert presence(bob, alice) in STATES
    assert stranger.get("presence", alice.user_id, "status").status in (200, 403, 404)


def s34(world):
    """Presence travels as m.presence, outside any room, to those who share a room."""
    alice, bob, _ = world.pair()
    stranger = world.user()
    since, other = bob.sync().token, stranger.sync().token
    put(alice, "online", status_msg="here").ok()
    event = bob.sync_until(lambda sync: sync.presence(alice.user_id), since).presence(alice.user_id)
    assert event["type"] == "m.presence" and event["content"]["presence"] == "online"
    assert not stranger.sync(other).presence(alice.user_id)


def s35(world):
    """The five states are accepted, any other is refused."""
    alice = world.user()
    for value in STATES:
        put(alice, value).ok()
    for value in ("away", "", "ONLINE", None, 1, {}):
        put(alice, value).refused(400)


def s36(world):
    """An open event stream makes a user online, without any call to set it."""
    alice, bob, _ = world.pair()
    alice.sync(alice.sync().token)
    until(lambda: presence(bob, alice), lambda value: value == "online")


def s37(world):
    """A client can say that its user is not reachable now."""
    alice, bob, _ = world.pair()
    alice.sync(set_presence="unavailable")
    put(alice, "unavailable").ok()
    until(lambda: presence(bob, alice), lambda value: value == "unavailable")


def s38(world):
    """A user without an open event stream is offline."""
    alice, bob, _ = world.pair()
    assert presence(alice, bob) == "offline"
    put(alice, "online").ok()
    since = bob.sync_until(lambda sync: sync.presence(alice.user_id)).token
    put(alice, "offline").ok()

    def told(sync):
        event = sync.presence(alice.user_id)
        return event and event["content"]["presence"] == "offline"

    bob.sync_until(told, since)
    assert presence(bob, alice) == "offline"


def s39(world):
    """free_for_chat is accepted, stored and delivered."""
    alice, bob, _ = world.pair()
    alice.sync()
    put(alice, "free_for_chat").ok()
    until(lambda: presence(bob, alice), lambda value: value == "free_for_chat")


def s40(world):
    """To everyone else a hidden user reads as offline, and nothing tells the two apart."""
    start = Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        hides = pool.submit(hidden.record, world, "hidden", True, start)
        leaves = pool.submit(hidden.record, world, "offline", False, start)
        hidden.assert_alike(hides.result(), leaves.result())
    assert any('"presence": "offline"' in text for _, text in hides.result()[0].told)


def s41(world):
    """A hidden user's own clients see the real state, and can do everything."""
    alice, bob, room = world.pair()
    put(alice, "hidden").ok()
    assert presence(alice, alice) == "hidden"
    since = alice.sync().token
    alice.put("rooms", room, "typing", alice.user_id, json={"typing": True, "timeout": 5000}).ok()
    alice.wait_for_event(room, bob.send(room, "hello"), since)
    bob.wait_for_event(room, alice.send(room, "hello"))


def s42(world):
    """hidden persists while the user syncs from any number of devices."""
    alice, bob, _ = world.pair()
    put(alice, "hidden").ok()
    for device in (alice, alice.new_device()):
        device.sync(device.sync().token)
    assert presence(alice, alice) == "hidden"
    assert presence(bob, alice) == "offline"


def s43(world):
    """Only the user sets their own presence."""
    alice, bob, _ = world.pair()
    put(alice, "online", of=bob).refused(403, "M_FORBIDDEN")


def s44(world):
    """The server keeps a time of the last pro-active event."""
    alice, bob, _ = world.pair()
    put(alice, "online").ok()
    assert status(bob, alice)["last_active_ago"] >= 0


def s45(world):
    """Sending a message is pro-active."""
    alice, bob, room = world.pair()
    put(alice, "online").ok()
    assert moves_last_active(alice, bob, lambda: alice.send(room, "x"))


def s46(world):
    """A change to a higher availability is pro-active."""
    alice, bob, _ = world.pair()
    for before, after in (
        ("unavailable", "online"),
        ("offline", "online"),
        ("online", "free_for_chat"),
    ):
        put(alice, before).ok()
        assert moves_last_active(alice, bob, partial(put, alice, after)), (before, after)


def s47(world):
    """A change to a lower availability is not pro-active."""
    alice, bob, _ = world.pair()
    put(alice, "online").ok()
    assert not moves_last_active(alice, bob, lambda: put(alice, "unavailable").ok())


def s48(world):
    """Receiving, syncing in the background and reading are not pro-active."""
    alice, bob, room = world.pair()
    put(alice, "online").ok()

    def read():
        alice.wait_for_event(room, bob.send(room, "x"))
        alice.sync(alice.sync(set_presence="unavailable").token, set_presence="unavailable")
        alice.messages(room)

    assert not moves_last_active(alice, bob, read)


def s49(world):
    """last_active_ago is reckoned when it is told: two fetches n ms apart differ by n."""
    alice, bob, _ = world.pair()
    put(alice, "online").ok()
    start, first = time.time(), status(bob, alice)["last_active_ago"]
    second = until(lambda: status(bob, alice)["last_active_ago"], lambda ago: ago >= first + 300)
    assert abs((second - first) - (time.time() - start) * 1000) < 250


def s51(world):
    """With several devices, the user's presence is the highest of them."""
    alice, bob, _ = world.pair()
    phone = alice.new_device()
    alice.sync(set_presence="online")
    phone.sync(set_presence="unavailable")
    assert presence(bob, alice) == "online"


def s52(world):
    """hidden or offline, set by the user, wins over the devices."""
    alice, bob, _ = world.pair()
    phone = alice.new_device()
    for value in ("hidden", "offline"):
        put(alice, value).ok()
        phone.sync(set_presence="online")
        assert presence(bob, alice) == "offline", value
