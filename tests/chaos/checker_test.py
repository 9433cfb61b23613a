"""The checker finds each violation that is planted into a recorded history, and none without."""

from dataclasses import replace
from pathlib import Path

import pytest

from .checker import ELSEWHERE, path_of, violations
from .history import Attempt, Blow, Event, Listed, Read, Synced, Told, Wrote, load

CLEAN = load(Path(__file__).parent / "testdata/clean.jsonl")
SENT = [r for r in CLEAN if isinstance(r, Attempt) and r.event][20]  # the one that things happen to
SENDER = path_of([r for r in CLEAN if isinstance(r, Synced) and r.chain == SENT.user])


def each(change):
    """The clean history with every record changed."""
    return [change(record) for record in CLEAN]


def instead(old, *new):
    return [r for record in CLEAN for r in (new if record is old else [record])]


def shows(record, event=SENT.event):
    return isinstance(record, Synced) and any(
        event in (e.id for e in es) for es in record.rooms.values()
    )


def with_events(record, change):
    """`change` applied to each list of events in an answer of /sync or in a listed room."""
    if isinstance(record, Synced):
        return replace(
            record, rooms={room: change(events) for room, events in record.rooms.items()}
        )
    return replace(record, events=change(record.events)) if isinstance(record, Listed) else record


def without(events):
    return [event for event in events if event.id != SENT.event]


def behind_the_sent(event):
    """`event` is shown wherever SENT is, behind it."""

    def insert(events):
        return [new for e in events for new in ([e, event] if e.id == SENT.event else [e])]

    return each(lambda record: with_events(record, insert))


def of_kind(kind, wanted=lambda record: True):
    return next(record for record in CLEAN if isinstance(record, kind) and wanted(record))


def last_list(room=SENT.room):
    return [r for r in CLEAN if isinstance(r, Listed) and r.room == room][-1]


def all_lists_with(change):
    return each(
        lambda r: (
            replace(r, events=change(r.events))
            if isinstance(r, Listed) and r.room == SENT.room
            else r
        )
    )


def answer_that_shows(chain):
    return next(synced for synced in chain if shows(synced))


def lost():
    return instead(last_list(), with_events(last_list(), without))


def acknowledged_and_never_seen():
    return each(lambda record: with_events(record, without))


def doubled():
    again = Event("$again", SENT.user, "message", SENT.transaction)
    return behind_the_sent(again)


def answered_differently():
    return [*CLEAN, replace(SENT, event="$other")]


def phantom():
    ghost = Event("$ghost", SENT.user, "message", "never sent")
    return behind_the_sent(ghost)


def altered():
    def change(events):
        return [e._replace(value="0-0") if e.id == SENT.event else e for e in events]

    return instead(last_list(), with_events(last_list(), change))


def ordered_differently():
    return instead(last_list(), with_events(last_list(), lambda events: events[1::-1] + events[2:]))


def skipped():
    other = next(
        r for r in CLEAN if shows(r) and r.user != SENT.user and r in path_of_chain(r.chain)
    )
    return instead(other, with_events(other, without))


def path_of_chain(chain):
    return path_of([r for r in CLEAN if isinstance(r, Synced) and r.chain == chain])


def repeated():
    first, later = answer_that_shows(SENDER), SENDER[-1]
    return instead(later, replace(later, rooms={SENT.room: first.rooms[SENT.room]}))


def reordered():
    many = next(s for s in SENDER if any(len(events) > 1 for events in s.rooms.values()))
    return instead(many, with_events(many, lambda events: events[::-1]))


def own_send_seen_late():
    """The answers up to the last one hold it back."""
    first, later = answer_that_shows(SENDER), SENDER[-1]
    held_back = each(lambda r: with_events(r, without) if r is first else r)
    room = {SENT.room: [e for e in first.rooms[SENT.room] if e.id == SENT.event]}
    return [replace(r, rooms=room) if r is later else r for r in held_back]


def seen_late_elsewhere():
    """Somebody else asks long after it was acknowledged, and is shown it with the answer after that."""
    chain = next(r.chain for r in CLEAN if shows(r) and r.user != SENT.user)
    path = path_of_chain(chain)
    index = path.index(answer_that_shows(path))
    empty = replace(path[index], next="late", begin=SENT.end + ELSEWHERE, rooms={}, told=[])
    shown = replace(path[index], since="late", begin=SENT.end + ELSEWHERE + 1)
    late = instead(path[index], empty, shown)
    after = {id(synced) for synced in path[index + 1 :]}
    return [replace(r, begin=r.begin + ELSEWHERE + 2) if id(r) in after else r for r in late]


def told(record):
    return (
        isinstance(record, Synced) and bool(record.told) and record in path_of_chain(record.chain)
    )


FIRST_TOLD = of_kind(Synced, told)


def device_message_lost():
    return instead(FIRST_TOLD, replace(FIRST_TOLD, told=FIRST_TOLD.told[1:]))


def device_message_repeated():
    last = path_of_chain(FIRST_TOLD.chain)[-1]
    return instead(last, replace(last, told=FIRST_TOLD.told[:1]))


def device_message_forgotten():
    """The client asks once more with the same token: the answer before held one that this one lacks."""
    dropped = replace(FIRST_TOLD, told=[*FIRST_TOLD.told, (SENT.user, 1000)])
    return [
        *instead(FIRST_TOLD, dropped, FIRST_TOLD),
        Told(SENT.user, FIRST_TOLD.user, 1000, False),
    ]


def device_message_of_nobody():
    return instead(FIRST_TOLD, replace(FIRST_TOLD, told=[*FIRST_TOLD.told, (SENT.user, 1000)]))


def name_repeated():
    def again(events):
        last = next(e for e in reversed(events) if e.kind == "name")
        return [*events, last._replace(id="$again")]

    return all_lists_with(again)


def last_name_missing():
    def cut(events):
        last = next(e for e in reversed(events) if e.kind == "name")
        return [event for event in events if event != last]

    return all_lists_with(cut)


def names_out_of_order():
    def swap(events):
        names = [e for e in events if e.kind == "name" and e.sender == SENT.user]
        swapped = dict(zip(names, reversed([e.value for e in names])))
        return [e._replace(value=swapped[e]) if e in swapped else e for e in events]

    return each(lambda record: with_events(record, swap) if isinstance(record, Listed) else record)


def stale_read():
    read = of_kind(Read, lambda r: r.number > 0)
    return instead(read, replace(read, number=read.number - 1))


def stale_read_elsewhere():
    wrote = of_kind(Wrote, lambda w: w.number == 1)
    begin = wrote.end + ELSEWHERE
    return [*CLEAN, Read(wrote.key, "gateway-3", wrote.number - 1, begin, begin)]


def read_of_the_future():
    read = of_kind(Read)
    return instead(read, replace(read, number=1000))


PLANTED = {
    lost: "lost",
    acknowledged_and_never_seen: "lost",
    doubled: "doubled",
    answered_differently: "answers-differ",
    phantom: "phantom",
    altered: "altered",
    ordered_differently: "order-differs",
    skipped: "sync-skipped",
    repeated: "sync-repeated",
    reordered: "sync-reordered",
    own_send_seen_late: "send-unseen",
    seen_late_elsewhere: "send-unseen-elsewhere",
    device_message_lost: "told-lost",
    device_message_repeated: "told-repeated",
    device_message_forgotten: "told-forgotten",
    device_message_of_nobody: "told-phantom",
    name_repeated: "name-repeated",
    names_out_of_order: "name-reordered",
    last_name_missing: "name-stale",
    stale_read: "write-unread",
    stale_read_elsewhere: "write-unread-elsewhere",
    read_of_the_future: "read-phantom",
}


def test_a_clean_history_has_no_violation():
    assert violations(CLEAN) == []


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_violation_is_found(plant):
    assert PLANTED[plant] in {violation.kind for violation in violations(plant())}


@pytest.mark.parametrize("plant", [seen_late_elsewhere, stale_read_elsewhere])
def test_lateness_elsewhere_is_excused_during_a_blow(plant):
    blow = Blow(SENT.begin - 1000, SENT.end + 1000)
    assert PLANTED[plant] not in {violation.kind for violation in violations([*plant(), blow])}
