"""Pushers: where notifications are to go."""

from .client import unique


def pusher(pushkey, **fields):
    return {
        "app_id": "test.app",
        "pushkey": pushkey,
        "kind": "http",
        "app_display_name": "App",
        "device_display_name": "Phone",
        "lang": "en",
        "data": {"url": "https://push.test/_matrix/push/v1/notify"},
    } | fields


def set_pusher(user, pushkey, **fields):
    return user.post("pushers", "set", json=pusher(pushkey, **fields))


def keys_of(user):
    return {p["pushkey"] for p in user.get("pushers").ok()["pushers"]}


def test_a_pusher_is_listed_until_it_is_removed(alice):
    key = unique()
    set_pusher(alice, key).ok()
    assert keys_of(alice) == {key}
    removal = {"app_id": "test.app", "pushkey": key, "kind": None}
    alice.post("pushers", "set", json=removal).ok()
    assert keys_of(alice) == set()


def test_a_pusher_moves_to_another_user_unless_appended(alice, bob):
    key = unique()
    set_pusher(alice, key).ok()
    set_pusher(bob, key, append=True).ok()
    assert keys_of(alice) == keys_of(bob) == {key}
    set_pusher(bob, key).ok()
    assert (keys_of(alice), keys_of(bob)) == (set(), {key})


def test_a_change_of_password_removes_the_pushers_of_other_sessions(alice):
    other = alice.new_device()
    own, others = unique(), unique()
    set_pusher(alice, own).ok()
    set_pusher(other, others).ok()
    alice.with_uia("POST", "account", "password", json={"new_password": "another-5ecret"}).ok()
    assert keys_of(alice) == {own}


def test_a_pusher_needs_a_gateway(alice):
    set_pusher(alice, unique(), data={}).refused(400)
    set_pusher(alice, unique(), data={"url": "http://push.test/other"}).refused(400)
