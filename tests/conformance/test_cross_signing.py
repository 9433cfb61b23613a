"""Cross-signing keys and signatures. The keys are real Ed25519 keys, as servers may check them."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from .keys import device_keys, query, upload, upload_device


def encode(data):
    return base64.b64encode(data).decode().rstrip("=")


class SigningKey:
    def __init__(self):
        self._private = Ed25519PrivateKey.generate()
        self.public = encode(self._private.public_key().public_bytes_raw())

    def sign(self, user, thing):
        """`thing` with a signature of this key added."""
        unsigned = {k: v for k, v in thing.items() if k not in ("signatures", "unsigned")}
        text = json.dumps(unsigned, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        signature = {f"ed25519:{self.public}": encode(self._private.sign(text.encode()))}
        signatures = thing.get("signatures", {})
        return thing | {
            "signatures": signatures | {user.user_id: signatures.get(user.user_id, {}) | signature}
        }


class Identity:
    """A user's three cross-signing keys."""

    def __init__(self, user):
        self.user = user
        self.master, self.self_signing, self.user_signing = SigningKey(), SigningKey(), SigningKey()
        self.master_body = self._body("master", self.master)
        self.self_signing_body = self.master.sign(
            user, self._body("self_signing", self.self_signing)
        )
        self.user_signing_body = self.master.sign(
            user, self._body("user_signing", self.user_signing)
        )

    def _body(self, usage, key):
        keys = {f"ed25519:{key.public}": key.public}
        return {"user_id": self.user.user_id, "usage": [usage], "keys": keys}

    def upload(self):
        return self.user.with_uia(
            "POST",
            "keys",
            "device_signing",
            "upload",
            json={
                "master_key": self.master_body,
                "self_signing_key": self.self_signing_body,
                "user_signing_key": self.user_signing_body,
            },
        )


@pytest.fixture
def identity(alice):
    identity = Identity(alice)
    identity.upload().ok()
    return identity


def test_the_keys_can_be_queried(alice, bob, identity):
    for reader in (alice, bob):
        answer = query(reader, alice)
        assert answer["master_keys"][alice.user_id]["keys"] == identity.master_body["keys"]
        assert (
            answer["self_signing_keys"][alice.user_id]["keys"] == identity.self_signing_body["keys"]
        )


def test_only_the_owner_sees_the_user_signing_key(alice, bob, identity):
    assert alice.user_id in query(alice, alice)["user_signing_keys"]
    assert alice.user_id not in query(bob, alice).get("user_signing_keys", {})


def test_the_same_keys_can_be_uploaded_again_without_a_password(identity):
    identity.user.post(
        "keys", "device_signing", "upload", json={"master_key": identity.master_body}
    ).ok()


def test_replacing_the_keys_needs_the_password(alice, identity):
    other = Identity(alice)
    answer = alice.post("keys", "device_signing", "upload", json={"master_key": other.master_body})
    assert {"stages": ["m.login.password"]} in answer.ok(401)["flows"]
    other.upload().ok()
    assert query(alice, alice)["master_keys"][alice.user_id]["keys"] == other.master_body["keys"]


def test_a_key_for_another_user_is_refused(alice, bob):
    foreign = Identity(bob).master_body
    alice.with_uia(
        "POST", "keys", "device_signing", "upload", json={"master_key": foreign}
    ).refused(400, "M_INVALID_PARAM", "M_BAD_JSON", "M_INVALID_SIGNATURE")


def test_new_keys_are_told_to_roommates(alice, bob, room):
    since = bob.sync().token
    Identity(alice).upload().ok()
    bob.sync_until(lambda sync: alice.user_id in sync.changed(), since)


def upload_signatures(user, signed):
    return user.post("keys", "signatures", "upload", json=signed).ok()["failures"]


def test_a_device_signed_by_its_owner_shows_the_signature(alice, bob, identity):
    keys = upload_device(alice)
    signed = identity.self_signing.sign(alice, {k: v for k, v in keys.items() if k != "signatures"})
    assert upload_signatures(alice, {alice.user_id: {alice.device_id: signed}}) == {}
    found = query(bob, alice)["device_keys"][alice.user_id][alice.device_id]["signatures"][
        alice.user_id
    ]
    assert f"ed25519:{identity.self_signing.public}" in found
    assert f"ed25519:{alice.device_id}" in found


def test_ones_signature_of_another_user_is_seen_by_oneself_only(alice, bob, carol, identity):
    others = Identity(bob)
    others.upload().ok()
    signed = identity.user_signing.sign(alice, others.master_body)
    assert upload_signatures(alice, {bob.user_id: {others.master.public: signed}}) == {}
    assert alice.user_id in query(alice, bob)["master_keys"][bob.user_id]["signatures"]
    assert alice.user_id not in query(carol, bob)["master_keys"][bob.user_id].get("signatures", {})


def test_a_signature_of_an_unknown_device_is_a_failure(alice, identity):
    keys = device_keys(alice) | {"device_id": "NONE"}
    signed = identity.self_signing.sign(alice, {k: v for k, v in keys.items() if k != "signatures"})
    failures = upload_signatures(alice, {alice.user_id: {"NONE": signed}})
    assert failures[alice.user_id]["NONE"]["errcode"]


def test_a_signature_that_is_wrong_is_a_failure(alice, identity):
    keys = upload_device(alice)
    forged = SigningKey().sign(alice, {k: v for k, v in keys.items() if k != "signatures"})
    forged["signatures"][alice.user_id] = {
        f"ed25519:{identity.self_signing.public}": next(
            iter(forged["signatures"][alice.user_id].values())
        )
    }
    failures = upload_signatures(alice, {alice.user_id: {alice.device_id: forged}})
    assert failures[alice.user_id][alice.device_id]["errcode"]


def test_new_signatures_are_told(alice, bob, room, identity):
    keys = upload_device(alice)
    since = bob.sync().token
    signed = identity.self_signing.sign(alice, {k: v for k, v in keys.items() if k != "signatures"})
    upload_signatures(alice, {alice.user_id: {alice.device_id: signed}})
    bob.sync_until(lambda sync: alice.user_id in sync.changed(), since)


def test_ones_signature_of_another_user_is_told_to_oneself(alice, bob, identity):
    others = Identity(bob)
    others.upload().ok()
    since = alice.sync().token
    signed = identity.user_signing.sign(alice, others.master_body)
    upload_signatures(alice, {bob.user_id: {others.master.public: signed}})
    alice.sync_until(lambda sync: bob.user_id in sync.changed(), since)


def test_the_first_upload_needs_no_password(alice):
    answer = alice.post(
        "keys", "device_signing", "upload", json={"master_key": Identity(alice).master_body}
    )
    answer.ok()


def test_a_user_without_cross_signing_has_none(alice, bob):
    upload(alice)
    assert bob.user_id not in query(alice, bob).get("master_keys", {})
