"""Backup of room keys on the server."""

import pytest

from .keys import random_key

ALGORITHM = "m.megolm_backup.v1.curve25519-aes-sha2"
ROOM, SESSION = "!room:hs1", "session"


def auth_data():
    return {"public_key": random_key(), "signatures": {}}


def session_data(first_message_index=0, forwarded_count=0, is_verified=False):
    return {
        "first_message_index": first_message_index,
        "forwarded_count": forwarded_count,
        "is_verified": is_verified,
        "session_data": {
            "ciphertext": random_key(),
            "ephemeral": random_key(),
            "mac": random_key()[:11],
        },
    }


def make_backup(user):
    return user.post(
        "room_keys", "version", json={"algorithm": ALGORITHM, "auth_data": auth_data()}
    ).ok()["version"]


def put_key(user, version, data, session=SESSION):
    return user.put("room_keys", "keys", ROOM, session, query={"version": version}, json=data)


def get_key(user, version, session=SESSION):
    return user.get("room_keys", "keys", ROOM, session, query={"version": version})


@pytest.fixture
def backup(alice):
    return make_backup(alice)


def test_a_user_starts_without_a_backup(alice):
    alice.get("room_keys", "version").refused(404, "M_NOT_FOUND")


def test_a_new_backup_is_the_current_one(alice):
    make_backup(alice)
    second = make_backup(alice)
    current = alice.get("room_keys", "version").ok()
    assert (
        current["version"] == second and current["algorithm"] == ALGORITHM and current["count"] == 0
    )


def test_an_older_backup_can_still_be_read(alice, backup):
    make_backup(alice)
    assert alice.get("room_keys", "version", backup).ok()["version"] == backup


def test_the_auth_data_can_be_changed_but_not_the_algorithm(alice, backup):
    new = {"algorithm": ALGORITHM, "auth_data": auth_data()}
    alice.put("room_keys", "version", backup, json=new | {"version": backup}).ok()
    assert alice.get("room_keys", "version").ok()["auth_data"] == new["auth_data"]
    alice.put("room_keys", "version", backup, json=new | {"algorithm": "other"}).refused(
        400, "M_INVALID_PARAM"
    )


def test_the_version_in_the_body_must_be_that_of_the_path(alice, backup):
    body = {"algorithm": ALGORITHM, "auth_data": auth_data(), "version": "other"}
    alice.put("room_keys", "version", backup, json=body).refused(400, "M_INVALID_PARAM")


def test_a_deleted_backup_is_gone(alice, backup):
    alice.delete("room_keys", "version", backup).ok()
    alice.get("room_keys", "version", backup).refused(404, "M_NOT_FOUND")
    alice.get("room_keys", "version").refused(404, "M_NOT_FOUND")


def test_a_key_can_be_stored_and_read(alice, backup):
    data = session_data()
    answer = put_key(alice, backup, data).ok()
    assert answer["count"] == 1
    assert get_key(alice, backup).ok() == data


def test_the_etag_changes_with_the_keys(alice, backup):
    one = put_key(alice, backup, session_data()).ok()["etag"]
    two = put_key(alice, backup, session_data(), session="other").ok()["etag"]
    assert one != two
    assert alice.get("room_keys", "version").ok()["etag"] == two


def test_keys_can_be_stored_and_read_by_room_and_all_at_once(alice, backup):
    version = {"version": backup}
    by_room = {"sessions": {"a": session_data(), "b": session_data()}}
    alice.put("room_keys", "keys", ROOM, query=version, json=by_room).ok()
    assert alice.get("room_keys", "keys", ROOM, query=version).ok() == by_room
    everything = {"rooms": {"!other:hs1": {"sessions": {"c": session_data()}}}}
    answer = alice.put("room_keys", "keys", query=version, json=everything).ok()
    assert answer["count"] == 3
    assert alice.get("room_keys", "keys", query=version).ok() == {
        "rooms": {ROOM: by_room} | everything["rooms"]
    }


def test_keys_can_be_deleted_by_session_by_room_and_all_at_once(alice, backup):
    version = {"version": backup}
    for session in ("a", "b", "c"):
        put_key(alice, backup, session_data(), session).ok()
    assert alice.delete("room_keys", "keys", ROOM, "a", query=version).ok()["count"] == 2
    assert alice.delete("room_keys", "keys", ROOM, query=version).ok()["count"] == 0
    put_key(alice, backup, session_data()).ok()
    assert alice.delete("room_keys", "keys", query=version).ok()["count"] == 0


def test_an_unknown_key_is_not_found(alice, backup):
    get_key(alice, backup).refused(404, "M_NOT_FOUND")


def test_an_unknown_room_reads_as_empty(alice, backup):
    assert alice.get("room_keys", "keys", ROOM, query={"version": backup}).ok() == {"sessions": {}}


def test_an_unknown_backup_is_not_found(alice):
    put_key(alice, "1000", session_data()).refused(404, "M_NOT_FOUND")
    alice.get("room_keys", "version", "1000").refused(404, "M_NOT_FOUND")


def test_keys_go_only_into_the_current_backup(alice, backup):
    current = make_backup(alice)
    body = put_key(alice, backup, session_data()).refused(403, "M_WRONG_ROOM_KEYS_VERSION")
    assert body["current_version"] == current


def test_another_users_backup_is_out_of_reach(alice, bob, backup):
    put_key(alice, backup, session_data()).ok()
    assert get_key(bob, backup).status == 404


# Each row: what is stored, what comes after, whether it replaces the first. A key replaces another
# if it is verified and the other is not, else if it begins earlier, else if it was forwarded less.
@pytest.mark.parametrize(
    "before, after, replaces",
    [
        ((10, 10, False), (10, 10, True), True),
        ((10, 10, True), (10, 10, False), False),
        ((10, 10, True), (5, 5, False), False),
        ((10, 10, False), (20, 20, True), True),
        ((10, 10, False), (9, 10, False), True),
        ((10, 10, False), (9, 20, False), True),
        ((10, 10, False), (11, 5, False), False),
        ((10, 10, False), (10, 9, False), True),
        ((10, 10, False), (10, 11, False), False),
        ((10, 10, False), (10, 10, False), False),
    ],
)
def test_the_better_key_stays(alice, backup, before, after, replaces):
    old, new = session_data(*before), session_data(*after)
    put_key(alice, backup, old).ok()
    put_key(alice, backup, new).ok()
    assert get_key(alice, backup).ok() == (new if replaces else old)
