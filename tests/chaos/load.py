"""Users who send, tell, rename and sync on several gateways, and record all of it."""

import random
import threading
import time
from functools import partial
from itertools import product

import requests

from .checker import path_of, shown_in
from .client import Client
from .history import Attempt, Blow, History, Read, Synced, Told, Wrote
from .reading import Chain, whole_room

USERS = 4
ROOMS = 6
PACE = 0.01  # seconds between two rounds of a user
RENAMED_EACH = 5  # rounds
PARKED_MS = 500
PATIENCE = 90  # seconds for anything that is waited for
REPEATED = 0.1  # of the sends are repeated although they were answered
DROPPED = 0.05  # of the answers to /sync are treated as if they had not come
CARRIED = 0.3  # of the syncs go to another gateway than the one before

clock = time.monotonic


class Load:
    """Runs from when it is made until `finish`, which returns the whole history.

    `gateways`: their URLs; those that are `avoid`ed get no new requests. What fails is repeated
    with the same transaction id, as clients do, and counted in `failures`.
    """

    def __init__(self, gateways, name, users=USERS, seed=1):
        self.gateways = list(gateways)
        self.history = History()
        self.failures = []
        self.errors = []
        self.waits = []  # when an operation was begun, and when it was done after all
        self._resting = set()
        self._stop, self._drained = threading.Event(), threading.Event()
        self._seed = seed
        self.users = [Client(self.gateways[0], f"{name}-{n}") for n in range(users)]
        self.rooms = [self._make_room(self.users[n % users]) for n in range(ROOMS)]
        self.rounds = [0] * users
        self.chains = [Chain(user.user, user) for user in self.users]
        self._actors = [self._thread(self._act, n) for n in range(users)]
        self._readers = [self._thread(self._read, n) for n in range(users)]

    def wait_for(self, more):
        """Until every user has done this many more rounds."""
        wanted = [rounds + more for rounds in self.rounds]
        self.wait_until(lambda: all(a >= b for a, b in zip(self.rounds, wanted)))

    def wait_until(self, done):
        deadline = clock() + PATIENCE
        while not done():
            assert not self.errors, self.errors[0]
            assert clock() < deadline, f"the load stands still: {self.failures[-3:]}"
            time.sleep(0.005)

    def avoid(self, gateway):
        self._resting.add(gateway)

    def use(self, gateway):
        self._resting.discard(gateway)

    def excuse(self, begin):
        """Since `begin` writes may have been seen late on other gateways."""
        self.history.add(Blow(begin, clock()))

    def longest_wait(self, since=0.0):
        """Of an operation that was under way at `since` or began after it, in seconds."""
        return max((end - max(begin, since) for begin, end in self.waits if end > since), default=0)

    def finish(self):
        """Ends the load when everything that was sent is shown. Returns all records."""
        self._stop.set()
        self._join(self._actors)
        self._settle_names()
        lists = [whole_room(self.users[0], url, r) for r in self.rooms for url in self.gateways]
        for listed in lists:
            self.history.add(listed)
        events = {event.id for listed in lists for event in listed.events}
        self._drain(events)
        self._join(self._readers)
        self._replay(events)
        return self.history.records()

    def _thread(self, run, number):
        thread = threading.Thread(target=self._guarded, args=(run, number), daemon=True)
        thread.start()
        return thread

    def _guarded(self, run, number):
        try:
            run(number)
        except Exception as error:
            self.errors.append(f"{run.__name__} {number}: {error!r}")

    def _join(self, threads):
        for thread in threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), f"the load does not end: {self.failures[-3:]}"
        assert not self.errors, self.errors[0]

    def _make_room(self, owner):
        url = self.gateways[0]
        room = owner.call(url, "POST", "/createRoom", {"preset": "public_chat"})["room_id"]
        for user in self.users:
            if user is not owner:
                user.call(url, "POST", f"/rooms/{room}/join", {})
        return room

    def _pick(self, rng):
        return rng.choice([url for url in self.gateways if url not in self._resting])

    def _patiently(self, rng, call):
        """call(url) until it is answered; returns its answer and the gateway that gave it."""
        begin = clock()
        while True:
            url = self._pick(rng)
            try:
                answer = call(url)
                self.waits.append((begin, clock()))
                return answer, url
            except requests.RequestException as error:
                self.failures.append((clock(), url, str(error)))
                if clock() > begin + PATIENCE:
                    raise
                time.sleep(0.1)

    # -- one user's writes

    def _act(self, number):
        rng = random.Random(f"{self._seed} act {number}")
        count = 0
        while not self._stop.is_set():
            self._send(rng, number, f"{number}-{count}")
            self._tell(rng, number, count)
            self._write(rng, self.users[number], "kept", count)
            if count % RENAMED_EACH == 0:
                self._write(rng, self.users[number], "name", count)
            count += 1
            self.rounds[number] = count
            self._stop.wait(PACE)

    def _send(self, rng, number, transaction):
        user, room = self.users[number], rng.choice(self.rooms)

        def attempt(url):
            begin, event = clock(), None
            try:
                event = user.send(url, room, transaction)
            finally:
                end = clock()
                self.history.add(Attempt(user.user, url, room, transaction, begin, end, event))

        self._patiently(rng, attempt)
        if rng.random() < REPEATED:
            self._patiently(rng, attempt)

    def _tell(self, rng, number, count):
        user, other = self.users[number], self.users[(number + 1) % len(self.users)].user

        def attempt(url):
            acknowledged = False
            try:
                user.tell(url, other, count)
                acknowledged = True
            finally:
                self.history.add(Told(user.user, other, count, acknowledged))

        self._patiently(rng, attempt)

    def _write(self, rng, user, kind, count):
        """Writes, and reads it at once where it was written, and on some gateway."""
        key = f"{kind} {user.user}"
        write, read = (user.keep, user.kept) if kind == "kept" else (user.rename, user.name)

        def attempt(url):
            begin, acknowledged = clock(), False
            try:
                write(url, count)
                acknowledged = True
            finally:
                self.history.add(Wrote(key, url, count, begin, clock(), acknowledged))

        _, url = self._patiently(rng, attempt)
        for where in (url, self._pick(rng)):
            try:
                begin = clock()
                self.history.add(Read(key, where, read(where), begin, clock()))
            except requests.RequestException as error:
                self.failures.append((clock(), where, str(error)))

    # -- one user's syncs

    def _read(self, number):
        rng, chain = random.Random(f"{self._seed} read {number}"), self.chains[number]
        url = self._pick(rng)
        while not self._drained.is_set():
            if url in self._resting or rng.random() < CARRIED:
                url = self._pick(rng)
            self._sync(rng, chain, url)

    def _sync(self, rng, chain, url):
        wait_ms = rng.choice([0, PARKED_MS])
        try:
            synced = chain.ask(clock, url, wait_ms)
        except requests.RequestException as error:
            self.failures.append((clock(), url, str(error)))
            time.sleep(0.1)
            return
        self.history.add(synced)
        if rng.random() >= DROPPED:
            chain.take(synced)

    # -- the end

    def _settle_names(self):
        rng = random.Random(self._seed)

        def settled(user, room):
            wanted, _ = self._patiently(rng, user.name)
            name, _ = self._patiently(rng, lambda url: user.name_in(url, room))
            return name >= wanted

        for user, room in product(self.users, self.rooms):
            self._wait_or_go_on(partial(settled, user, room))

    def _drain(self, events):
        told = {user.user: set() for user in self.users}
        for message in self._of(Told):
            told[message.receiver].add((message.sender, message.number))
        self._wait_or_go_on(
            lambda: all(c.known >= events and c.told >= told[c.name] for c in self.chains)
        )
        self._drained.set()

    def _replay(self, events):
        """On each gateway somebody goes on from a token of long ago, which another gave out."""
        for number, url in enumerate(self.gateways):
            user = self.users[number % len(self.users)]
            path = path_of([synced for synced in self._of(Synced) if synced.chain == user.user])
            path = path[: len(path) // 2 + 1]
            chain = Chain(f"{user.user} again on {url}", user, path[-1].next, shown_in(path))
            while not chain.known >= events:
                synced = chain.ask(clock, url)
                self.history.add(synced)
                chain.take(synced)
                if not synced.rooms:
                    break

    def _of(self, kind):
        return [record for record in self.history.records() if isinstance(record, kind)]

    def _wait_or_go_on(self, done):
        """What does not come is for the checker to find."""
        deadline = clock() + 20
        while not done() and clock() < deadline:
            time.sleep(0.02)
