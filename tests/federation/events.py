"""Events as servers exchange them: canonical JSON, hashes, redaction, signatures, ids.

Server-Server API, "Signing Events"; room versions 10, 11 and 12. Written for tests: it signs whatever it is given.
"""

import base64
import hashlib
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEPT = {
    "event_id",
    "type",
    "room_id",
    "sender",
    "state_key",
    "content",
    "hashes",
    "signatures",
    "depth",
    "prev_events",
    "auth_events",
    "origin_server_ts",
}
KEPT_UNTIL_10 = KEPT | {"origin", "membership", "prev_state"}
LEVELS = ["ban", "events", "events_default", "kick", "redact", "state_default", "users"]
KEPT_CONTENT = {
    "m.room.member": ["membership", "join_authorised_via_users_server"],
    "m.room.join_rules": ["join_rule", "allow"],
    "m.room.power_levels": [*LEVELS, "users_default"],
    "m.room.history_visibility": ["history_visibility"],
}


class Literal(str):
    """JSON that is no value of Python's, or not as Python writes it: stands in values as a mark."""

    known = []

    @classmethod
    def of(cls, text):
        made = cls(f"@literal-{len(cls.known)}")
        made.text = text
        cls.known.append(made)
        return made

    def canonical(self):
        """With sorted keys, each once; numbers stay as they are written."""
        numbers = []

        def keep(number):
            numbers.append(number)
            return f"@number-{len(numbers) - 1}"

        try:
            value = json.loads(self.text, parse_float=keep, parse_constant=keep)
            text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        except RecursionError:
            return self.text
        for n, number in enumerate(numbers):
            text = text.replace(f'"@number-{n}"', number)
        return text


def canonical(value):
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    for literal in _literals_in(text):
        text = text.replace(f'"{literal}"', literal.canonical())
    return text.encode("utf-8", "surrogatepass")


def written(value):
    """The value's bytes as they travel, or None when no literal is in it."""
    text = json.dumps(value, ensure_ascii=False)
    found = _literals_in(text)
    for literal in found:
        text = text.replace(f'"{literal}"', literal.text)
    return text.encode("utf-8", "surrogatepass") if found else None


def _literals_in(text):
    return [literal for literal in Literal.known if f'"{literal}"' in text] if "@literal-" in text else []


def unpadded(data, altchars=None):
    return base64.b64encode(data, altchars).decode().rstrip("=")


def decoded(text):
    return base64.b64decode(text + "=" * (-len(text) % 4))


class Key:
    """An Ed25519 signing key with its id."""

    def __init__(self, key_id="ed25519:1", seed=None):
        self.id = key_id
        self._key = Ed25519PrivateKey.from_private_bytes(seed) if seed else Ed25519PrivateKey.generate()
        self.public = unpadded(self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def sign(self, data):
        return unpadded(self._key.sign(data))


def sign_json(value, server, key):
    """Adds the server's signature to a JSON object, and returns it."""
    signed = {k: v for k, v in value.items() if k not in ("signatures", "unsigned")}
    signatures = value.setdefault("signatures", {})
    signatures.setdefault(server, {})[key.id] = key.sign(canonical(signed))
    return value


def content_hash(event):
    hashed = {k: v for k, v in event.items() if k not in ("unsigned", "signatures", "hashes")}
    return unpadded(hashlib.sha256(canonical(hashed)).digest())


def redact(event, version):
    kept = KEPT_UNTIL_10 if version == "10" else KEPT
    redacted = {k: v for k, v in event.items() if k in kept}
    redacted["content"] = _redact_content(event.get("type"), event.get("content"), version)
    return redacted


def _redact_content(type, content, version):
    if isinstance(content, Literal):
        return {}
    if not isinstance(content, dict):
        return content
    if type == "m.room.create":
        return content if version != "10" else {k: v for k, v in content.items() if k == "creator"}
    keys = KEPT_CONTENT.get(type, []) if isinstance(type, str) else []
    if version != "10":
        if type == "m.room.power_levels":
            keys = [*keys, "invite"]
        if type == "m.room.redaction":
            keys = ["redacts"]
    kept = {k: content[k] for k in keys if k in content}
    invite = content.get("third_party_invite")
    if version != "10" and type == "m.room.member" and isinstance(invite, dict) and "signed" in invite:
        kept["third_party_invite"] = {"signed": invite["signed"]}
    return kept


def sign_event(event, version, server, key):
    """Adds the server's signature over the redacted event, and returns the event."""
    redacted = redact(event, version)
    signed = {k: v for k, v in redacted.items() if k not in ("signatures", "unsigned")}
    signatures = event.get("signatures")
    if not isinstance(signatures, dict):
        signatures = event["signatures"] = {}
    signatures.setdefault(server, {})[key.id] = key.sign(canonical(signed))
    return event


def finish(event, version, server, key):
    """Hashes and signs a new event."""
    event.pop("signatures", None)
    event["hashes"] = {"sha256": content_hash(event)}
    return sign_event(event, version, server, key)


def event_id(event, version):
    redacted = redact(event, version)
    hashed = {k: v for k, v in redacted.items() if k not in ("signatures", "unsigned", "age_ts")}
    return "$" + unpadded(hashlib.sha256(canonical(hashed)).digest(), b"-_")
