// Two users of matrix-js-sdk in one room: node scenario.mjs URL plain|encrypted ALICE BOB PASSWORD.
// Prints a line for each step. Prints RESTART and waits for a line of input where the server is to be restarted.

import { createInterface } from "node:readline";
import * as sdk from "matrix-js-sdk";
import { logger } from "matrix-js-sdk/lib/logger.js";

const WAIT_MS = 30_000;
const POLL_MS = 25;
const TIMELINE_LIMIT = 5;
const OLD_MESSAGES = 12;

logger.setLevel("silent");
console.debug = console.info = console.warn = console.error = () => {};

const [url, mode, aliceName, bobName, password] = process.argv.slice(2);
const encrypted = mode === "encrypted";
const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

function step(text) {
    process.stdout.write(`  ${text}\n`);
}

async function until(what, condition) {
    const deadline = Date.now() + WAIT_MS;
    while (Date.now() < deadline) {
        const value = await condition();
        if (value) return value;
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    throw new Error(`waited in vain until ${what}`);
}

async function logIn(name) {
    const answer = await sdk.createClient({ baseUrl: url, logger }).loginRequest({
        type: "m.login.password",
        identifier: { type: "m.id.user", user: name },
        password,
    });
    const client = sdk.createClient({
        baseUrl: url,
        accessToken: answer.access_token,
        userId: answer.user_id,
        deviceId: answer.device_id,
        logger,
    });
    if (encrypted) await client.initRustCrypto({ useIndexedDB: false });
    await client.startClient({ initialSyncLimit: TIMELINE_LIMIT });
    await until(`${name} has synced`, () => client.isInitialSyncComplete());
    return client;
}

function createRoom(alice, bob) {
    const encryption = { type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } };
    return alice.createRoom({
        preset: "private_chat",
        name: "A room",
        invite: [bob.getUserId()],
        initial_state: encrypted ? [encryption] : [],
    });
}

function say(client, roomId, body) {
    return client.sendMessage(roomId, { msgtype: "m.text", body });
}

// The event with this id as `client` has it, once it is readable.
function received(client, roomId, eventId) {
    return until(`${client.getUserId()} has ${eventId}`, () => {
        const event = client.getRoom(roomId)?.findEventById(eventId);
        return event && !event.isBeingDecrypted() && event.getType() !== "m.room.encrypted" && event;
    });
}

function hasMember(client, roomId, other, membership) {
    return client.getRoom(roomId)?.getMember(other.getUserId())?.membership === membership;
}

async function expectBody(client, roomId, eventId, body) {
    const event = await received(client, roomId, eventId);
    if (event.getContent().body !== body) throw new Error(`read ${JSON.stringify(event.getContent())}, not ${body}`);
    if (event.isEncrypted() !== encrypted) throw new Error("encrypted as it should not be, or the other way round");
}

async function joinByInvitation(alice, bob, roomId) {
    await until("the invitation is there", () => bob.getRoom(roomId)?.getMyMembership() === "invite");
    await bob.joinRoom(roomId);
    await until("Bob is in", () => bob.getRoom(roomId)?.getMyMembership() === "join");
    await until("Alice sees Bob", () => hasMember(alice, roomId, bob, "join"));
    step("invited and joined");
}

async function pageBack(bob, roomId) {
    const timeline = bob.getRoom(roomId).getLiveTimeline();
    let more = true;
    while (more) more = await bob.paginateEventTimeline(timeline, { backwards: true, limit: TIMELINE_LIMIT });
    const events = timeline.getEvents();
    if (events[0].getType() !== "m.room.create") throw new Error(`the history began with ${events[0].getType()}`);
    const ids = new Set(events.map((event) => event.getId()));
    if (ids.size !== events.length) throw new Error("paging back gave an event twice");
    const spoken = events.filter((event) => ["m.room.message", "m.room.encrypted"].includes(event.getWireType()));
    if (spoken.length < OLD_MESSAGES) throw new Error(`only ${spoken.length} messages in the history`);
    step("paged back to the beginning");
}

async function react(alice, bob, roomId, eventId) {
    const relation = { rel_type: sdk.RelationType.Annotation, event_id: eventId, key: "👍" };
    const { event_id } = await bob.sendEvent(roomId, sdk.EventType.Reaction, { "m.relates_to": relation });
    const reaction = await received(alice, roomId, event_id);
    if (reaction.getRelation()?.event_id !== eventId) throw new Error("the reaction relates to something else");
    step("reacted");
}

async function type(alice, bob, roomId) {
    await alice.sendTyping(roomId, true, WAIT_MS);
    await until("Bob sees Alice type", () => bob.getRoom(roomId).getMember(alice.getUserId()).typing);
    await alice.sendTyping(roomId, false, 0);
    await until("Bob sees Alice stop", () => !bob.getRoom(roomId).getMember(alice.getUserId()).typing);
    step("typed");
}

async function read(alice, bob, roomId, eventId) {
    await bob.sendReadReceipt(bob.getRoom(roomId).findEventById(eventId));
    const room = alice.getRoom(roomId);
    await until("Alice sees that Bob has read", () =>
        room.getUsersReadUpTo(room.findEventById(eventId)).includes(bob.getUserId()));
    step("read");
}

async function redact(alice, bob, roomId, eventId) {
    await alice.redactEvent(roomId, eventId);
    await until("the message is gone for Bob", () => bob.getRoom(roomId).findEventById(eventId).isRedacted());
    step("redacted");
}

async function restartServer() {
    process.stdout.write("RESTART\n");
    await input.next();
    step("the server was restarted");
}

const alice = await logIn(aliceName);
const bob = await logIn(bobName);
step("logged in");
const { room_id: roomId } = await createRoom(alice, bob);
step("created a room");
for (let n = 0; n < OLD_MESSAGES; n++) await say(alice, roomId, `old ${n}`);
await joinByInvitation(alice, bob, roomId);
await pageBack(bob, roomId);

const hello = (await say(alice, roomId, "hello")).event_id;
await expectBody(bob, roomId, hello, "hello");
step("sent and received");
await read(alice, bob, roomId, hello);
await react(alice, bob, roomId, hello);
await type(alice, bob, roomId);

await restartServer();
const back = (await until("Bob can send again", () => say(bob, roomId, "back").catch(() => null))).event_id;
await expectBody(alice, roomId, back, "back");
const answer = (await say(alice, roomId, "welcome")).event_id;
await expectBody(bob, roomId, answer, "welcome");
step("sent and received after the restart");
await redact(alice, bob, roomId, hello);
alice.stopClient();
bob.stopClient();
process.exit(0);
