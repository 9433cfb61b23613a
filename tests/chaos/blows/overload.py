"""Five times as many sends as the server can do."""

from ..client import Client
from ..figures import percentile
from ..flood import Flood
from ..load import clock
from ..reading import whole_room

TIMES = 5
AT_ONCE, CONNECTIONS = 16, 300
BEST_SECONDS, FLOOD_SECONDS = 3, 6
WINDOW_SECONDS = 0.5
GOODPUT = 0.8  # of the best; asserted at half of it, where the tests share their machine
RECOVERED = 3 * 5.0  # seconds: three times what is promised


def overloaded(it, load):
    """It sheds what it cannot do, does what it can, and is itself again soon."""
    client = Client(it.gateways[0], "flood")
    rooms = [client.call(it.gateways[0], "POST", "/createRoom", {})["room_id"] for _ in range(8)]
    flood = Flood(it.gateways[0], client.token, rooms)
    best = flood.as_fast_as_answered(AT_ONCE, BEST_SECONDS)
    over = flood.at_rate(TIMES * best.rate(), CONNECTIONS, FLOOD_SECONDS)
    recovery = until_as_before(flood, best)
    check_rooms(client, it.gateways[0], rooms, [best, over])
    offered = (len(over.acknowledged) + over.shed + len(over.others)) / over.seconds
    assert not best.shed + len(best.others) and not over.others, (best.others + over.others)[:3]
    assert over.rate() >= GOODPUT / 2 * best.rate(), (
        f"{over.rate():.0f} of {best.rate():.0f} a second"
    )
    assert recovery < RECOVERED, f"recovered after {recovery:.1f} s"
    return lambda _: (
        f"best {best.rate():.0f} sends a second; of {offered:.0f} a second {over.rate():.0f} were done "
        f"({100 * over.rate() / best.rate():.0f} %), p99 {percentile(over.times, 99):.2f} s, "
        f"{over.shed} shed with 429 and Retry-After; recovered after {recovery:.2f} s"
    )


def until_as_before(flood, best):
    """Until it does nearly its best again."""
    begin = clock()
    while True:
        since = clock()
        if flood.as_fast_as_answered(AT_ONCE, WINDOW_SECONDS).rate() >= GOODPUT * best.rate():
            return since - begin
        assert clock() < begin + 60, "it does not recover"


def check_rooms(client, url, rooms, outcomes):
    shown = [event for room in rooms for event in whole_room(client, url, room).events]
    values = [event.value for event in shown]
    assert len(values) == len(set(values)), "an event is doubled"
    acknowledged = {event for outcome in outcomes for event in outcome.acknowledged.values()}
    assert acknowledged <= {event.id for event in shown}, "an acknowledged event is lost"
