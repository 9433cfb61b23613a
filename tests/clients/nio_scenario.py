"""Two users of matrix-nio in one room.

python -m clients.nio_scenario URL plain|encrypted ALICE BOB PASSWORD prints a line for each step.
It prints RESTART and waits for a line of input where the server is to be restarted.
"""

import asyncio
import logging
import sys
import tempfile
import time

import nio

WAIT_SECONDS = 30
OLD_MESSAGES = 12
MEGOLM = {
    "type": "m.room.encryption",
    "state_key": "",
    "content": {"algorithm": "m.megolm.v1.aes-sha2"},
}

logging.disable(logging.CRITICAL)


def step(text):
    print(f"  {text}", flush=True)


class User:
    """A nio client that keeps what it has seen."""

    def __init__(self, url, name, encrypted):
        config = nio.AsyncClientConfig(encryption_enabled=encrypted, store_sync_tokens=False)
        store = tempfile.mkdtemp(prefix="parley-nio-") if encrypted else ""
        self.client = nio.AsyncClient(url, name, store_path=store, config=config)
        self.events, self.typing, self.receipts = {}, [], []
        self.client.add_event_callback(self._on_event, nio.Event)
        self.client.add_ephemeral_callback(self._on_typing, nio.TypingNoticeEvent)
        self.client.add_ephemeral_callback(self._on_receipt, nio.ReceiptEvent)

    @property
    def id(self):
        return self.client.user_id

    async def log_in(self, password):
        expect(await self.client.login(password), nio.LoginResponse)
        await self.sync()

    async def sync(self):
        """One sync, and what a client does after it for the sake of encryption."""
        answer = await self.client.sync(timeout=500)
        if not isinstance(answer, nio.SyncResponse):
            return
        if self.client.olm:
            await self.client.send_to_device_messages()
            if self.client.should_upload_keys:
                await self.client.keys_upload()
            if self.client.should_query_keys:
                await self.client.keys_query()
            if self.client.should_claim_keys:
                await self.client.keys_claim(self.client.get_users_for_key_claiming())

    async def until(self, what, condition):
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            await self.sync()
            if value := condition():
                return value
        raise AssertionError(f"{self.id} waited in vain until {what}")

    async def send(self, room, content, type="m.room.message"):
        answer = await self.client.room_send(room, type, content, ignore_unverified_devices=True)
        return expect(answer, nio.RoomSendResponse).event_id

    async def say(self, room, body):
        return await self.send(room, {"msgtype": "m.text", "body": body})

    def receives(self, event_id, body):
        return self.until(
            f"{body!r} is there", lambda: getattr(self.events.get(event_id), "body", None) == body
        )

    async def _on_event(self, room, event):
        self.events[event.event_id] = event

    async def _on_typing(self, room, event):
        self.typing = event.users

    async def _on_receipt(self, room, event):
        self.receipts += event.receipts


def expect(answer, kind):
    assert isinstance(answer, kind), f"expected {kind.__name__}, got {answer}"
    return answer


async def join_by_invitation(alice, bob, room):
    expect(await alice.client.room_invite(room, bob.id), nio.RoomInviteResponse)
    await bob.until("the invitation is there", lambda: room in bob.client.invited_rooms)
    expect(await bob.client.join(room), nio.JoinResponse)
    await bob.until("he is in", lambda: room in bob.client.rooms)
    await alice.until("Bob is in", lambda: bob.id in alice.client.rooms[room].users)
    step("invited and joined")


async def share_keys(*users):
    """Each learns of the devices of the other before anything is said."""
    if users[0].client.olm:
        for user in users * 2:
            await user.sync()


async def page_back(bob, room):
    seen, position = [], bob.client.next_batch
    while position:
        page = expect(
            await bob.client.room_messages(room, position, limit=5), nio.RoomMessagesResponse
        )
        seen += page.chunk
        position = page.end if page.chunk else None
    assert seen[-1].source["type"] == "m.room.create", f"the history began with {seen[-1]}"
    assert len({e.event_id for e in seen}) == len(seen), "paging back gave an event twice"
    spoken = [e for e in seen if e.source["type"] in ("m.room.message", "m.room.encrypted")]
    assert len(spoken) >= OLD_MESSAGES, f"only {len(spoken)} messages in the history"
    step("paged back to the beginning")


async def react(alice, bob, room, event_id):
    relation = {"rel_type": "m.annotation", "event_id": event_id, "key": "👍"}
    reaction = await bob.send(room, {"m.relates_to": relation}, "m.reaction")
    event = await alice.until("the reaction is there", lambda: alice.events.get(reaction))
    assert event.source["content"]["m.relates_to"]["event_id"] == event_id
    step("reacted")


async def type(alice, bob, room):
    await alice.client.room_typing(room, True, timeout=WAIT_SECONDS * 1000)
    await bob.until("Alice types", lambda: alice.id in bob.typing)
    await alice.client.room_typing(room, False)
    await bob.until("Alice stops", lambda: alice.id not in bob.typing)
    step("typed")


async def read(alice, bob, room, event_id):
    expect(
        await bob.client.room_read_markers(room, event_id, event_id), nio.RoomReadMarkersResponse
    )
    await alice.until(
        "Bob has read",
        lambda: any(r.user_id == bob.id and r.event_id == event_id for r in alice.receipts),
    )
    step("read")


async def redact(alice, bob, room, event_id):
    redaction = expect(
        await alice.client.room_redact(room, event_id), nio.RoomRedactResponse
    ).event_id
    event = await bob.until("the redaction is there", lambda: bob.events.get(redaction))
    assert event.redacts == event_id
    step("redacted")


async def restart_server():
    print("RESTART", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    step("the server was restarted")


async def scenario(url, mode, alice_name, bob_name, password):
    encrypted = mode == "encrypted"
    alice, bob = User(url, alice_name, encrypted), User(url, bob_name, encrypted)
    for user in (alice, bob):
        await user.log_in(password)
    step("logged in")

    answer = await alice.client.room_create(
        name="A room", initial_state=[MEGOLM] if encrypted else []
    )
    room = expect(answer, nio.RoomCreateResponse).room_id
    await alice.until("the room is there", lambda: room in alice.client.rooms)
    step("created a room")
    for number in range(OLD_MESSAGES):
        await alice.say(room, f"old {number}")
    await join_by_invitation(alice, bob, room)
    await share_keys(alice, bob)
    await page_back(bob, room)

    hello = await alice.say(room, "hello")
    await bob.receives(hello, "hello")
    step("sent and received")
    await read(alice, bob, room, hello)
    await react(alice, bob, room, hello)
    await type(alice, bob, room)

    await restart_server()
    await alice.receives(await bob.say(room, "back"), "back")
    await bob.receives(await alice.say(room, "welcome"), "welcome")
    step("sent and received after the restart")
    await redact(alice, bob, room, hello)
    for user in (alice, bob):
        await user.client.close()


asyncio.run(scenario(*sys.argv[1:]))
