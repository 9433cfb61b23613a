"""A signing peer: a small server of the federation, honest unless a test tells it otherwise.

It signs with real keys, speaks TLS with a certificate of the test's authority, and is named by its address and port.
"""

import json
import re
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlsplit

import requests

from . import events
from .net import loopback_address
from .room import Room

HTTP_SECONDS = 60
ROUTES = []


def answers(method, pattern):
    """Registers the peer's honest answer to a request; a test puts its own in `Peer.lies`."""

    def register(function):
        ROUTES.append((method, re.compile("/_matrix" + pattern), function.__name__.lstrip("_"), function))
        return function

    return register


class Request:
    def __init__(self, method, target, body, headers):
        parts = urlsplit(target)
        self.method, self.path, self.raw, self.headers = method, parts.path, body, headers
        self.query = parse_qs(parts.query)
        try:
            self.json = json.loads(body) if body else None
        except ValueError:
            self.json = None


class Raw:
    """An answer as it goes over the wire: bytes, or an iterable of them."""

    def __init__(self, body, status=200, headers=()):
        self.body, self.status, self.headers = body, status, dict(headers)


class Peer:
    """Threads: any. `close` ends it."""

    def __init__(self, authority):
        self.authority = authority
        self.address = loopback_address()
        self.key = events.Key()
        self.old_keys = {}  # key -> expired_ts
        self.rooms = {}
        self.files = {}  # media id -> bytes
        self.lies = {}  # name of an answer -> function(peer, request, *path) -> value, Raw or None (answers nothing)
        self.requests = []  # (method, path) of everything that was asked
        self.transactions = []
        self.edus = []
        self.profiles = {}
        self.devices = {}  # user -> answer of user/devices
        self.keys = {}  # answer of keys/query by user: {"device_keys": …, "master_keys": …}
        self.one_time_keys = {}  # user -> device -> [{id: key}]
        self.public_rooms = []
        self.invites = {}  # room id -> invite event
        self.news = threading.Condition(threading.RLock())
        self._transaction = int(time.time() * 1000)
        self._http = requests.Session()
        self._server = self._listen()
        self.name = f"{self.address}:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def user(self, localpart):
        return f"@{localpart}:{self.name}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    # -- asking others

    def authorization(self, method, path, destination, content=None, key=None, origin=None):
        """The X-Matrix header of a request."""
        signed = {
            "method": method,
            "uri": path,
            "origin": origin or self.name,
            "destination": destination,
        }
        if content is not None:
            signed["content"] = content
        key = key or self.key
        signature = key.sign(events.canonical(signed))
        return (
            f'X-Matrix origin="{origin or self.name}",destination="{destination}",'
            f'key="{key.id}",sig="{signature}"'
        )

    def request(self, destination, method, path, content=None, raw=None, headers=None):
        """A signed request. `raw` is sent as it is, in place of `content`, whose JSON is what is signed."""
        if raw is None and content is not None:
            raw = json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass")
        sent = {"Authorization": self.authorization(method, path, destination, content)}
        if raw is not None:
            sent["Content-Type"] = "application/json"
        return self._http.request(
            method,
            f"https://{destination}{path}",
            data=raw,
            headers=sent | (headers or {}),
            verify=self.authority.path,
            timeout=HTTP_SECONDS,
        )

    def get(self, destination, path):
        return self.request(destination, "GET", path)

    def transaction(self, pdus=(), edus=()):
        return {
            "origin": self.name,
            "origin_server_ts": int(time.time() * 1000),
            "pdus": list(pdus),
            "edus": list(edus),
        }

    def send_transaction(self, destination, pdus=(), edus=(), txn=None, body=None, raw=None):
        with self.news:
            self._transaction += 1
            txn = txn or str(self._transaction)
        body = body if body is not None else self.transaction(pdus, edus)
        path = f"/_matrix/federation/v1/send/{txn}"
        return self.request(destination, "PUT", path, body, raw=raw)

    def send_edu(self, destination, type, content):
        answer = self.send_transaction(destination, edus=[{"edu_type": type, "content": content}])
        assert answer.status_code == 200, answer.text
        return answer

    def join(self, destination, room_id, user):
        """Joins the room over `destination`, and returns it."""
        made = self.make(destination, "join", room_id, user)
        room = Room(self, room_id, made["room_version"])
        event = made["event"]
        event.setdefault("origin_server_ts", int(time.time() * 1000))
        events.finish(event, room.version, self.name, self.key)
        event_id = room.id_of(event)
        path = f"/_matrix/federation/v2/send_join/{quote(room_id, safe='')}/{quote(event_id, safe='')}"
        answer = self.request(destination, "PUT", path, event)
        assert answer.status_code == 200, f"send_join: {answer.status_code} {answer.text[:1000]}"
        body = answer.json()
        with room.lock:
            room.load(body["state"], body["auth_chain"])
            room.add(body.get("event") or event)
        self.rooms[room_id] = room
        return room

    def make(self, destination, membership, room_id, user):
        versions = "&".join(f"ver={v}" for v in ("10", "11", "12"))
        query = "" if membership == "leave" else "?" + versions
        path = (
            f"/_matrix/federation/v1/make_{membership}/{quote(room_id, safe='')}/{quote(user, safe='')}{query}"
        )
        answer = self.request(destination, "GET", path)
        assert answer.status_code == 200, f"make_{membership}: {answer.status_code} {answer.text[:1000]}"
        made = answer.json()
        made.setdefault("room_version", self.rooms[room_id].version if room_id in self.rooms else "11")
        return made

    def wait_for_edu(self, condition, seconds=15):
        """The first EDU, of those that came and will come, that meets the condition."""
        with self.news:
            found = []

            def met():
                found[:] = [edu for edu in self.edus if condition(edu)][:1]
                return found

            assert self.news.wait_for(met, seconds), f"no such EDU among {self.edus[-20:]}"
            return found[0]

    def asked(self, part):
        """How many requests had this in their path."""
        with self.news:
            return sum(part in path for _, path in self.requests)

    # -- answering

    def key_answer(self, valid_for_ms=86_400_000):
        keys = {
            "server_name": self.name,
            "valid_until_ts": int(time.time() * 1000) + valid_for_ms,
            "verify_keys": {self.key.id: {"key": self.key.public}},
            "old_verify_keys": {
                key.id: {"key": key.public, "expired_ts": ts} for key, ts in self.old_keys.items()
            },
        }
        return events.sign_json(keys, self.name, self.key)

    def answer(self, request):
        with self.news:
            self.requests.append((request.method, request.path))
            self.news.notify_all()
        for method, pattern, name, function in ROUTES:
            match = pattern.fullmatch(request.path)
            if method == request.method and match:
                return self.lies.get(name, function)(self, request, *map(unquote, match.groups()))
        return Raw(b'{"errcode":"M_UNRECOGNIZED","error":"unknown"}', 404)

    def take_transaction(self, txn, body):
        with self.news:
            known = any(t == txn for t, _ in self.transactions)
            self.transactions.append((txn, body))
            for pdu in [] if known else body.get("pdus", []):
                if pdu.get("room_id") in self.rooms:
                    self.rooms[pdu["room_id"]].add(pdu)
            if not known:
                self.edus.extend(body.get("edus", []))
            self.news.notify_all()

    def _listen(self):
        peer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self):
                length = int(self.headers.get("Content-Length") or 0)
                request = Request(self.command, self.path, self.rfile.read(length), self.headers)
                try:
                    _write(self, peer.answer(request))
                except (OSError, ssl.SSLError):
                    self.close_connection = True

            do_GET = do_PUT = do_POST = handle_one

            def log_message(self, *arguments):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def finish_request(self, connection, address):
                wrapped = context.wrap_socket(connection, server_side=True)
                super().finish_request(wrapped, address)

            def handle_error(self, request, address):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.authority.issue(self.address))
        return Server((self.address, 0), Handler)


def _write(handler, answer):
    if answer is None:
        handler.close_connection = True
        return
    if not isinstance(answer, Raw):
        answer = Raw(json.dumps(answer, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    handler.send_response(answer.status)
    headers = {"Content-Type": "application/json"} | answer.headers
    if isinstance(answer.body, bytes):
        headers.setdefault("Content-Length", str(len(answer.body)))
    else:
        handler.close_connection = True
        headers["Connection"] = "close"
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    for part in [answer.body] if isinstance(answer.body, bytes) else answer.body:
        handler.wfile.write(part)


def not_found(text="not found"):
    return Raw(json.dumps({"errcode": "M_NOT_FOUND", "error": text}).encode(), 404)


def multipart(content, headers="Content-Type: text/plain\r\n", boundary="gc0p4Jq0M2Yt08jU534c0p"):
    """A file as servers hand it to each other."""
    head = f"--{boundary}\r\nContent-Type: application/json\r\n\r\n{{}}\r\n--{boundary}\r\n{headers}\r\n"
    body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return Raw(body, headers={"Content-Type": f"multipart/mixed; boundary={boundary}"})


# -- the honest answers


@answers("GET", "/key/v2/server(?:/[^/]*)?")
def _key(peer, request):
    return peer.key_answer()


@answers("GET", "/federation/v1/version")
def _version(peer, request):
    return {"server": {"name": "peer", "version": "1"}}


@answers("PUT", "/federation/v1/send/([^/]+)")
def _send(peer, request, txn):
    peer.take_transaction(txn, request.json)
    return {"pdus": {}}


@answers("GET", "/federation/v1/event/([^/]+)")
def _event(peer, request, event_id):
    for room in peer.rooms.values():
        if event_id in room.events:
            return peer.transaction([room.events[event_id]])
    return not_found()


@answers("GET", "/federation/v1/state/([^/]+)")
def _state(peer, request, room_id):
    room = peer.rooms.get(room_id)
    if not room:
        return not_found()
    state = room.state_events()
    return {"pdus": state, "auth_chain": room.auth_chain(room.id_of(e) for e in state)}


@answers("GET", "/federation/v1/state_ids/([^/]+)")
def _state_ids(peer, request, room_id):
    room = peer.rooms.get(room_id)
    if not room:
        return not_found()
    ids = list(room.state.values())
    return {"pdu_ids": ids, "auth_chain_ids": [room.id_of(e) for e in room.auth_chain(ids)]}


@answers("GET", "/federation/v1/event_auth/([^/]+)/([^/]+)")
def _event_auth(peer, request, room_id, event_id):
    room = peer.rooms.get(room_id)
    if not room or event_id not in room.events:
        return not_found()
    return {"auth_chain": room.auth_chain([event_id])}


@answers("GET", "/federation/v1/backfill/([^/]+)")
def _backfill(peer, request, room_id):
    room = peer.rooms.get(room_id)
    limit = int(request.query.get("limit", ["10"])[0])
    if not room:
        return not_found()
    with room.lock:
        known = [i for i in room.order if i in request.query.get("v", [])]
        end = max((room.order.index(i) for i in known), default=len(room.order) - 1) + 1
        return peer.transaction([room.events[i] for i in room.order[max(0, end - limit) : end]][::-1])


@answers("POST", "/federation/v1/get_missing_events/([^/]+)")
def _missing_events(peer, request, room_id):
    room = peer.rooms.get(room_id)
    if not room:
        return not_found()
    limit, have = request.json.get("limit", 10), set(request.json["earliest_events"])
    todo, found = list(request.json["latest_events"]), {}
    while todo and len(found) < limit:
        for parent in room.events.get(todo.pop(0), {}).get("prev_events", []):
            if parent in room.order and parent not in have and parent not in found:
                found[parent] = room.events[parent]
                todo.append(parent)
    return {"events": list(found.values())[:limit][::-1]}


@answers("GET", "/federation/v1/make_(join|leave|knock)/([^/]+)/([^/]+)")
def _make(peer, request, membership, room_id, user):
    room = peer.rooms.get(room_id)
    if not room:
        return not_found()
    event = room.template(user, "m.room.member", {"membership": membership}, user)
    return {"event": event, "room_version": room.version}


@answers("PUT", "/federation/v[12]/send_(join|leave|knock)/([^/]+)/([^/]+)")
def _send_membership(peer, request, membership, room_id, event_id):
    room = peer.rooms.get(room_id)
    if not room:
        return not_found()
    state = room.state_events()
    chain = room.auth_chain([room.id_of(e) for e in state])
    with peer.news:
        room.add(request.json)
        peer.news.notify_all()
    if membership == "leave":
        return {}
    if membership == "knock":
        return {"knock_room_state": [stripped(e) for e in state if e["type"] != "m.room.member"]}
    return {
        "event": request.json,
        "state": state,
        "auth_chain": chain,
        "members_omitted": False,
        "origin": peer.name,
        "servers_in_room": sorted(room.servers()),
    }


@answers("PUT", "/federation/v2/invite/([^/]+)/([^/]+)")
def _invite(peer, request, room_id, event_id):
    event = request.json["event"]
    events.sign_event(event, request.json["room_version"], peer.name, peer.key)
    with peer.news:
        peer.invites[room_id] = event
        peer.news.notify_all()
    return {"event": event}


@answers("GET", "/federation/v1/query/profile")
def _profile(peer, request):
    profile = peer.profiles.get(request.query["user_id"][0])
    field = request.query.get("field", [None])[0]
    if profile is None:
        return not_found()
    return profile if field is None else {k: v for k, v in profile.items() if k == field}


@answers("GET", "/federation/v1/query/directory")
def _directory(peer, request):
    alias = request.query["room_alias"][0]
    for room in peer.rooms.values():
        if (room.content("m.room.canonical_alias") or {}).get("alias") == alias:
            return {"room_id": room.id, "servers": sorted(room.servers())}
    return not_found()


@answers("GET", "/federation/v1/media/download/([^/]+)")
def _media(peer, request, media_id):
    return multipart(peer.files[media_id]) if media_id in peer.files else not_found()


@answers("GET", "/media/v3/download/([^/]+)/([^/]+)")
def _old_media(peer, request, server, media_id):
    return Raw(peer.files[media_id], headers={"Content-Type": "text/plain"}) if media_id in peer.files else not_found()


@answers("GET", "/federation/v1/user/devices/([^/]+)")
def _user_devices(peer, request, user):
    return peer.devices.get(user) or {"user_id": user, "stream_id": 1, "devices": []}


@answers("POST", "/federation/v1/user/keys/query")
def _keys_query(peer, request):
    answer = {"device_keys": {}}
    for user in request.json["device_keys"]:
        for member, value in peer.keys.get(user, {}).items():
            answer.setdefault(member, {})[user] = value
    return answer


@answers("POST", "/federation/v1/user/keys/claim")
def _keys_claim(peer, request):
    answer = {}
    for user, devices in request.json["one_time_keys"].items():
        for device in devices:
            left = peer.one_time_keys.get(user, {}).get(device, [])
            if left:
                answer.setdefault(user, {})[device] = left.pop(0)
    return {"one_time_keys": answer}


@answers("GET", "/federation/v1/publicRooms")
def _public_rooms(peer, request):
    return {"chunk": peer.public_rooms, "total_room_count_estimate": len(peer.public_rooms)}


@answers("POST", "/federation/v1/publicRooms")
def _search_public_rooms(peer, request):
    return {"chunk": peer.public_rooms, "total_room_count_estimate": len(peer.public_rooms)}


def stripped(event):
    return {k: event[k] for k in ("type", "state_key", "content", "sender")}
