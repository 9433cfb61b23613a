"""../shared/adversarial/federation_remote.jsonl: what an evil server answers to questions of ours."""

import time

import pytest

from conformance.client import unique, until

from . import events
from .peer import Peer, Raw, multipart, not_found
from .room import Room
from .stage import Stage, cases, unchecked

CASES = cases("federation_remote.jsonl")
# Played elsewhere: common/federation's tests resolve names against a fake network.
NAMES = ("well-known", "dns")
# Parley does not fetch these yet.
LATER = ("push", "appservice")
PLAYS = {}


def plays(case_id):
    def register(function):
        PLAYS[case_id] = function
        return function

    return register


@pytest.fixture(scope="module")
def stage(target, authority):
    stage = Stage(target, authority, "11")
    yield stage
    stage.close()


@pytest.fixture
def evil(authority):
    peer = Peer(authority)
    yield peer
    peer.close()


@pytest.mark.parametrize("case", CASES, ids=[c["id"] for c in CASES])
def test_is_survived(stage, evil, case):
    if case["endpoint"] in NAMES:
        pytest.skip("in common/federation")
    if case["endpoint"] in LATER:
        pytest.skip("not fetched yet")
    PLAYS[case["id"]](stage, evil, unchecked(stage.server.user()))
    stage.room_is_usable()
    stage.federation_is_up()


def join(user, room, via):
    return user.post("join", room.id, query={"via": via.name, "server_name": via.name})


def refused(reply):
    assert 400 <= reply.status < 500 or reply.status == 502, reply


def evil_room(evil, version="11"):
    return Room.create(evil, version, evil.user("eve"))


def template_with(evil, user, **changes):
    """A join at a room whose template the evil server has changed: nothing of it may be signed."""
    room = evil_room(evil)

    def lie(peer, request, membership, room_id, user_id):
        event = room.template(user_id, "m.room.member", {"membership": membership}, user_id)
        return {"event": event | changes, "room_version": "11"}

    evil.lies["make"] = lie
    return room, lie


@plays("remote-make_join-template-type")
def _(stage, evil, user):
    room, _ = template_with(evil, user, type="m.room.power_levels", state_key="")
    reply = join(user, room, evil)
    assert_only_own_join(evil, user, reply)


@plays("remote-make_join-template-sender")
def _(stage, evil, user):
    room, _ = template_with(evil, user, sender=stage.victim.user_id, state_key=stage.victim.user_id)
    assert_only_own_join(evil, user, join(user, room, evil))


@plays("remote-make_join-template-room")
def _(stage, evil, user):
    room, _ = template_with(evil, user, room_id=stage.room_id)
    assert_only_own_join(evil, user, join(user, room, evil))


def assert_only_own_join(evil, user, reply):
    """Either nothing was signed, or what was is the user's own join at the room that was asked for."""
    refused(reply)
    for room in evil.rooms.values():
        assert user.user_id not in room.members()


@plays("remote-make_leave-template-type")
def _(stage, evil, user):
    room = evil_room(evil)
    join(user, room, evil).ok()
    room.wait_until(lambda: user.user_id in room.members())
    template_with_leave(evil, room)
    user.post("rooms", room.id, "leave").ok()


def template_with_leave(evil, room):
    def lie(peer, request, membership, room_id, user_id):
        event = room.template(user_id, "m.room.power_levels", {"users": {}}, "")
        return {"event": event, "room_version": room.version}

    evil.lies["make"] = lie


@plays("remote-make_knock-template-member")
def _(stage, evil, user):
    room = evil_room(evil)
    room.add(room.build(evil.user("eve"), "m.room.join_rules", {"join_rule": "knock"}, ""))

    def lie(peer, request, membership, room_id, user_id):
        event = room.template(user_id, "m.room.member", {"membership": "join"}, user_id)
        return {"event": event, "room_version": "11"}

    evil.lies["make"] = lie
    user.post("knock", room.id, query={"via": evil.name, "server_name": evil.name})
    assert user.user_id not in room.members("join")


@plays("remote-make_join-version-unknown")
def _(stage, evil, user):
    room = evil_room(evil)
    honest = room.template(user.user_id, "m.room.member", {"membership": "join"}, user.user_id)
    evil.lies["make"] = lambda *_: {"event": honest, "room_version": "99999"}
    reply = join(user, room, evil)
    reply.refused(400, "M_UNSUPPORTED_ROOM_VERSION", "M_INCOMPATIBLE_ROOM_VERSION")


@plays("remote-make_join-huge")
def _(stage, evil, user):
    room = evil_room(evil)
    evil.lies["make"] = lambda *_: {"event": {"x": "x" * 10_000_000}, "room_version": "11"}
    refused(join(user, room, evil))


def lie_about_join(evil, room, change):
    """send_join answers what `change` makes of the honest answer."""
    from .peer import _send_membership as honest

    evil.lies["send_membership"] = lambda *asked: change(honest(*asked))


def joins_not(stage, evil, user, change):
    room = evil_room(evil)
    lie_about_join(evil, room, change)
    refused(join(user, room, evil))
    assert room.id not in user.get("joined_rooms").ok()["joined_rooms"]


@plays("remote-send_join-nocreate")
def _(stage, evil, user):
    def change(answer):
        for member in ("state", "auth_chain"):
            answer[member] = [e for e in answer[member] if e["type"] != "m.room.create"]
        return answer

    joins_not(stage, evil, user, change)


@plays("remote-send_join-badsig")
def _(stage, evil, user):
    def change(answer):
        answer["state"] = [
            dict(e, signatures={evil.name: {"ed25519:1": "A" * 86}}) if e["type"] == "m.room.member" else e
            for e in answer["state"]
        ]
        answer["auth_chain"] = answer["state"]
        return answer

    joins_not(stage, evil, user, change)


@plays("remote-send_join-other-room")
def _(stage, evil, user):
    other = evil_room(evil)

    def change(answer):
        answer["state"] = other.state_events()
        answer["auth_chain"] = other.state_events()
        return answer

    joins_not(stage, evil, user, change)


@plays("remote-send_join-malformed-one")
def _(stage, evil, user):
    room = evil_room(evil)

    def change(answer):
        answer["state"] = [*answer["state"], {"type": 5, "state_key": [], "content": "x"}]
        return answer

    lie_about_join(evil, room, change)
    join(user, room, evil).ok()
    room.say(evil.user("eve"), "hello")
    until(lambda: "hello" in [e["content"].get("body") for e in user.messages(room.id)["chunk"]])


@plays("remote-send_join-200mb")
def _(stage, evil, user):
    room = evil_room(evil)

    def endless(*_):
        def parts():
            yield b'{"state":['
            for _ in range(200):
                yield b'{"type":"m.x","pad":"' + b"x" * 1_000_000 + b'"},'

        return Raw(parts())

    evil.lies["send_membership"] = endless
    refused(join(user, room, evil))


@plays("remote-send_join-notlist")
def _(stage, evil, user):
    joins_not(stage, evil, user, lambda answer: answer | {"state": {}, "auth_chain": {}})


def with_gap(stage, evil, user):
    """A room of the evil server that our user is in, and an event in it whose past we don't have."""
    room = evil_room(evil)
    join(user, room, evil).ok()
    room.wait_until(lambda: user.user_id in room.members())
    missing = room.build(evil.user("eve"), "m.room.message", {"body": "missing", "msgtype": "m.text"})
    room.add(missing)
    last = room.build(evil.user("eve"), "m.room.message", {"body": "last", "msgtype": "m.text"})
    room.add(last)
    return room, missing, last


def see(user, room):
    return [e["content"].get("body") for e in user.messages(room.id, limit=100)["chunk"]]


@plays("remote-missing-events-unsigned")
def _(stage, evil, user):
    room, missing, last = with_gap(stage, evil, user)
    forged = dict(missing, signatures={})
    evil.lies["missing_events"] = lambda *_: {"events": [forged]}
    evil.lies["event"] = lambda *_: not_found()
    evil.send_transaction(stage.server.name, pdus=[last])
    assert "missing" not in see(user, room)


@plays("remote-missing-events-endless")
def _(stage, evil, user):
    room, missing, last = with_gap(stage, evil, user)

    def another(*_):
        event = room.template(evil.user("eve"), "m.room.message", {"body": "endless"})
        event["prev_events"] = ["$" + unique("e").ljust(43, "x")[:43]]
        return {"events": [room.sign(event)]}

    evil.lies["missing_events"] = another
    before = len(evil.requests)
    evil.send_transaction(stage.server.name, pdus=[last])
    assert len(evil.requests) - before < 100


@plays("remote-state_ids-million")
def _(stage, evil, user):
    room, missing, last = with_gap(stage, evil, user)
    evil.lies["missing_events"] = lambda *_: {"events": []}
    ids = [f"${n:043d}" for n in range(1_000_000)]
    evil.lies["state_ids"] = lambda *_: {"pdu_ids": ids, "auth_chain_ids": ids}
    evil.send_transaction(stage.server.name, pdus=[last])


@plays("remote-event_auth-cycle")
def _(stage, evil, user):
    room, missing, last = with_gap(stage, evil, user)
    loop = room.build(evil.user("eve"), "m.room.topic", {"topic": "x"}, "")
    loop["auth_events"] = ["$" + "L" * 43]
    loop = room.sign(loop)
    evil.lies["event_auth"] = lambda *_: {"auth_chain": [loop, loop]}
    odd = room.template(evil.user("eve"), "m.room.message", {"body": "odd"})
    odd["auth_events"].append(room.id_of(loop))
    evil.send_transaction(stage.server.name, pdus=[room.sign(odd)])


def history(stage, evil, user, chunk):
    """Pages back to the beginning of the evil server's room, which answers `chunk` to backfill."""
    room = evil_room(evil)
    for n in range(3):
        room.add(room.build(evil.user("eve"), "m.room.message", {"body": f"old{n}", "msgtype": "m.text"}))
    join(user, room, evil).ok()
    evil.lies["backfill"] = lambda peer, request, room_id: peer.transaction(chunk(room))
    found, start = [], {}
    for _ in range(10):
        page = user.messages(room.id, limit=50, **start)
        found += page["chunk"]
        if "end" not in page:
            break
        start = {"from": page["end"]}
    return room, found


@plays("remote-backfill-foreign")
def _(stage, evil, user):
    other = evil_room(evil)
    foreign = other.build(evil.user("eve"), "m.room.message", {"body": "foreign"})
    room, found = history(stage, evil, user, lambda room: [foreign])
    assert "foreign" not in [e["content"].get("body") for e in found]


@plays("remote-backfill-reorder")
def _(stage, evil, user):
    def chunk(room):
        newer = room.build(evil.user("eve"), "m.room.message", {"body": "newer"})
        return [newer, *(room.events[i] for i in room.order[::-1])]

    room, found = history(stage, evil, user, chunk)
    ids = [e["event_id"] for e in found]
    assert len(ids) == len(set(ids))


def key_lie(stage, evil, user, answer):
    """A transaction of a server whose keys are a lie is refused."""
    evil.lies["key"] = answer
    reply = evil.send_transaction(stage.server.name)
    assert reply.status_code in (401, 403), reply.text


@plays("remote-key-server-wrongname")
def _(stage, evil, user):
    def answer(peer, request):
        keys = peer.key_answer() | {"server_name": stage.good.name}
        keys.pop("signatures")
        return events.sign_json(keys, peer.name, peer.key)

    key_lie(stage, evil, user, answer)


@plays("remote-key-server-selfsig")
def _(stage, evil, user):
    def answer(peer, request):
        keys = peer.key_answer()
        keys["signatures"] = {peer.name: {peer.key.id: "A" * 86}}
        return keys

    key_lie(stage, evil, user, answer)


@plays("remote-key-server-validforever")
def _(stage, evil, user):
    evil.lies["key"] = lambda peer, request: peer.key_answer(valid_for_ms=250_000_000_000_000)
    evil.send_transaction(stage.server.name)


@plays("remote-key-server-million")
def _(stage, evil, user):
    many = {f"ed25519:{n}": {"key": "A" * 43} for n in range(1_000_000)}
    key_lie(stage, evil, user, lambda peer, request: peer.key_answer() | {"verify_keys": many})


@plays("remote-key-server-nested")
def _(stage, evil, user):
    deep = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    key_lie(stage, evil, user, lambda peer, request: Raw(deep))


@plays("remote-key-server-slow")
def _(stage, evil, user):
    def slow(peer, request):
        def drip():
            for _ in range(60):
                time.sleep(1)
                yield b" "

        return Raw(drip())

    started = time.monotonic()
    key_lie(stage, evil, user, slow)
    assert time.monotonic() - started < 55


def speak_to(stage, evil, user, answer):
    """Our user speaks in a room with a server that answers transactions so; what it says arrives once it answers well."""
    room = evil_room(evil)
    join(user, room, evil).ok()
    room.wait_until(lambda: user.user_id in room.members())
    evil.lies["send"] = answer
    sent = [unique("said") for _ in range(3)]
    for text in sent:
        user.send(room.id, text)
    until(lambda: evil.asked("/send/"))
    stage.federation_is_up()
    evil.lies.clear()
    room.say(evil.user("eve"), "speaking ends the back-off")
    for text in sent:
        room.wait_for_body(text)
    bodies = [b for b in room.bodies() if b in sent]
    assert bodies == sent


@plays("remote-txn-429")
def _(stage, evil, user):
    body = b'{"errcode":"M_LIMIT_EXCEEDED","error":"slow down","retry_after_ms":60000}'
    speak_to(stage, evil, user, lambda *_: Raw(body, 429, {"Retry-After": "60"}))


@plays("remote-txn-500")
def _(stage, evil, user):
    speak_to(stage, evil, user, lambda *_: Raw(b"{}", 500))


@plays("remote-txn-hang")
def _(stage, evil, user):
    def hang(*_):
        time.sleep(40)

    room = evil_room(evil)
    join(user, room, evil).ok()
    evil.lies["send"] = hang
    user.send(room.id, "into the void")
    until(lambda: evil.asked("/send/"))
    stage.federation_is_up()


@plays("remote-txn-200-garbage")
def _(stage, evil, user):
    room = evil_room(evil)
    join(user, room, evil).ok()
    room.wait_until(lambda: user.user_id in room.members())
    evil.lies["send"] = lambda *_: Raw(b"<html>")
    user.send(room.id, "one")
    until(lambda: evil.asked("/send/"))
    evil.lies.clear()
    room.say(evil.user("eve"), "here again")
    text = unique("two")
    user.send(room.id, text)
    room.wait_for_body(text)


@plays("remote-profile-types")
def _(stage, evil, user):
    evil.lies["profile"] = lambda *_: {"displayname": 5, "avatar_url": {"x": 1}, "m.tz": "UTC"}
    reply = user.get("profile", evil.user("eve"))
    assert reply.status in (200, 404)
    if reply.status == 200:
        assert "displayname" not in reply.body and "avatar_url" not in reply.body


@plays("remote-profile-huge")
def _(stage, evil, user):
    evil.lies["profile"] = lambda *_: {"displayname": "x" * 10_000_000}
    refused(user.get("profile", evil.user("eve")))


@plays("remote-directory-types")
def _(stage, evil, user):
    evil.lies["directory"] = lambda *_: {"room_id": 5, "servers": "x"}
    refused(user.get("directory", "room", f"#x:{evil.name}"))


@plays("remote-devices-million")
def _(stage, evil, user):
    devices = [{"device_id": f"D{n}", "keys": {}} for n in range(1_000_000)]
    eve = evil.user("eve")
    evil.lies["user_devices"] = lambda *_: {"user_id": eve, "stream_id": 1, "devices": devices}
    user.post("keys", "query", json={"device_keys": {eve: []}}).ok()


@plays("remote-keys-otheruser")
def _(stage, evil, user):
    eve, victim = evil.user("eve"), stage.victim.user_id
    keys = {"user_id": victim, "device_id": "D", "algorithms": [], "keys": {}, "signatures": {}}
    evil.lies["keys_query"] = lambda *_: {"device_keys": {victim: {"D": keys}, eve: {"D": keys}}}
    told = user.post("keys", "query", json={"device_keys": {eve: []}}).ok()
    assert victim not in told["device_keys"]
    assert not told["device_keys"].get(eve)


@plays("remote-hierarchy-cycle")
def _(stage, evil, user):
    space = user.create_room(creation_content={"type": "m.space"})
    child = f"!child:{evil.name}"
    user.set_state(space, "m.space.child", {"via": [evil.name]}, child)
    user.get("rooms", space, "hierarchy", v="v1").ok()


@plays("remote-publicrooms-types")
def _(stage, evil, user):
    evil.lies["public_rooms"] = lambda *_: {"chunk": [{"room_id": 5}, "x", {"num_joined_members": "y"}]}
    reply = user.get("publicRooms", query={"server": evil.name})
    assert reply.status < 500
    if reply.status == 200:
        assert reply.body["chunk"] == []


def fetch(user, evil):
    """Asks for a file of the evil server: it is not there."""
    reply = user.get(f"/_matrix/client/v1/media/download/{evil.name}/{unique('file')}")
    refused(reply)


@plays("remote-media-redirect-internal")
def _(stage, evil, user):
    for url in ("https://10.1.2.3/secret", "http://169.254.169.254/latest/meta-data", "file:///etc/passwd"):
        evil.lies["media"] = lambda *_: multipart(b"", f"Location: {url}\r\n")
        fetch(user, evil)


@plays("remote-media-endless")
def _(stage, evil, user):
    def endless(*_):
        whole = multipart(b"x" * (1 << 20))

        def parts():
            yield whole.body
            while True:
                yield b"x" * (1 << 20)

        return Raw(parts(), headers=whole.headers)

    evil.lies["media"] = endless
    fetch(user, evil)


@plays("remote-media-lying-length")
def _(stage, evil, user):
    whole = multipart(b"x" * 1000)
    evil.lies["media"] = lambda *_: Raw(whole.body, headers=whole.headers | {"Content-Length": "10"})
    fetch(user, evil)


@plays("remote-media-multipart-bomb")
def _(stage, evil, user):
    part = b"--b\r\nContent-Type: application/json\r\n\r\n{}\r\n"
    headers = {"Content-Type": "multipart/mixed; boundary=b"}
    evil.lies["media"] = lambda *_: Raw(part * 100_000 + b"--b--\r\n", headers=headers)
    fetch(user, evil)


def preview(user, evil, lie):
    """Asks for the preview of a page of the evil server."""
    evil.lies["old_media"] = lambda *_: lie
    url = f"https://{evil.name}/_matrix/media/v3/download/pages/{unique('page')}"
    return user.get("/_matrix/client/v1/media/preview_url", query={"url": url})


def html(text):
    return Raw(text.encode(), headers={"Content-Type": "text/html"})


@plays("remote-preview-redirect-internal")
def _(stage, evil, user):
    for url in ("http://127.0.0.1/", "https://10.1.2.3/", "https://localhost.invalid/", "//169.254.169.254/"):
        refused(preview(user, evil, Raw(b"", 302, {"Location": url})))


@plays("remote-preview-oembed-internal")
def _(stage, evil, user):
    link = f'<link rel="alternate" type="application/json+oembed" href="https://{evil.name}/_matrix/oembed">'
    assert preview(user, evil, html(link)).ok() == {}
    assert evil.asked("oembed") == 0


@plays("remote-preview-nested-html")
def _(stage, evil, user):
    assert preview(user, evil, html("<div>" * 100_000)).ok() == {}


@plays("remote-preview-stream")
def _(stage, evil, user):
    def endless():
        while True:
            yield b"x" * (1 << 20)

    refused(preview(user, evil, Raw(endless(), headers={"Content-Type": "audio/mpeg"})))
