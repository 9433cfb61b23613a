"""python -m cluster.move --launcher PATH: a server on SQLite is moved to PostgreSQL and goes on there as a cluster.

The move is killed (SIGKILL) again and again, at other places, before it is let through.
"""

import argparse
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from conformance.launcher import Homeserver

from .whole import People

ROOT = Path(__file__).resolve().parents[2]
BACKENDS = f"set -e; . '{ROOT}/deploy/backends'; pids=(); start_postgres; echo ready; wait"


@contextmanager
def postgres(folder):
    """A PostgreSQL in this folder, and the environment that leads to it."""
    folder.mkdir()
    folder.chmod(0o755)
    shell = subprocess.Popen(["bash", "-c", BACKENDS], cwd=folder, stdout=subprocess.PIPE, text=True)
    try:
        assert shell.stdout.readline() == "ready\n"
        yield {
            "PARLEY_STORE_ENGINE": "postgres",
            "PARLEY_STORE_POSTGRES_HOST": str(folder / "postgres"),
            "PARLEY_STORE_POSTGRES_DATABASE": "postgres",
        }
    finally:
        os.kill(int((folder / "postgres.pid").read_text()), signal.SIGINT)
        shell.wait()


class Program:
    """The program of the launcher's build, called beside a server's data."""

    def __init__(self, server, env):
        print_path = [ROOT / "deploy/build", "--print", os.environ.get("PARLEY_PRESET", "release")]
        self.path = subprocess.run(print_path, check=True, capture_output=True, text=True).stdout.strip()
        self._folder, self._env = server.folder / "data", os.environ | env

    def start(self, *arguments):
        return subprocess.Popen(
            [self.path, "--config", "parley.yaml", *arguments],
            cwd=self._folder,
            env=self._env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments):
        """Returns what it says; one that fails ends the test."""
        process = self.start(*arguments)
        said, complaint = process.communicate()
        assert process.returncode == 0, complaint
        return said

    def refusal(self, *arguments):
        process = self.start(*arguments)
        said, complaint = process.communicate()
        assert process.returncode == 1 and complaint.count("\n") == 1, said + complaint
        return complaint


def kill_after(program, lines):
    """Ends a move when it has said so many lines. Returns the last one; None: it was through."""
    process = program.start("move", "--from", "data")
    said = [process.stdout.readline() for _ in range(lines)]
    assert said[-1], f"the move said only {said}"
    process.kill()
    process.communicate()
    return said[-1].strip()


def move_under_kills(program):
    for lines in (1, 9, 17, 25, 26):
        print(f"killed behind: {kill_after(program, lines)}", flush=True)
        complaint = program.refusal("--target", "events")
        assert "A move into this store has not ended" in complaint, complaint
    said = program.run("move", "--from", "data")
    assert said.startswith("going on where the last move stopped\n"), said
    print("\n".join(line for line in said.splitlines() if "compared" in line))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--launcher", required=True)
    arguments = parser.parse_args()
    server = Homeserver(arguments.launcher).start()
    try:
        people = People(server.url, sends=1200)
        people.remember()
        with postgres(server.folder / "pg") as env:
            program = Program(server, env)
            assert "stop it, then move" in program.refusal("move", "--from", "data")
            server.stop()
            move_under_kills(program)
            assert "The database is not empty" in program.refusal("move", "--from", "data")
            files = {
                "PARLEY_SIGNING_KEY_PATH": "data/signing.key",
                "PARLEY_MEDIA_PATH": str(server.folder / "data/data/media"),
            }
            server.set_env(env | files | {"PARLEY_SHAPE": "cluster", "PARLEY_OWNERS": "2"})
            server.start()
            people.expect_all()
            people.say(100)
            people.remember()
            people.expect_all()
            server.stop()
        print("passed: everybody goes on with tokens of before the move, and has missed nothing")
    except BaseException:
        print(server.log_tail(), file=sys.stderr)
        raise
    finally:
        server.close()


if __name__ == "__main__":
    main()
