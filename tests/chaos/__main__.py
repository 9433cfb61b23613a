"""What may break does, under load; see README.md."""

import argparse
import random
import signal
import time

from cluster.load import Load
from cluster.server import cluster

AFTER = 20  # sends of everybody that must be acknowledged after each blow
STOPPED_SECONDS = 30
KILLS = 20
SEED = 1
SERVICES = [
    *("events", "events-2", "events-3", "accounts", "accounts-2", "presence", "presence-2"),
    *("profile", "profile-2", "calls", "calls-2", "federation"),
]


def stopped_owner(it):
    """An owner of rooms stands still for longer than its leases last, then goes on as if nothing was."""
    load = Load(it.server.url, patient=True)
    load.wait_for(5)
    begin = time.monotonic()
    it.signal("events-2", signal.SIGSTOP)
    it.wait_for_owners(2)
    taken_over = time.monotonic() - begin
    load.wait_for(AFTER)
    time.sleep(max(0, begin + STOPPED_SECONDS - time.monotonic()))
    it.signal("events-2", signal.SIGCONT)
    it.wait_for_owners(3)
    load.wait_for(AFTER)
    load.stop()
    assert "leases lost" in it.server.log_path.read_text(), "the one that stood still lost nothing"
    return f"others took over after {taken_over:.1f} s, {load.failures} requests repeated, {load.gaps} gaps read"


def redis_gone(it):
    """Redis is killed; later it is there again, and knows nothing."""
    load = Load(it.server.url)
    load.wait_for(5)
    it.signal("redis", signal.SIGKILL)
    load.wait_for(AFTER)
    it.start_redis()
    load.wait_for(AFTER)
    load.stop()
    return f"no request failed; what was sent was shown after {load.longest_lag():.2f} s at the latest"


def redis_stands_still(it):
    load = Load(it.server.url)
    load.wait_for(5)
    begin = time.monotonic()
    it.signal("redis", signal.SIGSTOP)
    while time.monotonic() < begin + STOPPED_SECONDS:
        load.wait_for(AFTER)
    it.signal("redis", signal.SIGCONT)
    load.wait_for(AFTER)
    load.stop()
    return f"no request failed; what was sent was shown after {load.longest_lag():.2f} s at the latest"


def postgres_restarted(it):
    load = Load(it.server.url, patient=True)
    load.wait_for(5)
    begin = time.monotonic()
    it.restart_postgres()
    load.wait_for(AFTER)
    it.wait_for_owners(3)
    load.stop()
    return f"all go on after {time.monotonic() - begin:.1f} s, {load.failures} requests repeated"


def rolling_restart(it):
    """Every process but the gateway, one after the other, as a new version is brought out."""
    load = Load(it.server.url, makes_rooms=True)
    load.wait_for(5)
    for name in SERVICES:
        it.restart(name, signal.SIGTERM)
        load.wait_for(5)
    it.wait_for_owners(3)
    load.stop()
    return f"{load.sends()} sends, no request failed, longest pause {load.longest_pause():.2f} s"


def random_kills(it):
    rng = random.Random(SEED)
    load = Load(it.server.url, patient=True)
    load.wait_for(5)
    for _ in range(KILLS):
        it.restart(rng.choice(SERVICES), signal.SIGKILL)
        load.wait_for(5)
    it.wait_for_owners(3)
    load.stop()
    return (
        f"{KILLS} kills, {load.sends()} sends, {load.failures} requests repeated, "
        f"longest pause {load.longest_pause():.2f} s"
    )


BLOWS = [stopped_owner, redis_gone, redis_stands_still, postgres_restarted, rolling_restart, random_kills]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--launcher", required=True)
    parser.add_argument("--only", choices=[blow.__name__ for blow in BLOWS])
    arguments = parser.parse_args()
    blows = [blow for blow in BLOWS if arguments.only in (None, blow.__name__)]
    for blow in blows:
        with cluster(arguments.launcher, 3) as it:
            it.wait_for_owners(3)
            print(f"{blow.__name__}: {blow(it)}", flush=True)
    print(f"{len(blows)} blows: nothing lost, doubled, reordered or skipped")


if __name__ == "__main__":
    main()
