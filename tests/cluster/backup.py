"""python -m cluster.backup --launcher PATH: backups are taken under load, and restored.

What comes back must be a moment of the past: in each room a beginning of its history, with all that was acknowledged before the
backup began, and a server on which every token works.
"""

import argparse
import sqlite3
import subprocess
import sys
import threading
from glob import glob

from conformance.client import ids, unique
from conformance.launcher import Homeserver

from .move import Program, postgres
from .whole import People, history

MESSAGE = "m.room.message"  # names that were on their way into rooms arrive after the restore


class Talk:
    """Everybody sends everywhere without a pause, and changes names, until it ends."""

    def __init__(self, people):
        self.people = people
        self.acknowledged = {room: [] for room in people.rooms}
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._talk, args=(client,)) for client in people.clients]
        for thread in self._threads:
            thread.start()

    def _talk(self, client):
        while not self._ended.is_set():
            for room in self.people.rooms:
                self.acknowledged[room].append(client.send(room, unique("m")))
            name = unique("name")
            client.put("profile", client.user_id, "displayname", json={"displayname": name}).ok()

    def wait_for(self, more):
        wanted = {room: len(events) + more for room, events in self.acknowledged.items()}
        while any(len(self.acknowledged[room]) < number for room, number in wanted.items()):
            assert all(thread.is_alive() for thread in self._threads), "somebody's request failed"

    def end(self):
        self._ended.set()
        for thread in self._threads:
            thread.join()


def back_up(server, take):
    """Runs `take` under load. Returns the people, what was acknowledged before, and what each room became later."""
    people = People(server.url, sends=30)
    talk = Talk(people)
    talk.wait_for(20)
    before = {room: list(events) for room, events in talk.acknowledged.items()}
    take()
    talk.wait_for(20)
    talk.end()
    people.since = {client: client.sync().token for client in people.clients}
    return people, before, {room: history(people.clients[0], room, MESSAGE) for room in people.rooms}


def expect_a_beginning(people, before, later):
    lost = 0
    for room in people.rooms:
        restored = history(people.clients[0], room, MESSAGE)
        assert restored == later[room][: len(restored)], f"{room} is no beginning of what it was"
        assert set(before[room]) <= set(restored), f"{room} lacks what was acknowledged before the backup"
        lost += len(later[room]) - len(restored)
        for client in people.clients:
            assert history(client, room, MESSAGE) == restored
    assert lost > 0, "the backup is not of a moment of the past"
    return lost


def expect_to_go_on(people):
    """Also for those whose tokens know more than the server does."""
    for client in people.clients:
        fresh = client.sync(people.since[client])
        assert set(people.rooms) <= set(fresh["rooms"]["join"]), "a client is not told its rooms afresh"
        for room in people.rooms:
            event = client.send(room, unique("again"))
            seen = client.sync_until(lambda sync: event in ids(sync.timeline(room)), fresh.token)
            assert seen.has_room(room)
    people.expect_file()


def judge(what, people, before, later):
    lost = expect_a_beginning(people, before, later)
    expect_to_go_on(people)
    rows = sum(len(events) for events in before.values())
    print(f"passed: {what} under load: all {rows} messages of before it are there, {lost} of later are not, everybody goes on", flush=True)


def sqlite(launcher):
    server = Homeserver(launcher).start()
    try:
        store = server.folder / "data/data/parley.db"
        backup = server.folder / "backup.db"

        def take():
            with sqlite3.connect(store) as connection:
                connection.execute(f"VACUUM INTO '{backup}'")

        facts = back_up(server, take)
        server.stop()
        for file in store.parent.glob("parley.db*"):
            file.unlink()
        backup.rename(store)
        Program(server, {}).run("migrate", "--restored")
        server.start()
        judge("VACUUM INTO", *facts)
        server.stop()
    except BaseException:
        print(server.log_tail(), file=sys.stderr)
        raise
    finally:
        server.close()


def call(name, *arguments):
    program = sorted(glob(f"/usr/lib/postgresql/*/bin/{name}"))[-1]
    subprocess.run([program, *arguments], check=True)


def dump(launcher):
    shape = {"PARLEY_SHAPE": "cluster", "PARLEY_OWNERS": "2"}
    server = Homeserver(launcher, shape)
    try:
        with postgres(server.folder / "pg") as env:
            where = ["-h", env["PARLEY_STORE_POSTGRES_HOST"], "-U", "parley"]
            backup = str(server.folder / "backup")
            files = {"PARLEY_MEDIA_PATH": str(server.folder / "media")}
            server.set_env(env | files)
            server.start()
            facts = back_up(server, lambda: call("pg_dump", *where, "--format=custom", "--file", backup, "postgres"))
            server.stop()
            call("createdb", *where, "restored")
            call("pg_restore", *where, "--dbname", "restored", "--exit-on-error", backup)
            env["PARLEY_STORE_POSTGRES_DATABASE"] = "restored"
            Program(server, env).run("migrate", "--restored")
            server.set_env(env)
            server.start()
            judge("pg_dump", *facts)
            server.stop()
    except BaseException:
        print(server.log_tail(), file=sys.stderr)
        raise
    finally:
        server.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--launcher", required=True)
    arguments = parser.parse_args()
    sqlite(arguments.launcher)
    dump(arguments.launcher)


if __name__ == "__main__":
    main()
