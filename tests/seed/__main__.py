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

FEDERATION = "rests on federation: needs a second server"
A_CLIENTS = "a client's rule: services/calls/client/room_agent_test.cc"
REPLICAS = "rests on replicas: tests/run"
# What can't be asked of one server from outside.
SKIPPED = {
    32: ("Content that comes by federation is not refused for its shape", FEDERATION),
    50: ("last_active_ago is right over federation", FEDERATION),
    64: ("A remote user's change of profile reaches local clients", FEDERATION),
    75: ("Clients send call events only to rooms of two", A_CLIENTS),
    82: ("An invite while one prepares a call is accepted at once", A_CLIENTS),
    83: ("... and nothing of the own call is sent", A_CLIENTS),
    85: ("The lesser incoming call is accepted, the own aborted", A_CLIENTS),
    86: ("The lesser own call goes on waiting", A_CLIENTS),
    89: ("The user sees one call that connects", A_CLIENTS),
    90: ("Media streams are carried over to the surviving call", A_CLIENTS),
    93: ("All of this holds with several replicas", f"{REPLICAS} conformance-cluster takeover"),
    94: ("... and while Redis loses messages", f"{REPLICAS} conformance-no-wakes"),
    95: ("... and between two servers", FEDERATION),
}


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
    numbers = parse_numbers(wanted)
    chosen = statements(numbers)
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
    skipped = sorted(numbers & SKIPPED.keys())
    for n in skipped:
        print(f"SKIP S{n} {SKIPPED[n][0]}: {SKIPPED[n][1]}")
    print(f"{len(chosen) - failed} passed, {failed} failed, {len(skipped)} skipped")
    return 1 if broken else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="tests/seed/run")
    parser.add_argument("url")
    parser.add_argument("--only", default="S1-S96", help="such as S1-S32,S43")
    parser.add_argument("--must-pass", default="S1-S96", help="others may fail: exit status 0")
    options = parser.parse_args()
    sys.exit(main(options.url, options.only, parse_numbers(options.must_pass)))
