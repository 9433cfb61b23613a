"""Kills the owner of the rooms under sends; see README.md."""

import argparse
import os
import signal
import sys
import threading
import time

import requests

from conformance.launcher import Homeserver

SENDERS = 4
AFTER_KILL = 100  # sends that must be acknowledged afterwards


class Client:
    """One user in one room."""

    def __init__(self, url):
        self.url = url + "/_matrix/client/v3"
        body = {"username": "sender", "password": "p", "auth": {"type": "m.login.dummy"}}
        self.token = requests.post(self.url + "/register", json=body, timeout=60).json()["access_token"]
        self.room = self.call("POST", "/createRoom", {})["room_id"]

    def call(self, method, path, body=None):
        answer = requests.request(
            method,
            self.url + path,
            json=body,
            headers={"Authorization": "Bearer " + self.token},
            timeout=60,
        )
        answer.raise_for_status()
        return answer.json()

    def send(self, transaction):
        path = f"/rooms/{self.room}/send/m.room.message/{transaction}"
        return self.call("PUT", path, {"msgtype": "m.text", "body": transaction})["event_id"]

    def all_messages(self):
        found, start = [], ""
        while True:
            page = self.call("GET", f"/rooms/{self.room}/messages?dir=b&limit=100{start}")
            found += [e for e in page["chunk"] if e["type"] == "m.room.message"]
            if "end" not in page:
                return found
            start = "&from=" + page["end"]


class Senders:
    """Threads that send until they are told to stop."""

    def __init__(self, client):
        self.client = client
        self.acknowledged = {}  # transaction -> event id
        self.errors = []
        self.times = []  # when each was acknowledged
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(SENDERS)]
        for thread in self._threads:
            thread.start()

    def wait_for(self, count):
        while len(self.times) < count and not self.errors:
            time.sleep(0.005)

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def longest_pause(self):
        times = sorted(self.times)
        return max(b - a for a, b in zip(times, times[1:]))

    def _run(self, number):
        count = 0
        while not self._stop.is_set():
            transaction = f"{number}-{count}"
            count += 1
            try:
                self.acknowledged[transaction] = self.client.send(transaction)
                self.times.append(time.monotonic())
            except requests.RequestException as e:
                self.errors.append(f"{transaction}: {e}")
                return


def kill_once(launcher):
    """Returns the longest pause between two acknowledgements, in seconds."""
    server = Homeserver(launcher, {"PARLEY_SHAPE": "cluster"}).start()
    try:
        client = Client(server.url)
        senders = Senders(client)
        senders.wait_for(50)
        os.kill(int((server.folder / "data" / "events.pid").read_text()), signal.SIGKILL)
        senders.wait_for(len(senders.times) + AFTER_KILL)
        senders.stop()
        assert not senders.errors, senders.errors[0]
        check(client.all_messages(), senders.acknowledged)
        return senders.longest_pause()
    except BaseException:
        print(server.log_tail(), file=sys.stderr)
        raise
    finally:
        server.stop()
        server.close()


def check(messages, acknowledged):
    bodies = [message["content"]["body"] for message in messages]
    assert len(bodies) == len(set(bodies)), "an event is there twice"
    ids = {message["event_id"] for message in messages}
    lost = [transaction for transaction, event_id in acknowledged.items() if event_id not in ids]
    assert not lost, f"lost: {lost}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--launcher", required=True)
    parser.add_argument("--kills", type=int, default=5)
    arguments = parser.parse_args()
    pauses = sorted(kill_once(arguments.launcher) for _ in range(arguments.kills))
    print(
        f"{len(pauses)} kills, nothing lost or doubled, no send failed; "
        f"pause: median {pauses[len(pauses) // 2]:.2f} s, longest {pauses[-1]:.2f} s"
    )


if __name__ == "__main__":
    main()
