"""Keys, signatures and transactions as they go over the wire: what a server of the federation must get right before rooms matter."""

import json
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from . import events
from .peer import Peer, Raw

BUILD = Path(__file__).resolve().parents[2] / "deploy" / "build"
WEEK_MS = 7 * 24 * 3600 * 1000


def get(server, path, **options):
    return requests.get(f"https://{server.name}{path}", verify=server.ca, timeout=30, **options)


@pytest.fixture
def parley(fleet, authority):
    server = fleet.get("parley")
    server.ca = authority.path
    return server


@pytest.fixture
def other(fleet, authority):
    server = fleet.get("other")
    server.ca = authority.path
    return server


def query_keys(notary, server_name, **criteria):
    """What `notary` tells of the server's keys."""
    answer = requests.post(
        f"https://{notary.name}/_matrix/key/v2/query",
        json={"server_keys": {server_name: criteria}},
        verify=notary.ca,
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["server_keys"]


def assert_alive(server):
    assert get(server, "/_matrix/federation/v1/version").status_code == 200


# -- two servers


def test_each_tells_its_version(parley, other):
    for server in (parley, other):
        answer = get(server, "/_matrix/federation/v1/version")
        assert answer.status_code == 200
        assert answer.json()["server"]["name"] == "Parley"


def test_each_publishes_keys_that_it_signed(parley):
    keys = get(parley, "/_matrix/key/v2/server").json()
    assert keys["server_name"] == parley.name
    assert keys["valid_until_ts"] > time.time() * 1000
    (key_id,) = keys["verify_keys"]
    assert key_id in keys["signatures"][parley.name]


def test_each_fetches_the_others_keys_and_signs_them_as_a_notary(parley, other):
    for notary, server in ((parley, other), (other, parley)):
        (own,) = get(server, "/_matrix/key/v2/server").json()["verify_keys"]
        (told,) = query_keys(notary, server.name)
        assert list(told["verify_keys"]) == [own]
        assert {server.name, notary.name} <= set(told["signatures"])
        by_name = get(notary, f"/_matrix/key/v2/query/{server.name}").json()["server_keys"]
        assert list(by_name[0]["verify_keys"]) == [own]


# -- signatures


PATH = "/_matrix/federation/v1/query/directory?room_alias=%23none%3Aelsewhere"


def test_a_signed_request_is_answered(parley, peer):
    assert peer.get(parley.name, PATH).status_code == 404


@pytest.mark.parametrize("change", ["none", "destination", "key", "origin", "path", "body"])
def test_a_request_that_is_not_signed_as_it_should_be_is_refused(parley, peer, authority, change):
    path, content, sent = "/_matrix/federation/v1/send/1", {"pdus": []}, {"pdus": []}
    destination, key, origin, signed_path = parley.name, None, None, path
    impostor = Peer(authority)
    if change == "destination":
        destination = peer.name
    if change == "key":
        key = events.Key()
    if change == "origin":
        origin = impostor.name
    if change == "path":
        signed_path = path + "2"
    if change == "body":
        sent = {"pdus": [], "edus": []}
    header = peer.authorization("PUT", signed_path, destination, content, key=key, origin=origin)
    answer = requests.put(
        f"https://{parley.name}{path}",
        json=sent,
        headers={} if change == "none" else {"Authorization": header},
        verify=authority.path,
        timeout=30,
    )
    impostor.close()
    assert answer.status_code == 401, answer.text
    assert answer.json()["errcode"] == "M_UNAUTHORIZED"


def test_an_old_key_signs_no_requests(parley, peer):
    old, peer.key = peer.key, events.Key("ed25519:2")
    peer.old_keys[old] = int(time.time() * 1000) - 1000
    assert peer.get(parley.name, PATH).status_code == 404
    current, peer.key = peer.key, old
    header = peer.authorization("GET", PATH, parley.name)
    peer.key = current
    answer = get(parley, PATH, headers={"Authorization": header})
    assert answer.status_code == 401


# -- keys of servers that are not honest


def wrong_name(keys):
    keys["server_name"] = "somebody.else"
    return keys


def unsigned(keys):
    keys["signatures"] = {}
    return keys


def million_keys(keys):
    return Raw(
        b'{"server_name":"x","verify_keys":{' + b",".join(b'"ed25519:%d":{"key":"AAAA"}' % i for i in range(1_000_000)) + b"}}"
    )


def nested(keys):
    return Raw(b"[" * 100_000)


def html(keys):
    return Raw(b"<html></html>", headers={"Content-Type": "text/html"})


def drip(keys):
    def slowly():
        for byte in json.dumps(keys).encode():
            yield bytes([byte])
            time.sleep(1)

    return Raw(slowly())


@pytest.mark.parametrize("lie", [wrong_name, unsigned, million_keys, nested, html, drip])
def test_keys_that_are_not_well_told_are_not_believed(parley, peer, lie):
    peer.lies["key"] = lambda peer, request: lie(peer.key_answer())
    started = time.monotonic()
    assert query_keys(parley, peer.name) == []
    assert time.monotonic() - started < 25
    assert peer.get(parley.name, PATH).status_code == 401
    assert_alive(parley)


def test_keys_are_asked_for_seldom_when_they_are_not_to_be_had(parley, peer):
    peer.lies["key"] = lambda peer, request: Raw(b"{}", 500)
    for _ in range(20):
        assert peer.get(parley.name, PATH).status_code == 401
    assert peer.asked("/key/v2/") <= 2


# -- transactions


@pytest.mark.parametrize(
    "body",
    [
        {"pdus": [{}] * 51},
        {"pdus": [], "edus": [{}] * 101},
        {"pdus": "x"},
        {"pdus": [], "edus": {}},
    ],
)
def test_a_transaction_beyond_the_limits_is_refused(parley, peer, body):
    answer = peer.send_transaction(parley.name, body=body)
    assert answer.status_code == 400
    assert answer.json()["errcode"] == "M_BAD_JSON"


def test_what_is_no_event_is_left_out_of_the_answer(parley, peer):
    answer = peer.send_transaction(parley.name, body={"pdus": [{}, 5, "x", {"room_id": 7}, {"room_id": "x"}]})
    assert answer.status_code == 200
    assert answer.json() == {"pdus": {}}


@pytest.mark.parametrize(
    "bad", ['{"a":NaN}', '{"a":"\\ud800"}', '{"a":1,"a":2}'], ids=["nan", "surrogate", "keys"]
)
def test_what_is_no_json_in_an_event_is_that_events_trouble_alone(parley, peer, bad):
    body = {"pdus": [{"content": json.loads(bad)}, {"room_id": "x"}]}
    raw = '{"pdus":[{"content":%s},{"room_id":"x"}]}' % bad
    answer = peer.send_transaction(parley.name, body=body, raw=raw.encode())
    assert answer.status_code == 200, answer.text


def test_a_transaction_that_comes_many_times_is_answered_alike(parley, peer):
    def send(_):
        return peer.send_transaction(parley.name, txn="same", body={"pdus": []})

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(8)))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert len({answer.text for answer in answers}) == 1


# -- a new key


def test_a_key_that_was_replaced_is_told_as_an_old_one(fleet, authority):
    server = fleet.get("other")
    server.ca = authority.path
    (first,) = get(server, "/_matrix/key/v2/server").json()["verify_keys"]
    server.stop()
    build = subprocess.run(
        [BUILD, "--print", os.environ.get("PARLEY_PRESET", "release")], capture_output=True, text=True, check=True
    )
    ctl = Path(build.stdout.strip()).with_name("parleyctl")
    subprocess.run([ctl, "--data-dir", server.folder / "data" / "data", "key", "rotate"], check=True)
    server.start()
    keys = get(server, "/_matrix/key/v2/server").json()
    assert first not in keys["verify_keys"]
    assert keys["old_verify_keys"][first]["expired_ts"] <= time.time() * 1000
