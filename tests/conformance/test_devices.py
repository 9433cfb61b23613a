"""A user's devices."""

from .client import PASSWORD


def test_a_device_can_be_read(alice):
    device = alice.get("devices", alice.device_id).ok()
    assert device["device_id"] == alice.device_id


def test_an_unknown_device_is_not_found(alice):
    alice.get("devices", "NONE").refused(404, "M_NOT_FOUND")


def test_all_devices_are_listed(alice):
    other = alice.new_device()
    listed = {d["device_id"] for d in alice.get("devices").ok()["devices"]}
    assert listed == {alice.device_id, other.device_id}


def test_devices_of_others_are_not_listed(alice, bob):
    bob.get("devices", alice.device_id).refused(404, "M_NOT_FOUND")


def test_a_device_can_be_renamed(alice):
    alice.put("devices", alice.device_id, json={"display_name": "Lamp"}).ok()
    assert alice.get("devices", alice.device_id).ok()["display_name"] == "Lamp"


def test_an_unknown_device_can_not_be_renamed(alice):
    alice.put("devices", "NONE", json={"display_name": "Lamp"}).refused(404, "M_NOT_FOUND")


def test_a_display_name_can_not_be_endless(alice):
    alice.put("devices", alice.device_id, json={"display_name": "x" * 2000}).refused(400)


def test_a_device_says_where_it_was_last_seen(alice):
    device = alice.get("devices", alice.device_id).ok()
    assert device["last_seen_ip"] and device["last_seen_ts"]


def test_deleting_a_device_needs_the_password(alice):
    other = alice.new_device()
    body = alice.delete("devices", other.device_id, json={}).ok(401)
    assert body["session"] and {"stages": ["m.login.password"]} in body["flows"]
    other.get("account", "whoami").ok()


def test_a_deleted_device_is_logged_out(alice):
    other = alice.new_device()
    alice.with_uia("DELETE", "devices", other.device_id).ok()
    other.get("account", "whoami").refused(401, "M_UNKNOWN_TOKEN")
    alice.get("devices", other.device_id).refused(404, "M_NOT_FOUND")


def test_several_devices_can_be_deleted_at_once(alice):
    others = [alice.new_device(), alice.new_device()]
    alice.with_uia("POST", "delete_devices", json={"devices": [d.device_id for d in others]}).ok()
    assert [d["device_id"] for d in alice.get("devices").ok()["devices"]] == [alice.device_id]


def test_the_password_of_another_user_does_not_delete_a_device(alice, bob):
    other = alice.new_device()
    session = alice.delete("devices", other.device_id, json={}).ok(401)["session"]
    auth = bob.password_auth() | {"session": session}
    alice.delete("devices", other.device_id, json={"auth": auth}).refused(403, "M_FORBIDDEN")
    other.get("account", "whoami").ok()


def test_a_wrong_password_can_be_corrected_in_the_same_session(alice):
    other = alice.new_device()
    session = alice.delete("devices", other.device_id, json={}).ok(401)["session"]
    for password, status in (("wrong", 401), (PASSWORD, 200)):
        auth = alice.password_auth(password) | {"session": session}
        alice.delete("devices", other.device_id, json={"auth": auth}).ok(status)
