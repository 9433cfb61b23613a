"""Redis goes, forgets, stands still, is slow. No request may fail."""

import signal
import subprocess

from ..figures import lags, p50_p99, percentile
from ..load import clock

LATE = 3 * 1.5  # seconds: three times what is promised of /sync without Redis


def gone(it, load):
    """It is killed; later it is there again, and knows nothing."""
    begin = clock()
    it.signal("redis", signal.SIGKILL)
    load.wait_for(30)
    it.start_redis()
    load.wait_for(10)
    return judged(load, begin)


def flushed(it, load):
    """It forgets everything and throws everybody out, again and again."""
    begin = clock()
    for _ in range(5):
        for command in (
            ["FLUSHALL"],
            ["CLIENT", "KILL", "TYPE", "pubsub"],
            ["CLIENT", "KILL", "TYPE", "normal"],
        ):
            tell(it, *command)
        load.wait_for(5)
    return judged(load, begin)


def stands_still(it, load):
    begin = clock()
    it.signal("redis", signal.SIGSTOP)
    try:
        while clock() < begin + (30 if it.long else 8):
            load.wait_for(10)
    finally:
        it.signal("redis", signal.SIGCONT)
    load.wait_for(10)
    return judged(load, begin)


def slow(it, load):
    """Everything that comes from it comes 500 ms late."""
    begin = clock()
    it.redis_proxy.back.delay = 0.5
    load.wait_for(40)
    it.redis_proxy.back.delay = 0.0
    load.wait_for(10)
    return judged(load, begin)


def tell(it, *command):
    host, port = it.redis_address()
    subprocess.run(["redis-cli", "-h", host, "-p", port, *command], check=True, capture_output=True)


def judged(load, begin):
    end = clock()
    assert not load.failures, f"{len(load.failures)} failed, first: {load.failures[0]}"

    def figures(records):
        late = lags(records, begin, end)
        assert percentile(late, 99) < LATE, f"p99 is {percentile(late, 99):.2f} s"
        return f"no request failed; sends are shown to others after {p50_p99(late)}, at most {max(late):.2f} s"

    return figures
