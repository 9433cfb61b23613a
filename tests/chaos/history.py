"""What the clients of a load did and saw, as values. Times are seconds of one monotonic clock."""

import json
import threading
from dataclasses import asdict, dataclass
from typing import NamedTuple


class Event(NamedTuple):
    """An event that the load has caused. `value`: a message's transaction, or a name's number."""

    id: str
    sender: str
    kind: str  # message, name
    value: str


@dataclass(frozen=True)
class Attempt:
    """One request that sends a message. `event` is None where no answer came, or a refusal."""

    user: str
    gateway: str
    room: str
    transaction: str
    begin: float
    end: float
    event: str | None


@dataclass(frozen=True)
class Wrote:
    """Number `number` was written to `key`, which one client alone writes, in ascending numbers.

    A user's display name has the key "name USER", and goes into each room of the user.
    """

    key: str
    gateway: str
    number: int
    begin: float
    end: float
    acknowledged: bool


@dataclass(frozen=True)
class Read:
    """What `key` was when somebody read it; -1: nothing."""

    key: str
    gateway: str
    number: int
    begin: float
    end: float


@dataclass(frozen=True)
class Told:
    """One request that sends a message with this number to the device of `receiver`."""

    sender: str
    receiver: str
    number: int
    acknowledged: bool


@dataclass(frozen=True)
class Synced:
    """One answer of /sync, with what its timelines left out read behind it.

    A chain is one client that goes on from token to token; where two answers of a chain have the
    same `since`, the client has dropped all but the last, as if they had not come. A chain may
    begin at a token of another one.
    """

    chain: str
    user: str
    gateway: str
    since: str | None
    next: str
    begin: float
    end: float
    rooms: dict[str, list[Event]]
    told: list[tuple[str, int]]  # sender, number


@dataclass(frozen=True)
class Listed:
    """All of a room's events, first to last, as one gateway tells them when all is over."""

    room: str
    gateway: str
    events: list[Event]


@dataclass(frozen=True)
class Blow:
    """A time in which nobody is promised to see others' writes soon, only correctly."""

    begin: float
    end: float


KINDS = {kind.__name__: kind for kind in (Attempt, Wrote, Read, Told, Synced, Listed, Blow)}


class History:
    """Takes records from any thread."""

    def __init__(self):
        self._lock = threading.Lock()
        self._records = []

    def add(self, record):
        with self._lock:
            self._records.append(record)

    def records(self):
        with self._lock:
            return list(self._records)


def dump(records, path):
    """One JSON line for each record."""
    lines = (json.dumps([type(r).__name__, asdict(r)], separators=(",", ":")) for r in records)
    path.write_text("".join(line + "\n" for line in lines))


def load(path):
    return [_parse(*json.loads(line)) for line in path.read_text().splitlines()]


def _parse(kind, fields):
    if kind == "Synced":
        rooms = fields["rooms"].items()
        fields["rooms"] = {room: [Event(*e) for e in events] for room, events in rooms}
        fields["told"] = [tuple(told) for told in fields["told"]]
    if kind == "Listed":
        fields["events"] = [Event(*event) for event in fields["events"]]
    return KINDS[kind](**fields)
