"""Account data, tags and stored filters."""

import pytest

TYPE = "com.example.settings"


def global_path(user, type=TYPE):
    return "user", user.user_id, "account_data", type


def room_path(user, room, type=TYPE):
    return "user", user.user_id, "rooms", room, "account_data", type


def test_global_account_data_can_be_read_back(alice):
    alice.put(*global_path(alice), json={"colour": "red"}).ok()
    assert alice.get(*global_path(alice)).ok() == {"colour": "red"}


def test_room_account_data_can_be_read_back(alice, public_room):
    alice.put(*room_path(alice, public_room), json={"colour": "red"}).ok()
    assert alice.get(*room_path(alice, public_room)).ok() == {"colour": "red"}


def test_global_and_room_account_data_are_apart(alice, public_room):
    alice.put(*global_path(alice), json={"where": "everywhere"}).ok()
    alice.get(*room_path(alice, public_room)).refused(404, "M_NOT_FOUND")


def test_account_data_that_was_never_set_is_not_found(alice, public_room):
    alice.get(*global_path(alice)).refused(404, "M_NOT_FOUND")
    alice.get(*room_path(alice, public_room)).refused(404, "M_NOT_FOUND")


def test_account_data_of_another_user_is_out_of_reach(alice, bob):
    alice.put(*global_path(bob), json={}).refused(403, "M_FORBIDDEN")
    alice.get(*global_path(bob)).refused(403, "M_FORBIDDEN")


def test_new_account_data_wakes_a_sync(alice, public_room):
    since = alice.sync().token
    alice.put(*global_path(alice), json={"n": 1}).ok()
    answer = alice.sync_until(lambda sync: sync.account_data(TYPE), since)
    assert answer.account_data(TYPE)["content"] == {"n": 1}
    alice.put(*room_path(alice, public_room), json={"n": 2}).ok()
    answer = alice.sync_until(lambda sync: sync.account_data(TYPE, public_room), answer.token)
    assert answer.account_data(TYPE, public_room)["content"] == {"n": 2}
    assert not answer.account_data(TYPE)


def test_an_initial_sync_has_all_account_data(alice, public_room):
    alice.put(*global_path(alice), json={"n": 1}).ok()
    alice.put(*room_path(alice, public_room), json={"n": 2}).ok()
    answer = alice.sync()
    assert answer.account_data(TYPE)["content"] == {"n": 1}
    assert answer.account_data(TYPE, public_room)["content"] == {"n": 2}


@pytest.mark.parametrize("type", ["m.fully_read", "m.push_rules"])
def test_types_that_the_server_manages_can_not_be_set(alice, public_room, type):
    alice.put(*global_path(alice, type), json={}).refused(405, "M_BAD_JSON")
    if type == "m.fully_read":
        alice.put(*room_path(alice, public_room, type), json={}).refused(405, "M_BAD_JSON")


@pytest.mark.parametrize("raw", [b"[]", b'"x"', b"1"])
def test_account_data_is_an_object(alice, raw):
    alice.request("PUT", *global_path(alice), raw=raw).refused(400, "M_BAD_JSON")


def tags_path(user, room):
    return "user", user.user_id, "rooms", room, "tags"


def test_a_room_can_be_tagged(alice, public_room):
    alice.put(*tags_path(alice, public_room), "m.favourite", json={"order": 0.25}).ok()
    assert alice.get(*tags_path(alice, public_room)).ok()["tags"] == {
        "m.favourite": {"order": 0.25}
    }


def test_a_tag_can_be_removed(alice, public_room):
    alice.put(*tags_path(alice, public_room), "u.work", json={}).ok()
    alice.delete(*tags_path(alice, public_room), "u.work").ok()
    assert alice.get(*tags_path(alice, public_room)).ok()["tags"] == {}


def test_tags_reach_an_initial_and_an_incremental_sync(alice, public_room):
    since = alice.sync().token
    alice.put(*tags_path(alice, public_room), "u.work", json={"order": 0.5}).ok()
    news = alice.sync_until(lambda sync: sync.account_data("m.tag", public_room), since)
    for answer in (news, alice.sync()):
        assert answer.account_data("m.tag", public_room)["content"] == {
            "tags": {"u.work": {"order": 0.5}}
        }


def test_removing_the_last_tag_wakes_a_sync(alice, public_room):
    alice.put(*tags_path(alice, public_room), "u.work", json={}).ok()
    since = alice.sync().token
    alice.delete(*tags_path(alice, public_room), "u.work").ok()
    answer = alice.sync_until(lambda sync: sync.account_data("m.tag", public_room), since)
    assert answer.account_data("m.tag", public_room)["content"] == {"tags": {}}


def test_tags_of_another_user_are_out_of_reach(alice, bob, public_room):
    alice.get(*tags_path(bob, public_room)).refused(403, "M_FORBIDDEN")
    alice.put(*tags_path(bob, public_room), "u.work", json={}).refused(403, "M_FORBIDDEN")


def filter_path(user):
    return "user", user.user_id, "filter"


def test_a_stored_filter_can_be_read_back(alice):
    wanted = {
        "room": {"timeline": {"limit": 10, "types": ["m.room.message"]}},
        "event_format": "client",
    }
    number = alice.post(*filter_path(alice), json=wanted).ok()["filter_id"]
    assert not number.startswith("{")
    assert alice.get(*filter_path(alice), number).ok() == wanted


def test_an_unknown_filter_is_not_found(alice):
    alice.get(*filter_path(alice), "99999").refused(404, "M_NOT_FOUND")


def test_a_filter_of_another_user_is_out_of_reach(alice, bob):
    alice.post(*filter_path(bob), json={}).refused(403, "M_FORBIDDEN")
    number = bob.post(*filter_path(bob), json={}).ok()["filter_id"]
    assert alice.get(*filter_path(bob), number).status in (403, 404)


@pytest.mark.parametrize(
    "wrong",
    [
        {"presence": "not an object"},
        {"room": {"timeline": "not an object"}},
        {"room": {"state": 5}},
        {"room": {"timeline": {"rooms": ["not a room id"]}}},
        {"room": {"timeline": {"senders": ["not a user id"]}}},
        {"room": {"rooms": "not a list"}},
        {"event_fields": 3},
    ],
)
def test_a_malformed_filter_is_refused(alice, wrong):
    alice.post(*filter_path(alice), json=wrong).refused(
        400, "M_BAD_JSON", "M_INVALID_PARAM", "M_UNKNOWN"
    )
