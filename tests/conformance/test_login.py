"""Logging in, refreshing, logging out."""

import pytest

from .client import PASSWORD, Client, unique


def test_the_flows_hold_the_password(anyone):
    flows = anyone.get("login").ok()["flows"]
    assert "m.login.password" in [flow["type"] for flow in flows]


def test_a_full_user_id_logs_in(anyone, alice):
    device = anyone.login(alice.user_id)
    assert device.user_id == alice.user_id
    assert device.device_id != alice.device_id


def test_a_localpart_logs_in(anyone, alice):
    assert anyone.login(alice.localpart).user_id == alice.user_id


def test_the_old_user_field_logs_in(anyone, alice):
    answer = anyone.post(
        "login", json={"type": "m.login.password", "user": alice.user_id, "password": PASSWORD}
    )
    assert answer.ok()["user_id"] == alice.user_id


def test_the_name_may_be_given_in_capitals(anyone, alice):
    device = anyone.login(alice.localpart.upper())
    assert device.get("account", "whoami").ok()["user_id"] == alice.user_id


def test_the_device_id_asked_for_is_given(anyone, alice):
    assert anyone.login(alice.user_id, device_id="CHOSEN").device_id == "CHOSEN"


def test_a_login_on_a_known_device_ends_its_old_token(anyone, alice):
    old = anyone.login(alice.user_id, device_id="SAME")
    anyone.login(alice.user_id, device_id="SAME")
    old.get("account", "whoami").refused(401, "M_UNKNOWN_TOKEN")


def test_the_display_name_of_a_new_device_is_kept(anyone, alice):
    device = anyone.login(alice.user_id, initial_device_display_name="A lamp")
    assert alice.get("devices", device.device_id).ok()["display_name"] == "A lamp"


def test_a_wrong_password_is_refused(anyone, alice):
    identifier = {"type": "m.id.user", "user": alice.user_id}
    anyone.post(
        "login", json={"type": "m.login.password", "identifier": identifier, "password": "wrong"}
    ).refused(403, "M_FORBIDDEN")


def test_an_unknown_user_is_refused_like_a_wrong_password(anyone):
    identifier = {"type": "m.id.user", "user": unique("nobody")}
    anyone.post(
        "login", json={"type": "m.login.password", "identifier": identifier, "password": "wrong"}
    ).refused(403, "M_FORBIDDEN")


def test_a_user_of_another_server_is_refused(anyone):
    identifier = {"type": "m.id.user", "user": "@alice:elsewhere.example"}
    anyone.post(
        "login", json={"type": "m.login.password", "identifier": identifier, "password": "x"}
    ).refused(403, "M_FORBIDDEN")


@pytest.mark.parametrize(
    "body",
    [
        {"type": "m.login.unheard_of"},
        {"type": "m.login.password", "identifier": {"type": "m.id.unheard_of"}, "password": "x"},
        {"type": "m.login.password", "password": "x"},
        {},
    ],
)
def test_a_malformed_login_is_refused(anyone, body):
    assert anyone.post("login", json=body).status in (400, 403)


def test_a_login_without_a_refresh_token_asked_for_gets_none(anyone, alice):
    identifier = {"type": "m.id.user", "user": alice.user_id}
    answer = anyone.post(
        "login", json={"type": "m.login.password", "identifier": identifier, "password": PASSWORD}
    ).ok()
    assert "refresh_token" not in answer


def refreshable(anyone, user):
    """The answer to a login that asks for a refresh token."""
    identifier = {"type": "m.id.user", "user": user.user_id}
    return anyone.post(
        "login",
        json={
            "type": "m.login.password",
            "identifier": identifier,
            "password": PASSWORD,
            "refresh_token": True,
        },
    ).ok()


def test_a_refresh_token_buys_a_new_access_token(anyone, alice):
    session = refreshable(anyone, alice)
    fresh = anyone.post("refresh", json={"refresh_token": session["refresh_token"]}).ok()
    assert fresh["access_token"] != session["access_token"]
    device = Client(anyone.url, fresh["access_token"])
    assert device.get("account", "whoami").ok()["device_id"] == session["device_id"]


def test_using_the_new_access_token_ends_the_old_refresh_token(anyone, alice):
    session = refreshable(anyone, alice)
    fresh = anyone.post("refresh", json={"refresh_token": session["refresh_token"]}).ok()
    Client(anyone.url, fresh["access_token"]).get("account", "whoami").ok()
    again = anyone.post("refresh", json={"refresh_token": session["refresh_token"]})
    assert again.status in (401, 403)


def test_a_refresh_whose_answer_was_lost_can_be_repeated(anyone, alice):
    session = refreshable(anyone, alice)
    anyone.post("refresh", json={"refresh_token": session["refresh_token"]}).ok()
    anyone.post("refresh", json={"refresh_token": session["refresh_token"]}).ok()


def test_an_unknown_refresh_token_is_refused(anyone):
    anyone.post("refresh", json={"refresh_token": "nobody-has-this"}).refused(
        401, "M_UNKNOWN_TOKEN"
    )


def test_logging_out_ends_the_token_and_the_device(alice):
    other = alice.new_device()
    other.post("logout").ok()
    other.get("account", "whoami").refused(401, "M_UNKNOWN_TOKEN")
    alice.get("devices", other.device_id).refused(404, "M_NOT_FOUND")


def test_logging_out_everywhere_ends_all_tokens(anyone, alice):
    other = alice.new_device()
    other.post("logout", "all").ok()
    for device in (alice, other):
        device.get("account", "whoami").refused(401, "M_UNKNOWN_TOKEN")
    assert len(anyone.login(alice.user_id).get("devices").ok()["devices"]) == 1


def test_logging_out_needs_a_token(anyone):
    anyone.post("logout").refused(401, "M_MISSING_TOKEN")
    Client(anyone.url, "unknown").post("logout").refused(401, "M_UNKNOWN_TOKEN")


def test_the_token_may_be_in_the_query(anyone, alice):
    answer = anyone.get("account", "whoami", query={"access_token": alice.token})
    assert answer.ok()["user_id"] == alice.user_id
