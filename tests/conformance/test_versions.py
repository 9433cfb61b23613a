"""What a client asks before it logs in: versions, capabilities, well-known, routing, CORS."""

import pytest

from .client import Client


def test_the_server_names_its_versions(anyone):
    versions = anyone.get("/_matrix/client/versions").ok()["versions"]
    assert "v1.11" in versions


def test_capabilities_need_a_login(anyone):
    anyone.get("capabilities").refused(401, "M_MISSING_TOKEN")


def test_capabilities_name_the_room_versions(alice):
    capabilities = alice.get("capabilities").ok()["capabilities"]
    versions = capabilities["m.room_versions"]
    assert versions["default"] in versions["available"]
    assert versions["available"]["11"] == "stable"
    assert capabilities["m.change_password"]["enabled"] is True


def test_a_room_has_the_default_version_that_is_told(alice):
    capabilities = alice.get("capabilities").ok()["capabilities"]
    room = alice.create_room()
    create = alice.state(room, "m.room.create")
    assert create["room_version"] == capabilities["m.room_versions"]["default"]


def test_tokens_for_another_device_exist_where_they_are_promised(alice):
    capabilities = alice.get("capabilities").ok()["capabilities"]
    is_promised = capabilities.get("m.get_login_token", {"enabled": True})["enabled"]
    answer = alice.with_uia("POST", "/_matrix/client/v1/login/get_token")
    assert (answer.status == 200) == is_promised


PATHS_OF_FEATURES = {
    "org.matrix.simplified_msc3575": ("POST", "org.matrix.simplified_msc3575/sync"),
    "org.matrix.msc3266": ("GET", "im.nheko.summary/rooms/!a:hs1/summary"),
    "uk.half-shot.msc2666.query_mutual_rooms": (
        "GET",
        "uk.half-shot.msc2666/user/mutual_rooms",
    ),
    "org.matrix.msc4143": ("GET", "org.matrix.msc4143/rtc/transports"),
}


@pytest.mark.parametrize("feature", PATHS_OF_FEATURES)
def test_a_feature_that_is_promised_is_there(alice, feature):
    features = alice.get("/_matrix/client/versions").ok()["unstable_features"]
    method, path = PATHS_OF_FEATURES[feature]
    answer = alice.request(method, f"/_matrix/client/unstable/{path}", json={} if method == "POST" else None)
    if features.get(feature):
        assert answer.body.get("errcode") != "M_UNRECOGNIZED"


def test_an_unknown_token_is_refused(url):
    Client(url, token="nobody-has-this-one").get("capabilities").refused(401, "M_UNKNOWN_TOKEN")


@pytest.mark.parametrize(
    "path",
    [
        "/_matrix/unknown",
        "/_matrix/client/v3/unknown",
        "/_matrix/client/v3/rooms/!a:hs1/unknown",
        "/_matrix/client/unstable/unknown",
    ],
)
def test_an_unknown_path_is_not_found(anyone, path):
    anyone.get(path).refused(404, "M_UNRECOGNIZED")


@pytest.mark.parametrize(
    "method, path",
    [
        ("PUT", "/_matrix/client/v3/login"),
        ("DELETE", "/_matrix/client/v3/sync"),
        ("PATCH", "/_matrix/client/versions"),
    ],
)
def test_a_known_path_with_another_method_is_not_allowed(anyone, method, path):
    anyone.request(method, path, json={}).refused(405, "M_UNRECOGNIZED")


@pytest.mark.parametrize("path", ["/_matrix/client/versions", "/_matrix/client/v3/sync"])
def test_a_browser_on_another_origin_may_ask(anyone, path):
    answer = anyone.request(
        "OPTIONS",
        path,
        headers={"Origin": "https://client.example", "Access-Control-Request-Method": "GET"},
    )
    assert answer.status in (200, 204)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
    for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
        assert method in answer.headers["Access-Control-Allow-Methods"]


def test_every_answer_carries_the_cors_headers(anyone):
    for path in (
        "/_matrix/client/versions",
        "/_matrix/client/v3/unknown",
        "/_matrix/client/v3/sync",
    ):
        assert anyone.get(path).headers["Access-Control-Allow-Origin"] == "*", path


def test_the_well_known_document_gives_the_base_url_where_it_exists(anyone):
    answer = anyone.get("/.well-known/matrix/client")
    if answer.status != 404:
        assert answer.ok()["m.homeserver"]["base_url"].startswith("http")
