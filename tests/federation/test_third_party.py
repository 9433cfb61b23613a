"""People of whom only an address was known: the room's offer becomes an invite when they are known to be users."""

from urllib.parse import quote

import pytest
import requests

from conformance.client import unique, until

from . import events

IDENTITY_SERVER = "identity.test"


@pytest.fixture
def alice(target):
    return target.user()


@pytest.fixture
def eve(peer):
    return peer.user("eve")


@pytest.fixture
def identity():
    return events.Key("ed25519:0")


def signed(identity, user, token):
    """What the identity server says when the address turns out to be this user's."""
    return events.sign_json({"mxid": user, "token": token}, IDENTITY_SERVER, identity)


def offer(identity):
    """The content of an m.room.third_party_invite."""
    key = {"public_key": identity.public, "key_validity_url": f"https://{IDENTITY_SERVER}/valid"}
    return {"display_name": "e...@e...", "public_keys": [key], **key}


def exchange(peer, target, room, sender, user, proof):
    event = {
        "type": "m.room.member",
        "room_id": room,
        "sender": sender,
        "state_key": user,
        "content": {
            "membership": "invite",
            "third_party_invite": {"display_name": "e...@e...", "signed": proof},
        },
    }
    path = f"/_matrix/federation/v1/exchange_third_party_invite/{quote(room, safe='')}"
    return peer.request(target.name, "PUT", path, event)


def bind(target, user, invites):
    body = {"medium": "email", "address": "e@e.test", "mxid": user, "invites": invites}
    url = f"{target.url}/_matrix/federation/v1/3pid/onbind"
    return requests.put(url, json=body, timeout=60)


def offered_room(alice, identity):
    room, token = alice.create_room(), unique("t")
    alice.set_state(room, "m.room.third_party_invite", offer(identity), token)
    return room, token


def test_another_server_exchanges_the_offer_for_an_invite_of_its_user(alice, target, peer, eve, identity):
    room, token = offered_room(alice, identity)
    proof = signed(identity, eve, token)
    answer = exchange(peer, target, room, alice.user_id, eve, proof)
    assert (answer.status_code, answer.json()) == (200, {})
    content = peer.invites[room]["content"]
    assert content["membership"] == "invite"
    assert content["third_party_invite"]["signed"] == proof
    assert alice.state(room, "m.room.member", eve)["membership"] == "invite"


def test_what_the_identity_server_has_not_signed_is_no_proof(alice, target, peer, eve, identity):
    room, token = offered_room(alice, identity)
    forged = signed(events.Key("ed25519:0"), eve, token)
    assert exchange(peer, target, room, alice.user_id, eve, forged).status_code == 403
    unknown = signed(identity, eve, "another token")
    assert exchange(peer, target, room, alice.user_id, eve, unknown).status_code == 403
    assert room not in peer.invites


def test_only_a_users_own_server_exchanges_for_them(alice, target, peer, identity):
    room, token = offered_room(alice, identity)
    stranger = "@stranger:elsewhere.test"
    answer = exchange(peer, target, room, alice.user_id, stranger, signed(identity, stranger, token))
    assert answer.status_code == 403
    mine = peer.user("eve")
    answer = exchange(peer, target, room, alice.user_id, mine, signed(identity, stranger, token))
    assert answer.status_code == 400


def test_a_user_who_is_found_to_own_an_address_is_invited_where_it_was(alice, target, identity):
    room, token = offered_room(alice, identity)
    bob = target.user()
    invite = {"medium": "email", "address": "e@e.test", "mxid": bob.user_id, "room_id": room, "sender": alice.user_id}
    answer = bind(target, bob.user_id, [invite | {"signed": signed(identity, bob.user_id, token)}])
    assert (answer.status_code, answer.json()) == (200, {})
    assert alice.state(room, "m.room.member", bob.user_id)["membership"] == "invite"


def test_the_inviters_server_is_asked_when_it_is_another(alice, target, peer, eve, identity):
    invite = {"medium": "email", "address": "e@e.test", "mxid": alice.user_id, "room_id": f"!r:{peer.name}"}
    proof = signed(identity, alice.user_id, "t")
    answer = bind(target, alice.user_id, [invite | {"sender": eve, "signed": proof}])
    assert answer.status_code == 200
    assert until(lambda: peer.asked("/exchange_third_party_invite/"), lambda count: count == 1)
