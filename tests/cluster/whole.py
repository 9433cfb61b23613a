"""People who use much of a server, and what must be true of it for them afterwards, wherever its store went."""

import os

from conformance.client import Client, ids, unique

OLD_MEDIA, MEDIA = "/_matrix/media/v3", "/_matrix/client/v1/media"
WHOLE = {"room": {"timeline": {"limit": 10000}}}


def history(client, room, type=None):
    """The ids of all events (of a type) that the client may see, oldest first."""
    found, position = [], {}
    while True:
        page = client.messages(room, dir="f", limit=500, **position)
        found += ids(e for e in page["chunk"] if type in (None, e["type"]))
        if "end" not in page or not page["chunk"]:
            return found
        position = {"from": page["end"]}


def before(client, room, position, since):
    """What a limited sync left out, oldest first."""
    found = []
    while position:
        page = client.messages(room, limit=500, **{"from": position, "to": since})
        found += ids(page["chunk"])
        position = page["chunk"] and page.get("end")
    return found[::-1]


class People:
    """They share rooms, sends, files, names, account data, keys and messages between devices."""

    def __init__(self, url, count=4, rooms=3, sends=40):
        self.clients = [Client(url).register() for _ in range(count)]
        first, *others = self.clients
        self.rooms = [first.create_room(preset="public_chat", name=unique("room")) for _ in range(rooms)]
        for other in others:
            for room in self.rooms:
                other.join(room)
        self.sent = {room: {} for room in self.rooms}  # transaction → event id
        self.file = os.urandom(50_000)
        headers = {"Content-Type": "application/octet-stream"}
        answer = first.request("POST", f"{OLD_MEDIA}/upload", raw=self.file, headers=headers)
        self.uri = answer.ok()["content_uri"].removeprefix("mxc://")
        self.names = {}
        for client in self.clients:
            self.names[client] = unique("name")
            client.put("profile", client.user_id, "displayname", json={"displayname": self.names[client]}).ok()
            client.put("user", client.user_id, "account_data", "org.example", json={"n": client.user_id}).ok()
            client.post("keys", "upload", json={"one_time_keys": {}}).ok()
        self.since = {client: client.sync(filter=WHOLE).token for client in self.clients}
        self.say(sends)
        self.told = unique("told")
        message = {"messages": {others[0].user_id: {"*": {"text": self.told}}}}
        first.put("sendToDevice", "org.example.told", unique("t"), json=message).ok()

    def say(self, sends):
        """Everybody, in every room, this many times together."""
        for number in range(sends):
            room = self.rooms[number % len(self.rooms)]
            client = self.clients[number % len(self.clients)]
            txn = unique("t")
            self.sent[room][txn] = client, client.send(room, txn, txn=txn)

    def remember(self):
        """Before a move: what each room looks like."""
        self.seen = {room: history(self.clients[0], room) for room in self.rooms}

    def expect_all(self):
        """Afterwards, with the tokens of before: nothing is lost, doubled, or another."""
        for room in self.rooms:
            assert history(self.clients[0], room) == self.seen[room], f"{room} has another history"
            for txn, (client, event_id) in list(self.sent[room].items())[::50]:
                assert client.send(room, txn, txn=txn) == event_id, f"{txn} was sent again"
        for client in self.clients:
            self.expect_since(client)
            name = client.get("profile", client.user_id, "displayname").ok()["displayname"]
            assert name == self.names[client], f"{client.user_id} is called {name}"
            data = client.get("user", client.user_id, "account_data", "org.example").ok()
            assert data == {"n": client.user_id}, data
            Client(client.url).login(client.localpart)
        told = [m["content"]["text"] for m in self.clients[1].sync(self.since[self.clients[1]]).to_device()]
        assert told == [self.told], f"messages to the device: {told}"
        self.expect_file()

    def expect_since(self, client):
        """The sync since a token of before shows exactly what was sent since, in order."""
        sync = client.sync(self.since[client], filter=WHOLE)
        for room in self.rooms:
            expected = {event_id for _, event_id in self.sent[room].values()}
            timeline = sync.room(room)["timeline"]
            gap = before(client, room, timeline["prev_batch"], self.since[client]) if timeline["limited"] else []
            shown = [e for e in gap + ids(timeline["events"]) if e in expected]
            assert shown == [e for e in self.seen[room] if e in expected], f"the sync of {room} is not whole"

    def expect_file(self):
        answer = self.clients[1].request("GET", f"{MEDIA}/download/{self.uri}")
        assert answer.status == 200 and answer.content == self.file, "the file is another"
