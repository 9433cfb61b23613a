"""Processes of Parley stop, end and are killed."""

import random
import signal
import time

from ..figures import p50_p99, percentile
from ..load import clock
from ..site import GATEWAYS, SERVICES

LEASE_SECONDS = 10
RECOVERED = 3 * 2.0  # seconds: three times what is promised
SEED = 1


def stopped_owner(it, load):
    """An owner of rooms stands still for longer than its leases last, then goes on as if nothing was."""
    begin = clock()
    it.signal("events-2", signal.SIGSTOP)
    it.wait_for_owners(2)
    taken_over = clock() - begin
    load.wait_for(20)
    time.sleep(max(0, begin + (30 if it.long else LEASE_SECONDS + 3) - clock()))
    it.signal("events-2", signal.SIGCONT)
    it.wait_for_owners(3)
    load.wait_for(20)
    load.excuse(begin)
    assert "leases lost" in it.server.log_path.read_text(), "the one that stood still lost nothing"
    return lambda _: (
        f"others took over after {taken_over:.1f} s, {len(load.failures)} requests repeated"
    )


def random_kills(it, load, kills=20):
    """SIGKILL to any process, which is started again, as Kubernetes does."""
    rng, recoveries = random.Random(SEED), []
    for number in range(1000 if it.long else kills):
        begin = clock()
        it.restart(rng.choice(SERVICES + GATEWAYS), signal.SIGKILL)
        load.wait_for(3)
        load.excuse(begin)
        recoveries.append(load.longest_wait(begin))
        if number % 100 == 99:
            print(f"  {number + 1} kills, {p50_p99(recoveries)}", flush=True)
    it.wait_for_all_owners()
    assert percentile(recoveries, 99) < RECOVERED, f"slow: {sorted(recoveries)[-5:]}"
    return lambda _: (
        f"{len(recoveries)} kills, {len(load.failures)} requests repeated; "
        f"until everybody goes on: {p50_p99(recoveries)}"
    )


def rolling_restart(it, load):
    """Every process, one after the other, as a new version is brought out."""
    for name in SERVICES:
        it.restart(name, signal.SIGTERM)
        load.wait_for(3)
    for name, url in zip(GATEWAYS, it.gateways, strict=True):
        load.avoid(url)  # as a load balancer does with a pod that ends
        load.wait_for(3)
        it.restart(name, signal.SIGTERM)
        load.use(url)
        load.wait_for(3)
    it.wait_for_all_owners()
    assert not load.failures, f"{len(load.failures)} failed, first: {load.failures[0]}"
    return lambda _: f"no request failed, longest wait {load.longest_wait():.2f} s"
