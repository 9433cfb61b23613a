"""Owners of a service's partitions come, go and are killed under load; see README.md."""

import argparse
import os
import signal

from .load import Load
from .server import SHARED, cluster

AFTER = 30  # sends of everybody that must be acknowledged afterwards


def kill_once(launcher, service):
    """Returns the longest pause between two acknowledgements of a sender, in seconds."""
    with cluster(launcher, 3) as it:
        it.wait_for_owners(3, service)
        load = Load(it.server.url, it.add_gateway())
        load.wait_for(10)
        os.kill(it.pid(f"{service}-2"), signal.SIGKILL)
        load.wait_for(AFTER)
        it.wait_for_owners(2, service)
        load.stop()
        return load.longest_pause()


def scale(launcher, service):
    """One owner, three, one. Returns the number of sends and the longest pause."""
    with cluster(launcher, 1) as it:
        it.wait_for_owners(1, service)
        load = Load(it.server.url, it.add_gateway(), makes_rooms=True)
        load.wait_for(10)
        more = (f"{service}-2", f"{service}-3")
        for name in more:
            it.add(service, name)
        it.wait_for_owners(3, service)
        load.wait_for(AFTER)
        for name in more:
            it.end(name)
        it.wait_for_owners(1, service)
        load.wait_for(AFTER)
        load.stop()
        return load.sends(), load.longest_pause()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--launcher", required=True)
    parser.add_argument("--kills", type=int, default=5)
    arguments = parser.parse_args()
    for service in SHARED:
        sends, pause = scale(arguments.launcher, service)
        print(f"{service}, 1 → 3 → 1 owners under load: {sends} sends, none failed; longest pause {pause:.2f} s")
    for service in SHARED:
        pauses = sorted(kill_once(arguments.launcher, service) for _ in range(arguments.kills))
        print(
            f"{service}, {len(pauses)} kills of one of three owners, nothing lost or doubled, no request failed; "
            f"pause: median {pauses[len(pauses) // 2]:.2f} s, longest {pauses[-1]:.2f} s"
        )


if __name__ == "__main__":
    main()
