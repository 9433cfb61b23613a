"""Device keys, one-time keys, fallback keys, and who hears of their changes."""

import pytest

from .client import first
from .keys import claim, device_keys, one_time_keys, query, signed_key, upload, upload_device


def test_uploaded_device_keys_can_be_queried(alice, bob):
    keys = upload_device(alice)
    for reader in (alice, bob):
        found = query(reader, alice)["device_keys"][alice.user_id][alice.device_id]
        for part in ("user_id", "device_id", "algorithms", "keys", "signatures"):
            assert found[part] == keys[part]


def test_the_name_of_a_device_comes_with_its_keys(alice):
    upload_device(alice)
    alice.put("devices", alice.device_id, json={"display_name": "Lamp"}).ok()
    found = query(alice, alice)["device_keys"][alice.user_id][alice.device_id]
    assert found["unsigned"]["device_display_name"] == "Lamp"


def test_only_the_devices_asked_for_are_answered(alice):
    other = alice.new_device()
    upload_device(alice), upload_device(other)
    answer = alice.post(
        "keys", "query", json={"device_keys": {alice.user_id: [other.device_id]}}
    ).ok()
    assert list(answer["device_keys"][alice.user_id]) == [other.device_id]


def test_a_user_without_keys_has_an_empty_answer(alice, bob):
    assert query(alice, bob)["device_keys"][bob.user_id] == {}


@pytest.mark.parametrize("devices", [{}, {"DEVICE": "x"}, "DEVICE", [1]])
def test_a_query_lists_devices_in_an_array_of_names(alice, devices):
    alice.post("keys", "query", json={"device_keys": {alice.user_id: devices}}).refused(
        400, "M_BAD_JSON", "M_INVALID_PARAM"
    )


@pytest.mark.parametrize("field, value", [("user_id", "@somebody:else"), ("device_id", "ANOTHER")])
def test_device_keys_must_be_ones_own(alice, field, value):
    keys = device_keys(alice) | {field: value}
    alice.post("keys", "upload", json={"device_keys": keys}).refused(400)
    assert query(alice, alice)["device_keys"][alice.user_id] == {}


@pytest.mark.parametrize(
    "body",
    [
        {"device_keys": "text"},
        {"device_keys": {"user_id": 1}},
        {"one_time_keys": []},
        {"one_time_keys": {"no-colon": "x"}},
    ],
)
def test_malformed_keys_are_refused(alice, body):
    alice.post("keys", "upload", json=body).refused(400)


def test_one_time_keys_are_counted(alice):
    assert upload(alice, one_time_keys=one_time_keys(alice, 3))["signed_curve25519"] == 3
    assert upload(alice)["signed_curve25519"] == 3
    assert alice.sync()["device_one_time_keys_count"]["signed_curve25519"] == 3


def test_a_one_time_key_is_claimed_once(alice, bob):
    keys = one_time_keys(alice, 2)
    upload(alice, one_time_keys=keys)
    claimed = [claim(bob, alice), claim(bob, alice), claim(bob, alice)]
    assert claimed[2] is None
    assert {**claimed[0], **claimed[1]} == keys


def test_claims_go_in_the_order_of_upload(alice, bob):
    for number in range(4):
        upload(alice, one_time_keys=one_time_keys(alice, 1, first=10 - number))
    names = [first(claim(bob, alice)) for _ in range(4)]
    assert names == [f"signed_curve25519:K{10 - n:05d}" for n in range(4)]


def test_a_claim_lowers_the_count_in_sync(alice, bob):
    upload(alice, one_time_keys=one_time_keys(alice, 2))
    claim(bob, alice)
    assert alice.sync()["device_one_time_keys_count"]["signed_curve25519"] == 1


def test_uploading_the_same_key_again_changes_nothing(alice):
    keys = one_time_keys(alice, 1)
    upload(alice, one_time_keys=keys)
    assert upload(alice, one_time_keys=keys)["signed_curve25519"] == 1


def test_a_key_id_can_not_be_used_for_another_key(alice):
    upload(alice, one_time_keys=one_time_keys(alice, 1))
    alice.post("keys", "upload", json={"one_time_keys": one_time_keys(alice, 1)}).refused(400)


def test_a_fallback_key_serves_when_the_others_are_gone(alice, bob):
    fallback = {"signed_curve25519:FALL": signed_key(alice, fallback=True)}
    upload(alice, fallback_keys=fallback, one_time_keys=one_time_keys(alice, 1))
    assert alice.sync()["device_unused_fallback_key_types"] == ["signed_curve25519"]
    assert "signed_curve25519:FALL" not in claim(bob, alice)
    for _ in range(2):
        assert claim(bob, alice) == fallback
    assert alice.sync()["device_unused_fallback_key_types"] == []


def test_a_new_fallback_key_is_unused_again(alice, bob):
    for name in ("A", "B"):
        upload(alice, fallback_keys={f"signed_curve25519:{name}": signed_key(alice, fallback=True)})
        assert alice.sync()["device_unused_fallback_key_types"] == ["signed_curve25519"]
        assert first(claim(bob, alice)) == f"signed_curve25519:{name}"


def test_keys_go_with_their_device(alice, bob):
    other = alice.new_device()
    upload_device(other)
    upload(other, one_time_keys=one_time_keys(other, 1))
    other.post("logout").ok()
    assert other.device_id not in query(bob, alice)["device_keys"][alice.user_id]
    assert claim(bob, other) is None


def changed(answer, user):
    return user.user_id in answer.changed()


def left(answer, user):
    return user.user_id in answer.get("device_lists", {}).get("left", [])


def test_new_keys_of_a_roommate_are_told(alice, bob, room):
    since = bob.sync().token
    upload_device(alice)
    bob.sync_until(lambda sync: changed(sync, alice), since)


def test_new_keys_of_ones_own_are_told(alice):
    since = alice.sync().token
    upload_device(alice.new_device())
    alice.sync_until(lambda sync: changed(sync, alice), since)


def test_a_logged_out_device_is_told(alice, bob, room):
    other = alice.new_device()
    upload_device(other)
    since = bob.sync().token
    other.post("logout").ok()
    bob.sync_until(lambda sync: changed(sync, alice), since)


def test_new_keys_of_strangers_are_not_told(alice, bob, carol, room):
    since = bob.sync().token
    upload_device(carol)
    upload_device(alice)
    answer = bob.sync_until(lambda sync: changed(sync, alice), since)
    assert not changed(answer, carol)


def test_whoever_joins_is_told_as_changed(alice, bob, public_room):
    upload_device(bob)
    since = alice.sync().token
    bob.join(public_room)
    alice.sync_until(lambda sync: changed(sync, bob), since)


def test_whoever_one_joins_is_told_as_changed(alice, bob, public_room):
    upload_device(alice)
    since = bob.sync().token
    bob.join(public_room)
    bob.sync_until(lambda sync: changed(sync, alice), since)


def test_whoever_leaves_the_last_shared_room_is_told_as_left(alice, bob, room):
    upload_device(alice), upload_device(bob)
    since = alice.sync().token
    bob.leave(room)
    alice.sync_until(lambda sync: left(sync, bob), since)


def test_whoever_one_leaves_is_told_as_left(alice, bob, room):
    upload_device(alice), upload_device(bob)
    since = bob.sync().token
    bob.leave(room)
    bob.sync_until(lambda sync: left(sync, alice), since)


def test_leaving_one_of_two_shared_rooms_changes_nothing(alice, bob, room, public_room):
    bob.join(public_room)
    upload_device(bob)
    since = alice.sync().token
    bob.leave(public_room)
    marker = alice.send(room, "x")
    answer = alice.sync_until(lambda sync: sync.event(room, marker), since)
    assert not left(answer, bob)


def test_a_returned_user_is_told_as_changed(alice, bob, public_room):
    bob.join(public_room)
    upload_device(bob)
    bob.leave(public_room)
    since = alice.sync().token
    bob.join(public_room)
    alice.sync_until(lambda sync: changed(sync, bob), since)


def test_who_was_away_between_two_syncs_is_told_as_changed(alice, bob, public_room):
    bob.join(public_room)
    since = alice.sync().token
    bob.leave(public_room)
    upload_device(bob)
    bob.join(public_room)
    alice.sync_until(lambda sync: changed(sync, bob), since)


def test_changes_between_two_tokens_can_be_asked_for(alice, bob, room):
    start = bob.sync().token
    upload_device(alice)
    end = bob.sync_until(lambda sync: changed(sync, alice), start).token
    answer = bob.get("keys", "changes", query={"from": start, "to": end}).ok()
    assert alice.user_id in answer["changed"]
    answer = bob.get("keys", "changes", query={"from": end, "to": bob.sync(end).token}).ok()
    assert alice.user_id not in answer["changed"]


def test_changes_need_a_token_to_start_from(bob):
    assert bob.get("keys", "changes").status == 400
