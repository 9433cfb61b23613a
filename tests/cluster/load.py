"""Sends and reads without a pause, and remembers all of it."""

import threading
import time

import requests

SENDERS = 6
LATER = "org.example.later"


def message_ids(events):
    return [event["event_id"] for event in events if event["type"] == "m.room.message"]


class Client:
    """One user."""

    def __init__(self, url, name):
        self.url = url + "/_matrix/client/v3"
        self.session = requests.Session()
        body = {"username": name, "password": "p", "auth": {"type": "m.login.dummy"}}
        answer = self.session.post(self.url + "/register", json=body, timeout=60)
        answer.raise_for_status()
        self.token, self.user = answer.json()["access_token"], answer.json()["user_id"]

    def call(self, method, path, body=None, **query):
        answer = self.session.request(
            method,
            self.url + path,
            json=body,
            params=query,
            headers={"Authorization": "Bearer " + self.token},
            timeout=60,
        )
        if answer.status_code != 200:
            raise requests.HTTPError(f"{answer.status_code} {answer.text[:200]}")
        return answer.json()

    def create_room(self):
        return self.call("POST", "/createRoom", {})["room_id"]

    def send(self, room, transaction):
        path = f"/rooms/{room}/send/m.room.message/{transaction}"
        return self.call("PUT", path, {"msgtype": "m.text", "body": transaction})["event_id"]

    def keep(self, number):
        """Writes account data and reads it back."""
        path = f"/user/{self.user}/account_data/org.example.count"
        self.call("PUT", path, {"n": number})
        kept = self.call("GET", path)["n"]
        assert kept == number, f"{self.user} wrote {number} and reads {kept}"

    def rename(self, name):
        self.call("PUT", f"/profile/{self.user}/displayname", {"displayname": name})
        shown = self.call("GET", f"/profile/{self.user}/displayname")["displayname"]
        assert shown == name, f"{self.user} is called {name} and reads {shown}"

    def name_in(self, room):
        return self.call("GET", f"/rooms/{room}/state/m.room.member/{self.user}")["displayname"]

    def tell(self, user, number):
        """A message to the user's device, which says who it is from and its number."""
        content = {"from": self.user, "n": number}
        self.call("PUT", f"/sendToDevice/org.example.count/{number}", {"messages": {user: {"*": content}}})

    def be(self, status):
        """Sets the status message and reads it back."""
        path = f"/presence/{self.user}/status"
        self.call("PUT", path, {"presence": "online", "status_msg": status})
        shown = self.call("GET", path).get("status_msg")
        assert shown == status, f"{self.user} is {status} and reads {shown}"

    def send_later(self, room, number):
        """An event that the server sends after a second (MSC4140)."""
        path = f"/rooms/{room}/send/{LATER}/{number}"
        self.call("PUT", path, {"n": number}, **{"org.matrix.msc4140.delay": 1000})

    def all_events(self, room, type):
        found, start = [], {}
        while True:
            page = self.call("GET", f"/rooms/{room}/messages", dir="b", limit=100, **start)
            found += [e for e in page["chunk"] if e["type"] == type]
            if "end" not in page:
                return found[::-1]
            start = {"from": page["end"]}


class Load:
    """Users who each send into a room of their own, keep account data, tell a reader's device of each
    send, say what they do, have events sent later and change their names; the reader's /sync follows
    all of them."""

    def __init__(self, url, reader_url=None, senders=SENDERS, makes_rooms=False, patient=False):
        self.url = url
        self.makes_rooms = makes_rooms
        self.patient = patient  # repeats what fails, as clients do
        self.failures = 0
        self.gaps = 0  # timelines that left something out
        self.errors = []
        self.acknowledged = []  # of each sender: transaction → event id
        self.times = []  # of each sender: when each was acknowledged
        self.synced = {}  # room → event ids in the order of arrival
        self.told = {}  # sender → numbers that reached the reader's device, in order
        self.sent_at, self.seen_at = {}, {}  # event id → when it was acknowledged, and when /sync had it
        self.rooms = []
        self.clients = []
        self._stop = threading.Event()
        self._reader = Client(reader_url or url, "reader")
        for number in range(senders):
            self._add_sender(number)
        self._since = self._read_once(None)
        self._threads = [
            threading.Thread(target=self._guarded, args=(self._send, n)) for n in range(senders)
        ]
        self._reading = threading.Thread(target=self._guarded, args=(self._read, None))
        for thread in [*self._threads, self._reading]:
            thread.start()

    def wait_for(self, more):
        """Until every sender has this many more acknowledgements."""
        wanted = [len(times) + more for times in self.times]
        while not self.errors:
            if all(len(times) >= number for times, number in zip(self.times, wanted)):
                return
            time.sleep(0.005)

    def stop(self):
        """Ends the load and checks all that it remembers."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._reading.join()
        assert not self.errors, self.errors[0]
        for number, room in enumerate(self.rooms):
            self._check(number, room)

    def longest_pause(self):
        pauses = [b - a for times in self.times for a, b in zip(times, times[1:])]
        return max(pauses)

    def longest_lag(self):
        """From an acknowledgement to the /sync that shows it, in seconds."""
        return max(self.seen_at[event] - at for event, at in self.sent_at.items() if event in self.seen_at)

    def sends(self):
        return sum(len(times) for times in self.times)

    def _add_sender(self, number):
        client = Client(self.url, f"sender{number}")
        room = client.create_room()
        client.call("POST", f"/rooms/{room}/invite", {"user_id": "@reader:hs1"})
        self._reader.call("POST", f"/rooms/{room}/join", {})
        self.clients.append(client)
        self.rooms.append(room)
        self.acknowledged.append({})
        self.times.append([])

    def _guarded(self, run, argument):
        try:
            run(argument)
        except (requests.RequestException, AssertionError) as error:
            self.errors.append(f"{run.__name__} {argument}: {error}")

    def _send(self, number):
        count = 0
        while not self._stop.is_set() and not self.errors:
            transaction = f"{number}-{count}"
            client = self.clients[number]
            event = self._try(lambda: client.send(self.rooms[number], transaction))
            self._try(lambda: client.keep(count))
            self._try(lambda: client.tell(self._reader.user, count))
            if count % 5 == 0:
                self._try(lambda: client.be(f"at {count}"))
                self._try(lambda: client.send_later(self.rooms[number], count))
            if count % 10 == 0:
                self._try(lambda: client.rename(f"name {count}"))
            count += 1
            self.acknowledged[number][transaction] = event
            self.sent_at[event] = time.monotonic()
            self.times[number].append(self.sent_at[event])
            if self.makes_rooms and count % 50 == 0:
                self.clients[number].create_room()

    def _read(self, _):
        while not self._stop.is_set() and not self.errors:
            self._since = self._try(lambda: self._read_once(self._since))

    def _try(self, call):
        while True:
            try:
                return call()
            except requests.RequestException:
                if not self.patient:
                    raise
                self.failures += 1
                time.sleep(0.1)

    # A timeline that leaves something out says so; then the gap is read as a client would.
    def _read_once(self, since):
        query = {"timeout": 500, "filter": '{"room":{"timeline":{"limit":1000}}}'}
        if since:
            query["since"] = since
        answer = self._reader.call("GET", "/sync", **query)
        for event in answer.get("to_device", {}).get("events", []):
            self.told.setdefault(event["content"]["from"], []).append(event["content"]["n"])
        for room, update in answer.get("rooms", {}).get("join", {}).items():
            timeline = update["timeline"]
            if since and timeline["limited"]:
                self._read_gap(room, timeline["prev_batch"])
            shown = message_ids(timeline["events"])
            self.synced.setdefault(room, []).extend(shown)
            self.seen_at.update(dict.fromkeys(shown, time.monotonic()))
        return answer["next_batch"]

    def _read_gap(self, room, start):
        """From `start` back to what the reader has seen last."""
        seen, gap = set(self.synced.get(room, [])), []
        while start:
            page = self._reader.call("GET", f"/rooms/{room}/messages", dir="b", limit=100, **{"from": start})
            for event in message_ids(page["chunk"]):
                if event in seen:
                    start = None
                    break
                gap.append(event)
            else:
                start = page.get("end")
        self.gaps += 1
        self.synced.setdefault(room, []).extend(reversed(gap))

    def _read_until(self, done):
        deadline = time.monotonic() + 30
        while not done() and time.monotonic() < deadline:
            self._since = self._read_once(self._since)

    def _check(self, number, room):
        messages = self.clients[number].all_events(room, "m.room.message")
        bodies = [message["content"]["body"] for message in messages]
        assert len(bodies) == len(set(bodies)), "an event is there twice"
        ids = [message["event_id"] for message in messages]
        sent = list(self.acknowledged[number].values())
        assert [i for i in ids if i in set(sent)] == sent, "acknowledged events are lost or out of order"
        self._read_until(lambda: len(self.synced.get(room, [])) >= len(ids))
        assert self.synced[room] == ids, "/sync skipped, doubled or reordered events"
        user, name = self.clients[number].user, f"name {(len(sent) - 1) // 10 * 10}"
        self._read_until(lambda: self.clients[number].name_in(room) == name)
        assert self.clients[number].name_in(room) == name, "a name did not reach its room"
        self._read_until(lambda: len(self.told.get(user, [])) >= len(sent))
        later = list(range(0, len(sent), 5))
        self._read_until(lambda: len(self.clients[number].all_events(room, LATER)) >= len(later))
        came = [event["content"]["n"] for event in self.clients[number].all_events(room, LATER)]
        assert sorted(came) == later, "events that were to be sent later were lost or doubled"
        assert self.told[user] == list(range(len(sent))), "device messages were lost, doubled or reordered"
