"""What may break does, under load; see README.md."""

import argparse
import sys
import traceback
from pathlib import Path

from . import history
from .alone import Alone
from .blows import between, disk, overload, postgres, redis, services
from .checker import violations
from .load import Load, clock
from .site import NarrowSite, ProxiedSite, ReplicatedSite, Site, SlowStoreSite, site

BEFORE, AFTER = 5, 10  # rounds of every user before the blow and after it
PLACES = [
    (
        Site,
        [
            *(redis.gone, redis.flushed, redis.stands_still),
            *(postgres.refuses, postgres.restarted, postgres.killed, postgres.backend_killed),
            *(between.clock_fast, between.clock_slow),
            *(services.stopped_owner, services.rolling_restart, services.random_kills),
        ],
    ),
    (ProxiedSite, [redis.slow, between.requests_cut, between.answers_cut]),
    (SlowStoreSite, [postgres.slow]),
    (ReplicatedSite, [postgres.failed_over]),
    (Alone, [disk.full]),
    (NarrowSite, [overload.overloaded]),
]

ONLY_LONG = [between.clock_slow]  # libfaketime makes it slow, too


def name_of(blow):
    return f"{blow.__module__.rsplit('.')[-1]}_{blow.__name__}"


def deal(blow, it, kept):
    """Returns the blow's figures."""
    begin = clock()
    load = Load(it.gateways, name_of(blow).replace("_", "-"), it.users)
    load.wait_for(BEFORE)
    figures = blow(it, load)
    load.wait_for(AFTER)
    records = load.finish()
    found = violations(records)
    if found:
        history.dump(records, kept / f"chaos-{name_of(blow)}.jsonl")
    assert not found, f"{len(found)} violations, first: {found[0]}"
    return f"{figures(records)} ({sum(load.rounds)} rounds, {clock() - begin:.0f} s)"


def run(blows, kind, arguments):
    """Returns how many failed. One that fails leaves the next ones a new server."""
    while blows:
        try:
            with site(kind, arguments.launcher, arguments.long) as it:
                while blows:
                    blow = blows.pop(0)
                    print(f"{name_of(blow)}: {deal(blow, it, arguments.kept)}", flush=True)
        except Exception:
            traceback.print_exc()
            print(f"FAILED {name_of(blow)}", flush=True)
            return 1 + run(blows, kind, arguments)
    return 0


def is_wanted(blow, arguments):
    if arguments.only:
        return arguments.only in name_of(blow)
    return arguments.long or blow not in ONLY_LONG


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--launcher", required=True)
    parser.add_argument("--only", help="blows with this in their names")
    parser.add_argument("--long", action="store_true", help="as long and as many as in the issue")
    parser.add_argument("--kept", type=Path, default=Path(), help="where bad histories go")
    arguments = parser.parse_args()
    failed = count = 0
    for kind, blows in PLACES:
        blows = [blow for blow in blows if is_wanted(blow, arguments)]
        count += len(blows)
        failed += run(blows, kind, arguments)
    print(
        f"{count} blows, {failed} failed: nothing lost, doubled, reordered or skipped in the others"
    )
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
