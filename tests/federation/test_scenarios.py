"""Users of two servers in the same rooms: nothing tells who is where. Each runs with every pair of servers, both ways."""

import pytest

from conformance import keys
from conformance.client import bodies, first, ids, initial, unique, until


class Shared:
    """A room made by `near` on the first server, joined by `far` on the second."""

    def __init__(self, pair, version="11", **options):
        self.here, self.there = pair
        self.near, self.far = self.here.user(), self.there.user()
        options.setdefault("preset", "public_chat")
        self.room = self.near.create_room(room_version=version, **options)

    def join(self, user=None):
        join(user or self.far, self.room, self.here)
        return self

    def joined(self):
        """With both in it, as both sides see."""
        self.join()
        self.near.wait_for_membership(self.room, self.far, "join")
        return self


def join(user, room, via):
    user.post("join", room, query={"via": via.name, "server_name": via.name}).ok()


@pytest.fixture
def shared(pair):
    return Shared(pair).joined()


def sees_message(user, room, text):
    user.sync_until(lambda sync: text in bodies(sync.timeline(room)))


def sees_state(user, room, type, key, condition):
    """Waits until the room's current state, as this user's server has it, meets the condition."""

    def read():
        reply = user.get("rooms", room, "state", type, key)
        return reply.body if reply.status == 200 else {}

    return until(read, condition)


def sees_membership(user, room, other, membership):
    sees_state(user, room, "m.room.member", other.user_id, lambda c: c.get("membership") == membership)


def state_of(user, room):
    """Event ids by type and state key."""
    events = user.get("rooms", room, "state").ok()
    return {(e["type"], e["state_key"]): e["event_id"] for e in events}


def converge(near, far, room):
    until(lambda: (state_of(near, room), state_of(far, room)), lambda both: both[0] == both[1])


# -- rooms


@pytest.mark.parametrize("version", ["10", "11", "12"])
def test_join_and_talk(pair, version):
    shared = Shared(pair, version).joined()
    shared.near.send(shared.room, "near says")
    sees_message(shared.far, shared.room, "near says")
    shared.far.send(shared.room, "far says")
    sees_message(shared.near, shared.room, "far says")
    converge(shared.near, shared.far, shared.room)


def test_many_messages_arrive_once_and_in_order(shared):
    sent = [f"n{n}" for n in range(120)]
    for text in sent:
        shared.near.send(shared.room, text)
    seen = until(
        lambda: [b for b in bodies(shared.far.messages(shared.room, limit=200)["chunk"])][::-1],
        lambda found: len(found) >= len(sent),
    )
    assert seen == sent


def test_state_and_power_levels(shared):
    shared.near.set_state(shared.room, "m.room.topic", {"topic": "one"})
    sees_state(shared.far, shared.room, "m.room.topic", "", lambda c: c.get("topic") == "one")
    shared.far.put("rooms", shared.room, "state", "m.room.name", "", json={"name": "mine"}).refused(403)
    shared.near.change_power(shared.room, users={shared.far.user_id: 100})
    sees_state(
        shared.far,
        shared.room,
        "m.room.power_levels",
        "",
        lambda c: c.get("users", {}).get(shared.far.user_id) == 100,
    )
    shared.far.set_state(shared.room, "m.room.name", {"name": "mine"})
    sees_state(shared.near, shared.room, "m.room.name", "", lambda c: c.get("name") == "mine")
    converge(shared.near, shared.far, shared.room)


def test_kick_and_return(shared):
    shared.near.kick(shared.room, shared.far)
    shared.far.sync_until(lambda sync: sync.has_room(shared.room, "leave"), filter=LEAVES)
    shared.join()
    sees_membership(shared.near, shared.room, shared.far, "join")
    shared.near.send(shared.room, "welcome back")
    sees_message(shared.far, shared.room, "welcome back")


LEAVES = {"room": {"include_leave": True}}


def test_ban(shared):
    shared.near.ban(shared.room, shared.far)
    shared.far.sync_until(lambda sync: sync.has_room(shared.room, "leave"), filter=LEAVES)
    reply = shared.far.post("join", shared.room, query={"via": shared.here.name})
    assert reply.status == 403, reply
    shared.near.post("rooms", shared.room, "unban", json={"user_id": shared.far.user_id}).ok()
    shared.join()
    sees_membership(shared.near, shared.room, shared.far, "join")


def test_redaction_both_ways(shared):
    for writer, reader in [(shared.near, shared.far), (shared.far, shared.near)]:
        text = unique("secret")
        event_id = writer.send(shared.room, text)
        sees_message(reader, shared.room, text)
        writer.redact(shared.room, event_id)
        until(lambda: reader.event(shared.room, event_id), lambda e: "body" not in e["content"])


def test_leave_and_rejoin(shared):
    shared.far.leave(shared.room)
    sees_membership(shared.near, shared.room, shared.far, "leave")
    shared.near.send(shared.room, "while away")
    shared.join()
    sees_membership(shared.near, shared.room, shared.far, "join")
    shared.near.send(shared.room, "after")
    sees_message(shared.far, shared.room, "after")
    shared.far.send(shared.room, "from the returned")
    sees_message(shared.near, shared.room, "from the returned")


def test_invite_then_join(pair):
    shared = Shared(pair, preset="private_chat", name="invited")
    shared.near.invite(shared.room, shared.far)
    answer = shared.far.sync_until(lambda sync: sync.has_room(shared.room, "invite"))
    names = [e for e in answer.stripped(shared.room) if e["type"] == "m.room.name"]
    assert [e["content"]["name"] for e in names] == ["invited"]
    shared.far.post("join", shared.room).ok()
    sees_membership(shared.near, shared.room, shared.far, "join")
    shared.far.send(shared.room, "here")
    sees_message(shared.near, shared.room, "here")


def test_invite_rejected(pair):
    shared = Shared(pair, preset="private_chat")
    shared.near.invite(shared.room, shared.far)
    shared.far.sync_until(lambda sync: sync.has_room(shared.room, "invite"))
    shared.far.leave(shared.room)
    sees_membership(shared.near, shared.room, shared.far, "leave")


def test_invite_withdrawn(pair):
    shared = Shared(pair, preset="private_chat")
    shared.near.invite(shared.room, shared.far)
    since = shared.far.sync_until(lambda sync: sync.has_room(shared.room, "invite")).token
    shared.near.kick(shared.room, shared.far)
    shared.far.sync_until(lambda sync: sync.has_room(shared.room, "leave"), since)


def test_invite_by_the_joined_side(pair):
    shared = Shared(pair, preset="private_chat")
    shared.near.invite(shared.room, shared.far)
    shared.far.sync_until(lambda sync: sync.has_room(shared.room, "invite"))
    shared.far.post("join", shared.room).ok()
    shared.near.change_power(shared.room, users={shared.far.user_id: 50})
    sees_state(
        shared.far,
        shared.room,
        "m.room.power_levels",
        "",
        lambda c: shared.far.user_id in c.get("users", {}),
    )
    third = shared.here.user()
    shared.far.invite(shared.room, third)
    third.sync_until(lambda sync: sync.has_room(shared.room, "invite"))
    third.post("join", shared.room).ok()
    sees_membership(shared.far, shared.room, third, "join")


def test_knock_and_be_let_in(pair):
    shared = Shared(pair, initial_state=[initial("m.room.join_rules", {"join_rule": "knock"})])
    shared.far.post("knock", shared.room, query={"via": shared.here.name, "server_name": shared.here.name}).ok()
    sees_membership(shared.near, shared.room, shared.far, "knock")
    shared.near.invite(shared.room, shared.far)
    shared.far.sync_until(lambda sync: sync.has_room(shared.room, "invite"))
    shared.far.post("join", shared.room).ok()
    sees_membership(shared.near, shared.room, shared.far, "join")


@pytest.mark.parametrize("version", ["10", "11", "12"])
def test_restricted_join(pair, version):
    club = Shared(pair, version)
    allow = [{"type": "m.room_membership", "room_id": club.room}]
    rules = initial("m.room.join_rules", {"join_rule": "restricted", "allow": allow})
    room = club.near.create_room(room_version=version, initial_state=[rules])
    query = {"via": club.here.name, "server_name": club.here.name}
    assert club.far.post("join", room, query=query).status == 403
    club.joined()
    club.far.post("join", room, query=query).ok()
    sees_membership(club.near, room, club.far, "join")
    club.far.send(room, "a member")
    sees_message(club.near, room, "a member")


def test_join_by_alias(pair):
    shared = Shared(pair, room_alias_name=unique("alias"))
    alias = shared.near.state(shared.room, "m.room.canonical_alias")["alias"]
    assert shared.far.get("directory", "room", alias).ok()["room_id"] == shared.room
    assert shared.far.post("join", alias).ok()["room_id"] == shared.room
    sees_membership(shared.near, shared.room, shared.far, "join")


def test_history_is_backfilled(pair):
    shared = Shared(pair)
    sent = [f"old{n}" for n in range(40)]
    for text in sent:
        shared.near.send(shared.room, text)
    shared.joined()

    read = lambda: history(shared.far, shared.room)
    assert until(read, lambda found: len(found) >= len(sent)) == sent


def test_a_page_longer_than_what_is_fetched_at_once_does_not_end_history(pair):
    shared = Shared(pair)
    sent = [f"old{n}" for n in range(250)]
    for text in sent:
        shared.near.send(shared.room, text)
    shared.joined()

    assert history(shared.far, shared.room, limit=200) == sent


def history(user, room, limit=30):
    """The texts of all messages that paging back finds, oldest first."""
    found, start = [], {}
    while True:
        page = user.messages(room, limit=limit, **start)
        found += bodies(page["chunk"])
        if "end" not in page or not page["chunk"]:
            return found[::-1]
        start = {"from": page["end"]}


def test_public_rooms_of_the_other_server(pair):
    shared = Shared(pair, name=unique("listed"), visibility="public")
    found = shared.far.get("publicRooms", query={"server": shared.here.name, "limit": 500}).ok()
    assert shared.room in [room["room_id"] for room in found["chunk"]]
    name = shared.near.state(shared.room, "m.room.name")["name"]
    body = {"filter": {"generic_search_term": name}}
    found = shared.far.post("publicRooms", query={"server": shared.here.name}, json=body).ok()
    assert [room["room_id"] for room in found["chunk"]] == [shared.room]


# -- what is no event


def test_typing(shared):
    for typist, reader in [(shared.near, shared.far), (shared.far, shared.near)]:
        # Before, not beside it: what comes while Synapse makes a first answer is neither in it nor after its token.
        since = reader.sync().token
        body = {"typing": True, "timeout": 20000}
        typist.put("rooms", shared.room, "typing", typist.user_id, json=body).ok()
        reader.sync_until(
            lambda sync: typist.user_id
            in (sync.ephemeral(shared.room, "m.typing") or {"content": {"user_ids": []}})["content"]["user_ids"],
            since,
        )


def test_receipts(shared):
    for writer, reader in [(shared.near, shared.far), (shared.far, shared.near)]:
        text = unique("m")
        event_id = writer.send(shared.room, text)
        sees_message(reader, shared.room, text)
        since = writer.sync().token
        reader.post("rooms", shared.room, "receipt", "m.read", event_id).ok()

        def read(sync):
            receipt = sync.ephemeral(shared.room, "m.receipt")
            return receipt and reader.user_id in receipt["content"].get(event_id, {}).get("m.read", {})

        writer.sync_until(read, since)


def test_presence(shared):
    for user, watcher in [(shared.near, shared.far), (shared.far, shared.near)]:
        text = unique("status")
        body = {"presence": "online", "status_msg": text}
        user.put("presence", user.user_id, "status", json=body).ok()
        watcher.sync_until(
            lambda sync: (sync.presence(user.user_id) or {"content": {}})["content"].get("status_msg") == text
        )


def test_presence_of_who_was_there_before(pair):
    shared = Shared(pair)
    texts = {user: unique("status") for user in (shared.near, shared.far)}
    for user, text in texts.items():
        body = {"presence": "online", "status_msg": text}
        user.put("presence", user.user_id, "status", json=body).ok()
    shared.joined()
    for user, watcher in [(shared.near, shared.far), (shared.far, shared.near)]:
        watcher.sync_until(
            lambda sync: (sync.presence(user.user_id) or {"content": {}})["content"].get("status_msg") == texts[user]
        )


def test_presence_has_names(shared):
    """Seed S64: the name is the member event's, as presence between servers has none. Synapse tells its users none."""
    for user, watcher, server in [(shared.near, shared.far, shared.there), (shared.far, shared.near, shared.here)]:
        for name in (unique("name"), unique("name")):
            user.put("profile", user.user_id, "displayname", json={"displayname": name}).ok()
            user.put("presence", user.user_id, "status", json={"presence": "online", "status_msg": name}).ok()
            if server.launcher.name != "synapse":
                watcher.sync_until(
                    lambda sync: (sync.presence(user.user_id) or {"content": {}})["content"].get("displayname") == name
                )


def test_profile(shared):
    for user, reader in [(shared.near, shared.far), (shared.far, shared.near)]:
        name = unique("name")
        user.put("profile", user.user_id, "displayname", json={"displayname": name}).ok()
        assert reader.get("profile", user.user_id).ok()["displayname"] == name
        assert reader.get("profile", user.user_id, "displayname").ok()["displayname"] == name
        sees_state(
            reader, shared.room, "m.room.member", user.user_id, lambda c: c.get("displayname") == name
        )


def test_device_lists(shared):
    for user, reader in [(shared.near, shared.far), (shared.far, shared.near)]:
        device = user.new_device()
        since = reader.sync().token
        uploaded = keys.upload_device(device)
        reader.sync_until(lambda sync: user.user_id in sync.changed(), since)

        def known():
            return keys.query(reader, user)["device_keys"].get(user.user_id, {}).get(device.device_id)

        found = until(known)
        assert found["keys"] == uploaded["keys"]


def test_one_time_keys(shared):
    for user, reader in [(shared.near, shared.far), (shared.far, shared.near)]:
        keys.upload_device(user)
        keys.upload(user, one_time_keys=keys.one_time_keys(user, 2))
        claimed = [keys.claim(reader, user) for _ in range(3)]
        assert claimed[0] and claimed[1] and claimed[0] != claimed[1]
        assert not claimed[2]


def test_signing_keys(shared):
    for user, reader in [(shared.near, shared.far), (shared.far, shared.near)]:
        since = reader.sync().token
        public = keys.random_key()
        master = {
            "user_id": user.user_id,
            "usage": ["master"],
            "keys": {f"ed25519:{public}": public},
        }
        user.with_uia("POST", "keys", "device_signing", "upload", json={"master_key": master}).ok()
        reader.sync_until(lambda sync: user.user_id in sync.changed(), since)
        found = until(lambda: keys.query(reader, user).get("master_keys", {}).get(user.user_id))
        assert found["keys"] == master["keys"]


def test_to_device(shared):
    for sender, receiver in [(shared.near, shared.far), (shared.far, shared.near)]:
        content = {"n": unique()}
        messages = {receiver.user_id: {receiver.device_id: content}}
        sender.put("sendToDevice", "com.example.whisper", unique("t"), json={"messages": messages}).ok()
        answer = receiver.sync_until(lambda sync: sync.to_device())
        event = first(answer.to_device())
        assert (event["sender"], event["content"]) == (sender.user_id, content)


# -- servers apart


def test_one_side_is_down_for_a_while(shared):
    """Messages and messages for devices wait for the server that is down."""
    shared.there.stop()
    sent = [f"while down {n}" for n in range(60)]
    for text in sent:
        shared.near.send(shared.room, text)
    messages = {shared.far.user_id: {shared.far.device_id: {"n": 1}}}
    shared.near.put("sendToDevice", "com.example.whisper", unique("t"), json={"messages": messages}).ok()
    shared.there.start()
    # Speaking ends the other side's back-off.
    shared.far.send(shared.room, "back again")
    sees_message(shared.near, shared.room, "back again")
    until(lambda: history(shared.far, shared.room), lambda found: set(sent) <= set(found))
    assert [text for text in history(shared.far, shared.room) if text in sent] == sent
    shared.far.sync_until(lambda sync: sync.to_device())


def test_conflicting_state_while_cut_apart(shared):
    shared.near.change_power(shared.room, users={shared.far.user_id: 100})
    sees_state(
        shared.far,
        shared.room,
        "m.room.power_levels",
        "",
        lambda c: shared.far.user_id in c.get("users", {}),
    )
    shared.here.link.cut()
    shared.there.link.cut()
    for user in (shared.near, shared.far):
        user.set_state(shared.room, "m.room.topic", {"topic": f"of {user.user_id}"})
        user.send(shared.room, f"alone {user.user_id}")
    shared.here.link.mend()
    shared.there.link.mend()
    for user in (shared.near, shared.far):
        user.send(shared.room, f"together {user.user_id}")
    for user in (shared.near, shared.far):
        for other in (shared.near, shared.far):
            sees_history(user, shared.room, f"alone {other.user_id}")
            sees_history(user, shared.room, f"together {other.user_id}")
    converge(shared.near, shared.far, shared.room)


def sees_history(user, room, text):
    until(lambda: bodies(user.messages(room, limit=100)["chunk"]), lambda found: text in found)


def test_every_event_is_the_same_event_everywhere(shared):
    event_id = shared.near.send(shared.room, {"msgtype": "m.text", "body": "x", "é": {"deep": [1, "☃"]}})
    shared.far.wait_for_event(shared.room, event_id)
    near, far = (user.event(shared.room, event_id) for user in (shared.near, shared.far))
    for member in ("content", "sender", "type", "origin_server_ts"):
        assert near[member] == far[member]
    assert event_id in ids(shared.far.messages(shared.room)["chunk"])
