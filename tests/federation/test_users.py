"""Users of two servers that share no room: messages between devices, keys, profiles, the room directory."""

from urllib.parse import quote

import pytest

from conformance import keys
from conformance.client import first, unique, until

TYPE = "com.example.whisper"


@pytest.fixture
def alice(target):
    return target.user()


@pytest.fixture
def eve(peer):
    return peer.user("eve")


def whisper(user, receiver, content, device="*", txn=None):
    messages = {receiver: {device: content}}
    return user.put("sendToDevice", TYPE, txn or unique("t"), json={"messages": messages}).ok()


def whispered(edu):
    return edu["edu_type"] == "m.direct_to_device" and edu["content"]["type"] == TYPE


def test_a_message_reaches_a_device_of_another_server(alice, peer, eve):
    whisper(alice, eve, {"n": 1}, device="D")
    content = peer.wait_for_edu(whispered)["content"]
    assert content["sender"] == alice.user_id
    assert content["messages"] == {eve: {"D": {"n": 1}}}
    assert 0 < len(content["message_id"]) <= 32


def test_messages_keep_their_order(alice, peer, eve):
    for number in range(20):
        whisper(alice, eve, {"n": number})
    sent = lambda: [e["content"]["messages"][eve]["*"]["n"] for e in list(peer.edus) if whispered(e)]
    assert until(sent, lambda found: len(found) == 20) == list(range(20))


def test_a_repeated_transaction_has_one_message_id(alice, peer, eve):
    whisper(alice, eve, {"n": 1}, txn="again")
    one = peer.wait_for_edu(whispered)
    whisper(alice, eve, {"n": 1}, txn="again")
    whisper(alice, eve, {"n": 2})
    peer.wait_for_edu(lambda edu: whispered(edu) and edu["content"]["messages"][eve]["*"] == {"n": 2})
    same = [e for e in peer.edus if whispered(e) and e["content"]["messages"][eve]["*"] == {"n": 1}]
    assert {e["content"]["message_id"] for e in same} == {one["content"]["message_id"]}


def test_a_message_of_another_server_is_delivered_once(alice, target, peer, eve):
    content = {
        "sender": eve,
        "type": TYPE,
        "message_id": unique("m")[:32],
        "messages": {alice.user_id: {alice.device_id: {"n": 1}}},
    }
    since = alice.sync().token
    for _ in range(2):
        peer.send_edu(target.name, "m.direct_to_device", content)
    later = content | {"message_id": unique("m")[:32], "messages": {alice.user_id: {"*": {"n": 2}}}}
    peer.send_edu(target.name, "m.direct_to_device", later)
    seen = []

    def has_both(sync):
        seen.extend(e["content"]["n"] for e in sync.to_device())
        return 2 in seen

    alice.sync_until(has_both, since)
    assert seen == [1, 2]


def test_messages_wait_for_a_server_that_is_down(alice, target, peer, eve):
    peer.lies["send"] = lambda *_: None
    whisper(alice, eve, {"n": 1})
    until(lambda: peer.asked("/send/"))
    peer.lies.clear()
    peer.send_transaction(target.name)
    assert peer.wait_for_edu(whispered, seconds=30)["content"]["messages"] == {eve: {"*": {"n": 1}}}


def test_keys_of_another_server_are_asked_for(alice, peer, eve):
    device = keys.device_keys(_User(eve, "D"))
    peer.keys[eve] = {"device_keys": {"D": device}}
    found = keys.query(alice, _User(eve))
    assert found["device_keys"] == {eve: {"D": device}}
    assert not found.get("failures")


def test_a_server_that_does_not_answer_is_a_failure_of_its_own(alice, peer, eve):
    keys.upload_device(alice)
    peer.lies["keys_query"] = lambda *_: None
    wanted = {eve: [], alice.user_id: []}
    found = alice.post("keys", "query", json={"device_keys": wanted, "timeout": 5000}).ok()
    assert list(found["failures"]) == [peer.name]
    assert list(found["device_keys"]) == [alice.user_id]


def test_one_time_keys_of_another_server_are_claimed(alice, peer, eve):
    key = keys.signed_key(_User(eve, "D"))
    peer.one_time_keys[eve] = {"D": [{"signed_curve25519:A": key}]}
    assert keys.claim(alice, _User(eve, "D")) == {"signed_curve25519:A": key}
    assert keys.claim(alice, _User(eve, "D")) is None


def test_another_server_asks_for_our_keys(alice, target, peer):
    device = keys.upload_device(alice)
    keys.upload(alice, one_time_keys=keys.one_time_keys(alice, 1))
    body = {"device_keys": {alice.user_id: []}}
    found = peer.request(target.name, "POST", "/_matrix/federation/v1/user/keys/query", body).json()
    assert found["device_keys"][alice.user_id][alice.device_id]["keys"] == device["keys"]
    wanted = {alice.user_id: {alice.device_id: "signed_curve25519"}}
    path = "/_matrix/federation/v1/user/keys/claim"
    claimed = [
        peer.request(target.name, "POST", path, {"one_time_keys": wanted}).json()["one_time_keys"] for _ in range(2)
    ]
    assert list(claimed[0][alice.user_id][alice.device_id]) == ["signed_curve25519:K00000"]
    assert not claimed[1].get(alice.user_id)


def test_another_server_asks_for_our_devices(alice, target, peer):
    device = keys.upload_device(alice)
    path = f"/_matrix/federation/v1/user/devices/{quote(alice.user_id, safe='')}"
    found = peer.get(target.name, path).json()
    assert found["user_id"] == alice.user_id and found["stream_id"] > 0
    one = first(d for d in found["devices"] if d["device_id"] == alice.device_id)
    assert one["keys"]["keys"] == device["keys"]


def test_profiles_are_asked_for_both_ways(alice, target, peer, eve):
    alice.put("profile", alice.user_id, "displayname", json={"displayname": "Alice"}).ok()
    path = f"/_matrix/federation/v1/query/profile?user_id={quote(alice.user_id, safe='')}"
    assert peer.get(target.name, path).json()["displayname"] == "Alice"
    assert peer.get(target.name, path + "&field=displayname").json() == {"displayname": "Alice"}
    peer.profiles[eve] = {"displayname": "Eve", "avatar_url": "mxc://e/e"}
    assert alice.get("profile", eve).ok() == peer.profiles[eve]
    assert alice.get("profile", eve, "displayname").ok() == {"displayname": "Eve"}
    alice.get("profile", peer.user("nobody")).refused(404, "M_NOT_FOUND")


def test_the_room_directory_is_read_both_ways(alice, target, peer):
    room = alice.create_room(preset="public_chat", visibility="public", name=unique("listed"))
    found = peer.get(target.name, "/_matrix/federation/v1/publicRooms?limit=500").json()
    assert room in [entry["room_id"] for entry in found["chunk"]]
    entry = {
        "room_id": f"!there:{peer.name}",
        "num_joined_members": 3,
        "world_readable": True,
        "guest_can_join": False,
        "name": "There",
    }
    peer.public_rooms = [entry]
    assert alice.get("publicRooms", query={"server": peer.name}).ok()["chunk"] == [entry]
    body = {"filter": {"generic_search_term": "there"}}
    assert alice.post("publicRooms", query={"server": peer.name}, json=body).ok()["chunk"] == [entry]


class _User:
    def __init__(self, user_id, device_id=None):
        self.user_id, self.device_id = user_id, device_id
