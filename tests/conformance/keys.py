"""Made-up key material of the right shape: clients check device signatures, servers do not."""

import base64
import os

ALGORITHMS = ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"]


def random_key():
    return base64.b64encode(os.urandom(32)).decode().rstrip("=")


def device_keys(user):
    return {
        "user_id": user.user_id,
        "device_id": user.device_id,
        "algorithms": ALGORITHMS,
        "keys": {
            f"curve25519:{user.device_id}": random_key(),
            f"ed25519:{user.device_id}": random_key(),
        },
        "signatures": {user.user_id: {f"ed25519:{user.device_id}": random_key()}},
    }


def signed_key(user, **fields):
    return {
        "key": random_key(),
        "signatures": {user.user_id: {f"ed25519:{user.device_id}": random_key()}},
    } | fields


def one_time_keys(user, count, first=0):
    return {f"signed_curve25519:K{n:05d}": signed_key(user) for n in range(first, first + count)}


def upload(user, **keys):
    return user.post("keys", "upload", json=keys).ok()["one_time_key_counts"]


def upload_device(user):
    """Gives the device its identity keys and returns them."""
    keys = device_keys(user)
    upload(user, device_keys=keys)
    return keys


def query(reader, *users):
    return reader.post("keys", "query", json={"device_keys": {u.user_id: [] for u in users}}).ok()


def claim(reader, owner, algorithm="signed_curve25519"):
    """The one-time key claimed of the owner's device, as {id: key}, or None."""
    wanted = {owner.user_id: {owner.device_id: algorithm}}
    answer = reader.post("keys", "claim", json={"one_time_keys": wanted}).ok()["one_time_keys"]
    return answer.get(owner.user_id, {}).get(owner.device_id) or None
