"""Runs the statements: python -m seed URL [S1-S32]."""

import re
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor

from conformance.client import Client

from . import calls, events, messages, old_prefix, presence, profile, room_events

MODULES = (events, room_events, messages, presence, profile, calls, old_prefix)
PARALLEL = 4


class World:
    """The homeserver under test. Every statement makes its own users in it."""

    def __init__(self, url):
        self.anyone = Client(url)

    def user(self):
        return self.anyone.register()

    def pair(self, **options):
        """Two users and a room that both are in."""
        alice, bob = self.user(), self.user()
        room = alice.create_room(**({"preset": "public_chat"} | options))
        bob.join(room)
        return alice, bob, room


def statements(wanted):
    functions = [f for m in MODULES for n, f in vars(m).items() if re.fullmatch(r"s\d+", n)]
    return sorted((f for f in functions if number(f) in wanted), key=number)


def number(function):
    return int(function.__name__[1:])


def judge(function, world):
    try:
        function(world)
        return None
    except Exception:  # whatever goes wrong, the statement does not hold
        return traceback.format_exc(limit=-3)


def parse_range(text):
    first, _, last = text.replace("S", "").partition("-")
    return range(int(first), int(last or first) + 1)


def main(url, wanted="S1-S96"):
    world = World(url)
    chosen = statements(parse_range(wanted))
    failed = 0
    with ThreadPoolExecutor(PARALLEL) as pool:
        for function, problem in zip(chosen, pool.map(lambda f: judge(f, world), chosen)):
            failed += problem is not None
            verdict = "FAIL" if problem else "PASS"
            print(f"{verdict} S{number(function)} {function.__doc__.strip().splitlines()[0]}", flush=True)
            if problem:
                print("    " + problem.strip().replace("\n", "\n    "), file=sys.stderr, flush=True)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: tests/seed/run URL [S1-S32]")
    sys.exit(main(*sys.argv[1:]))
