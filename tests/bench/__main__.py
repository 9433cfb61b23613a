"""Runs one scenario: python -m bench SCENARIO [OPTIONS]."""

import argparse
import resource

from . import chat, profile, storm

SCENARIOS = {
    "presence-storm": storm.presence_storm,
    "presence-scaling": storm.presence_scaling,
    "presence-cost": chat.presence_cost,
    "invite": chat.invite,
    "profile": profile.profile,
}
OPEN_FILES = 65536


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run")
    parser.add_argument("scenario", choices=SCENARIOS)
    parser.add_argument("--launcher", help="FOLDER PORT; default: tests/bench-launch")
    parser.add_argument("--users", type=int, default=1000)
    parser.add_argument("--small", type=int, default=1000, help="members of the second room")
    parser.add_argument("--watchers", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=float, default=50, help="messages a second")
    parser.add_argument("--invites", type=int, default=200)
    parser.add_argument("--rooms", type=int, default=1000)
    parser.add_argument("--members", type=int, default=100)
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(OPEN_FILES, hard), hard))
    SCENARIOS[options.scenario](options)


main()
