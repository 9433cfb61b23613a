"""Runs the statements: python -m seed URL [--only S1-S32,S43]."""

import argparse
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
    except Exception as problem:  # whatever goes wrong, the statement does not hold
        return "".join(traceback.format_exception(problem, limit=-3, chain=False))


def parse_numbers(text):
    """The numbers of "S1-S32,S43"."""
    numbers = set()
    for part in text.replace("S", "").split(","):
        first, _, last = part.partition("-")
        numbers.update(range(int(first), int(last or first) + 1))
    return numbers


def main(url, wanted, must_pass):
    world = World(url)
    chosen = statements(parse_numbers(wanted))
    failed, broken = 0, 0
    with ThreadPoolExecutor(PARALLEL) as pool:
        for function, problem in zip(chosen, pool.map(lambda f: judge(f, world), chosen)):
            failed += problem is not None
            broken += problem is not None and number(function) in must_pass
            verdict = "FAIL" if problem else "PASS"
            print(
                f"{verdict} S{number(function)} {function.__doc__.strip().splitlines()[0]}",
                flush=True,
            )
            if problem:
                print("    " + problem.strip().replace("\n", "\n    "), file=sys.stderr, flush=True)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if broken else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="tests/seed/run")
    parser.add_argument("url")
    parser.add_argument("--only", default="S1-S96", help="such as S1-S32,S43")
    parser.add_argument("--must-pass", default="S1-S96", help="others may fail: exit status 0")
    options = parser.parse_args()
    sys.exit(main(options.url, options.only, parse_numbers(options.must_pass)))
