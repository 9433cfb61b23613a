"""A network that passes one way only, clocks that go wrong."""

import signal
import time
from glob import glob

from ..load import clock


def requests_cut(it, load):
    """An owner of rooms keeps its leases, but what is asked of it does not arrive."""
    return cut(it, load, it.events_proxy.towards)


def answers_cut(it, load):
    """It does what it is asked, and nobody hears of it."""
    return cut(it, load, it.events_proxy.back)


def cut(it, load, way):
    begin, seconds = clock(), 30 if it.long else 5
    with way.cut():
        time.sleep(seconds)
    load.wait_for(10)
    load.excuse(begin)
    return lambda _: (
        f"cut for {seconds} s: longest wait {load.longest_wait(begin):.2f} s, "
        f"{len(load.failures)} requests repeated"
    )


def clock_fast(it, load):
    return clock_wrong(it, load, "+1h")


def clock_slow(it, load):
    return clock_wrong(it, load, "-1h")


def clock_wrong(it, load, shift):
    """The clock of one process of each service that shares is wrong.

    Its waits that Abseil makes are not those of a machine whose clock is wrong: they ask the kernel,
    whose clock is right, and end at once or an hour late. So what is late is excused.
    """
    begin = clock()
    library = glob("/usr/lib/*/faketime/libfaketimeMT.so.1")[0]
    wrong = {"LD_PRELOAD": library, "FAKETIME": shift, "DONT_FAKE_MONOTONIC": "1"}
    names = ("events-2", "accounts-2", "profile-2")
    for name in names:
        it.restart(name, signal.SIGTERM, wrong)
    it.wait_for_all_owners()
    load.wait_for(30)
    for name in names:
        it.restart(name, signal.SIGTERM)
    it.wait_for_all_owners()
    load.excuse(begin)
    assert not load.failures, f"{len(load.failures)} failed, first: {load.failures[0]}"
    return lambda _: f"no request failed, longest wait {load.longest_wait():.2f} s"
