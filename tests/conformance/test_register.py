"""Making an account."""

import hashlib
import hmac

import pytest

from .client import PASSWORD, unique
from .launcher import SHARED_SECRET

DUMMY = {"type": "m.login.dummy"}


def test_registering_without_auth_gets_the_flows(anyone):
    answer = anyone.post("register", json={"username": unique("user"), "password": PASSWORD})
    body = answer.ok(401)
    assert body["session"]
    assert {"stages": ["m.login.dummy"]} in body["flows"]


def test_the_session_of_the_flows_finishes_the_registration(anyone):
    details = {"username": unique("user"), "password": PASSWORD}
    session = anyone.post("register", json=details).ok(401)["session"]
    answer = anyone.post("register", json=details | {"auth": DUMMY | {"session": session}}).ok()
    assert answer["user_id"].startswith(f"@{details['username']}:")


def test_a_new_user_is_logged_in(anyone):
    user = anyone.register()
    whoami = user.get("account", "whoami").ok()
    assert whoami["user_id"] == user.user_id
    assert whoami["device_id"] == user.device_id


def test_the_device_id_asked_for_is_given(anyone):
    assert anyone.register(device_id="MYDEVICE").device_id == "MYDEVICE"


def test_inhibit_login_makes_no_device(anyone):
    answer = anyone.post(
        "register",
        json={
            "username": unique("user"),
            "password": PASSWORD,
            "auth": DUMMY,
            "inhibit_login": True,
        },
    ).ok()
    assert "access_token" not in answer and "device_id" not in answer
    assert anyone.login(answer["user_id"]).user_id == answer["user_id"]


def test_a_user_without_a_chosen_name_gets_one(anyone):
    answer = anyone.post("register", json={"password": PASSWORD, "auth": DUMMY}).ok()
    assert answer["user_id"].startswith("@")


def test_capitals_in_a_name_become_small(anyone):
    name = unique("User")
    assert anyone.register(name).user_id.startswith(f"@{name.lower()}:")


@pytest.mark.parametrize("letter", list("-./=_+0"))
def test_a_name_may_contain(anyone, letter):
    name = unique("q") + letter + "z"
    assert anyone.register(name).user_id.startswith(f"@{name}:")


@pytest.mark.parametrize("letter", list("!\":?\\@[]{|}£éñ ';"))
def test_a_name_may_not_contain(anyone, letter):
    anyone.post(
        "register",
        json={
            "username": unique("q") + letter,
            "password": PASSWORD,
            "auth": DUMMY,
        },
    ).refused(400, "M_INVALID_USERNAME")


def test_a_taken_name_is_refused(anyone, alice):
    name = alice.localpart
    for auth in ({}, {"auth": DUMMY}):
        anyone.post("register", json={"username": name, "password": PASSWORD} | auth).refused(
            400, "M_USER_IN_USE"
        )


@pytest.mark.parametrize("password", ["пароль", "密码密码密码", "pass\U0001f511word"])
def test_a_password_may_be_in_any_script(anyone, password):
    user = anyone.register(password=password)
    assert anyone.login(user.user_id, password).user_id == user.user_id


def test_a_guest_account_is_made_or_refused_by_name(anyone):
    answer = anyone.post("register", query={"kind": "guest"})
    if answer.status != 200:
        answer.refused(403)


def test_an_unknown_kind_of_account_is_refused(anyone):
    anyone.post("register", query={"kind": "robot"}, json={"auth": DUMMY}).refused(400)


def test_a_free_name_is_available(anyone):
    assert (
        anyone.get("register", "available", query={"username": unique("free")}).ok()["available"]
        is True
    )


def test_a_taken_name_is_not_available(anyone, alice):
    name = alice.localpart
    anyone.get("register", "available", query={"username": name}).refused(400, "M_USER_IN_USE")


def test_an_impossible_name_is_not_available(anyone):
    anyone.get("register", "available", query={"username": "not possible"}).refused(
        400, "M_INVALID_USERNAME"
    )


def test_an_unknown_registration_token_is_not_valid(anyone):
    answer = anyone.get(
        "register", "m.login.registration_token", "validity", v="v1", query={"token": "nope"}
    )
    assert answer.ok()["valid"] is False


def admin_register(anyone, name, admin=False, secret=SHARED_SECRET):
    """Registers by the shared secret; returns the reply."""
    nonce = anyone.get("/_synapse/admin/v1/register").ok()["nonce"]
    parts = [nonce, name, PASSWORD, "admin" if admin else "notadmin"]
    mac = hmac.new(secret.encode(), "\0".join(parts).encode(), hashlib.sha1).hexdigest()
    return anyone.post(
        "/_synapse/admin/v1/register",
        json={"nonce": nonce, "username": name, "password": PASSWORD, "admin": admin, "mac": mac},
    )


@pytest.mark.parametrize("admin", [False, True])
def test_the_shared_secret_registers(anyone, admin):
    name = unique("op")
    answer = admin_register(anyone, name, admin).ok()
    assert answer["user_id"].startswith(f"@{name}:")
    assert anyone.logged_in(answer).get("account", "whoami").ok()["user_id"] == answer["user_id"]


def test_a_wrong_shared_secret_does_not_register(anyone):
    admin_register(anyone, unique("op"), secret="guess").refused(403)


def test_the_nonce_of_the_shared_secret_counts_once(anyone):
    name, parts = unique("op"), {}
    nonce = anyone.get("/_synapse/admin/v1/register").ok()["nonce"]
    for attempt, status in (("a", 200), ("b", 400)):
        user = name + attempt
        text = "\0".join([nonce, user, PASSWORD, "notadmin"])
        parts = {"nonce": nonce, "username": user, "password": PASSWORD, "admin": False}
        parts["mac"] = hmac.new(SHARED_SECRET.encode(), text.encode(), hashlib.sha1).hexdigest()
        assert anyone.post("/_synapse/admin/v1/register", json=parts).status == status


def test_the_shared_secret_lowers_capitals(anyone):
    name = unique("Op")
    assert admin_register(anyone, name).ok()["user_id"].startswith(f"@{name.lower()}:")


def test_the_shared_secret_refuses_symbols(anyone):
    admin_register(anyone, unique("op") + "'").refused(400)
