"""Passwords, deactivation and OpenID tokens."""

from .client import PASSWORD, until

NEW = "another long enough password"


def try_login(anyone, user, password):
    identifier = {"type": "m.id.user", "user": user.user_id}
    return anyone.post(
        "login", json={"type": "m.login.password", "identifier": identifier, "password": password}
    )


def change_password(user, **options):
    return user.with_uia("POST", "account", "password", json={"new_password": NEW} | options).ok()


def test_a_changed_password_replaces_the_old_one(anyone, alice):
    change_password(alice)
    try_login(anyone, alice, PASSWORD).refused(403, "M_FORBIDDEN")
    try_login(anyone, alice, NEW).ok()


def test_changing_the_password_logs_out_the_other_devices_only(alice):
    other = alice.new_device()
    change_password(alice)
    alice.get("account", "whoami").ok()
    other.get("account", "whoami").refused(401, "M_UNKNOWN_TOKEN")


def test_changing_the_password_can_keep_the_other_devices(alice):
    other = alice.new_device()
    change_password(alice, logout_devices=False)
    other.get("account", "whoami").ok()


def test_changing_the_password_needs_the_old_one(anyone, alice):
    body = {"new_password": NEW}
    session = alice.post("account", "password", json=body).ok(401)["session"]
    wrong = alice.password_auth("wrong") | {"session": session}
    answer = alice.post("account", "password", json=body | {"auth": wrong}).ok(401)
    assert answer["errcode"] == "M_FORBIDDEN"
    try_login(anyone, alice, PASSWORD).ok()


def test_a_password_stage_for_another_user_does_not_count(alice, bob):
    body = {"new_password": NEW}
    session = alice.post("account", "password", json=body).ok(401)["session"]
    foreign = bob.password_auth() | {"session": session}
    assert alice.post("account", "password", json=body | {"auth": foreign}).status in (401, 403)


def test_changing_the_password_needs_a_login(anyone):
    assert anyone.post("account", "password", json={"new_password": NEW}).status == 401


def test_a_uia_session_is_for_one_operation(alice):
    session = alice.post("account", "password", json={"new_password": NEW}).ok(401)["session"]
    auth = alice.password_auth() | {"session": session}
    answer = alice.post("account", "deactivate", json={"auth": auth})
    assert answer.status in (400, 401, 403)
    alice.get("account", "whoami").ok()


def test_deactivation_offers_the_password_flow(alice):
    flows = alice.post("account", "deactivate").ok(401)["flows"]
    assert {"stages": ["m.login.password"]} in flows


def test_a_deactivated_user_can_not_log_in(anyone, alice):
    alice.with_uia("POST", "account", "deactivate").ok()
    alice.get("account", "whoami").refused(401, "M_UNKNOWN_TOKEN")
    try_login(anyone, alice, PASSWORD).refused(403, "M_FORBIDDEN", "M_USER_DEACTIVATED")


def test_a_wrong_password_does_not_deactivate(alice):
    session = alice.post("account", "deactivate").ok(401)["session"]
    alice.post(
        "account", "deactivate", json={"auth": alice.password_auth("wrong") | {"session": session}}
    ).refused(401, "M_FORBIDDEN")
    alice.get("account", "whoami").ok()


def test_a_deactivated_user_leaves_their_rooms(alice, bob, room):
    bob.with_uia("POST", "account", "deactivate").ok()
    until(lambda: alice.membership(room, bob), lambda membership: membership == "leave")


def test_an_erased_user_is_redacted_for_those_who_join_later(alice, bob, carol, public_room):
    bob.join(public_room)
    # A message that is redacted has not what the schema of messages asks for.
    event_id = bob.send(public_room, {"body": "forget me"}, type="test.words")
    bob.with_uia("POST", "account", "deactivate", json={"erase": True}).ok()
    until(lambda: alice.membership(public_room, bob), lambda membership: membership == "leave")
    carol.join(public_room)

    def shown(user):
        events = user.messages(public_room)["chunk"]
        return next(e for e in events if e["event_id"] == event_id)["content"]

    assert shown(carol) == {}
    assert shown(alice)["body"] == "forget me"
    assert carol.get("rooms", public_room, "event", event_id).ok()["content"] == {}


def test_the_name_of_a_deactivated_user_stays_taken(anyone, alice):
    alice.with_uia("POST", "account", "deactivate").ok()
    name = alice.localpart
    anyone.post(
        "register",
        json={
            "username": name,
            "password": PASSWORD,
            "auth": {"type": "m.login.dummy"},
        },
    ).refused(400, "M_USER_IN_USE", "M_EXCLUSIVE")


def test_whoami_tells_a_user_from_a_guest(alice):
    assert not alice.get("account", "whoami").ok().get("is_guest", False)


def test_an_account_starts_without_third_party_ids(alice):
    assert alice.get("account", "3pid").ok()["threepids"] == []


def test_an_openid_token_names_the_server(alice):
    token = alice.post("user", alice.user_id, "openid", "request_token").ok()
    assert token["matrix_server_name"] == alice.server
    assert token["token_type"] == "Bearer" and token["expires_in"] > 0


def test_an_openid_token_of_another_user_is_refused(alice, bob):
    alice.post("user", bob.user_id, "openid", "request_token").refused(403, "M_FORBIDDEN")
