"""Judges a history: `violations` is a pure function. `python -m chaos.checker FILE` judges a kept one."""

import sys
from bisect import bisect_left
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from .history import Attempt, Blow, Listed, Read, Synced, Told, Wrote, load

ELSEWHERE = 3.0  # seconds: three times what is promised of the other gateways


class Violation(NamedTuple):
    kind: str
    text: str


class Facts:
    """A history, sorted for the checks."""

    def __init__(self, records):
        self.by_kind = defaultdict(list)
        for record in records:
            self.by_kind[type(record)].append(record)
        self.attempts = self.by_kind[Attempt]
        self.acknowledged = [a for a in self.attempts if a.event]
        self.lists = self.by_kind[Listed]
        self.orders = {}  # room → events, as the first gateway tells them
        for listed in self.lists:
            self.orders.setdefault(listed.room, listed.events)
        self.chains = defaultdict(list)
        for synced in self.by_kind[Synced]:
            self.chains[synced.chain].append(synced)
        self.paths = {chain: path_of(answers) for chain, answers in self.chains.items()}
        self.writes = defaultdict(list)
        for wrote in self.by_kind[Wrote]:
            self.writes[wrote.key].append(wrote)

    def excused(self, begin, end):
        return any(begin < blow.end and blow.begin < end for blow in self.by_kind[Blow])


def path_of(answers):
    """Those that the client did not drop."""
    last = {synced.since: synced for synced in answers}
    return [synced for synced in answers if last[synced.since] is synced]


def lost(facts):
    """What was acknowledged, or shown, is in its room on every gateway."""
    shown = defaultdict(set)
    for attempt in facts.acknowledged:
        shown[attempt.room].add(attempt.event)
    for synced in facts.by_kind[Synced]:
        for room, events in synced.rooms.items():
            shown[room].update(event.id for event in events)
    for listed in facts.lists:
        for missing in sorted(shown[listed.room] - {event.id for event in listed.events}):
            yield Violation("lost", f"{missing} is not in {listed.room} on {listed.gateway}")


def one_answer(facts):
    """A repeated request gets the first one's answer."""
    answers = defaultdict(set)
    for attempt in facts.acknowledged:
        answers[attempt.user, attempt.room, attempt.transaction].add(attempt.event)
    for transaction, events in answers.items():
        if len(events) > 1:
            yield Violation("answers-differ", f"{transaction} was answered {sorted(events)}")


def doubled(facts):
    for listed in facts.lists:
        ids = Counter((e.sender, e.value) for e in listed.events if e.kind == "message")
        for transaction, count in ids.items():
            if count > 1:
                yield Violation("doubled", f"{transaction} is {count} times in {listed.room}")


def phantoms(facts):
    """Nobody has sent it."""
    sent = {(a.room, a.user, "message", a.transaction) for a in facts.attempts}
    named = {(w.key, str(w.number)) for w in facts.by_kind[Wrote]}
    for room, event in all_shown(facts):
        is_name = event.kind == "name" and (f"name {event.sender}", event.value) in named
        if not is_name and (room, event.sender, event.kind, event.value) not in sent:
            yield Violation("phantom", f"nobody has sent {event} in {room}")


def altered(facts):
    """An event is the same wherever it is shown."""
    first = {}
    for room, event in all_shown(facts):
        before = first.setdefault(event.id, (room, event))
        if before != (room, event):
            yield Violation("altered", f"{before} is elsewhere {(room, event)}")


def all_shown(facts):
    """Each event once for each different way in which it was shown."""
    shown = {(listed.room, event) for listed in facts.lists for event in listed.events}
    for synced in facts.by_kind[Synced]:
        shown.update((room, event) for room, events in synced.rooms.items() for event in events)
    return sorted(shown)


def one_order(facts):
    for listed in facts.lists:
        ids, others = ids_of(listed.events), ids_of(facts.orders[listed.room])
        if set(ids) == set(others) and ids != others:
            yield Violation("order-differs", f"{listed.room} on {listed.gateway}")


def ids_of(events):
    return [event.id for event in events]


def sync_is_the_timeline(facts):
    """From its first token on, a chain shows each event of each room once, in the room's order."""
    for chain, path in facts.paths.items():
        before = shown_before(facts, path[0].since)
        for room, events in facts.orders.items():
            shown = [e.id for synced in path for e in synced.rooms.get(room, [])]
            yield from compare(f"{chain} in {room}", ids_of(events), before, shown)


def compare(where, order, before, shown):
    repeated = [i for i, count in Counter(shown).items() if count > 1 or i in before]
    known = before | set(shown)
    skipped = [i for i in order if i not in known]
    if repeated:
        yield Violation("sync-repeated", f"{where}: {repeated}")
    if skipped:
        yield Violation("sync-skipped", f"{where}: {skipped}")
    place = {event: number for number, event in enumerate(order)}
    if not repeated and not is_ascending([place[i] for i in shown if i in place]):
        yield Violation("sync-reordered", where)


def is_ascending(numbers):
    return all(a < b for a, b in pairwise(numbers))


def shown_before(facts, token):
    """What the chain that was given this token had been shown by then."""
    for path in facts.paths.values():
        for number, synced in enumerate(path):
            if token is not None and synced.next == token and path[0].since != token:
                return shown_in(path[: number + 1])
    return set()


def shown_in(answers):
    """The ids of the events in these answers."""
    return {e.id for synced in answers for events in synced.rooms.values() for e in events}


def told_once(facts):
    """Messages to a device: each once, in the sender's order, and again until it is acknowledged."""
    told = defaultdict(set)
    for message in facts.by_kind[Told]:
        told[message.receiver].add((message.sender, message.number))
    for path in facts.paths.values():
        if path[0].since is not None:
            continue  # a second client of the same device
        shown = [message for synced in path for message in synced.told]
        user = path[0].user
        for message, count in Counter(shown).items():
            if count > 1:
                yield Violation("told-repeated", f"{message} to {user}, {count} times")
            if message not in told[user]:
                yield Violation("told-phantom", f"nobody has sent {message} to {user}")
        yield from told_in_order(user, shown)
    yield from told_and_lost(facts)
    yield from told_and_forgotten(facts)


def told_in_order(user, shown):
    by_sender = defaultdict(list)
    for sender, number in dict.fromkeys(shown):
        by_sender[sender].append(number)
    for sender, numbers in by_sender.items():
        if not is_ascending(numbers):
            yield Violation("told-reordered", f"from {sender} to {user}: {numbers}")


def told_and_lost(facts):
    got = defaultdict(set)
    for path in facts.paths.values():
        for synced in path:
            got[synced.user].update(synced.told)
    for message in facts.by_kind[Told]:
        if message.acknowledged and (message.sender, message.number) not in got[message.receiver]:
            yield Violation("told-lost", f"{message}")


def told_and_forgotten(facts):
    """What was in an answer that did not reach the client comes in a later one."""
    for chain, answers in facts.chains.items():
        kept = {message for synced in facts.paths[chain] for message in synced.told}
        for message in {message for synced in answers for message in synced.told} - kept:
            yield Violation("told-forgotten", f"{message} to {answers[0].user}")


def names(facts):
    """In each room a name arrives once, none after a later one, and the last one stays."""
    for room, events in facts.orders.items():
        by_user = defaultdict(list)
        for event in events:
            if event.kind == "name":
                by_user[event.sender].append(int(event.value))
        for key, writes in facts.writes.items():
            if key.startswith("name "):
                yield from judge_names(room, key, writes, by_user[key.removeprefix("name ")])


def judge_names(room, key, writes, numbers):
    if len(set(numbers)) < len(numbers):
        yield Violation("name-repeated", f"{key} in {room}: {numbers}")
    elif not is_ascending(numbers):
        yield Violation("name-reordered", f"{key} in {room}: {numbers}")
    wanted = max((w.number for w in writes if w.acknowledged), default=None)
    if wanted is not None and (not numbers or numbers[-1] < wanted):
        yield Violation("name-stale", f"{key} in {room} is {numbers[-1:]}, not {wanted}")


def reads_see_writes(facts):
    for read in facts.by_kind[Read]:
        writes = facts.writes[read.key]
        here = latest(w for w in writes if w.gateway == read.gateway and w.end <= read.begin)
        anywhere = latest(w for w in writes if w.end + ELSEWHERE <= read.begin)
        if read.number < here:
            yield Violation("write-unread", f"{read}, after {here}")
        elif read.number < anywhere and not facts.excused(read.begin - ELSEWHERE, read.begin):
            yield Violation("write-unread-elsewhere", f"{read}, after {anywhere}")
        elif read.number > max((w.number for w in writes if w.begin <= read.end), default=-1):
            yield Violation("read-phantom", f"{read}")


def latest(writes):
    return max((write.number for write in writes if write.acknowledged), default=-1)


def syncs_see_sends(facts):
    """One's own sends at once on the gateway that took them; all sends soon, on all gateways."""
    for path in facts.paths.values():
        if path[0].since is not None:
            continue
        seen_by, begins = seen_numbers(path), [synced.begin for synced in path]
        for attempt in facts.acknowledged:
            later = path[bisect_left(begins, attempt.end) : seen_by.get(attempt.event, len(path))]
            yield from judge_send(facts, attempt, path[0].user, later)


def seen_numbers(path):
    """Event → the number of the answer that showed it."""
    return {
        event.id: number
        for number, synced in reversed(list(enumerate(path)))
        for events in synced.rooms.values()
        for event in events
    }


def judge_send(facts, attempt, user, later):
    """`later`: the answers to questions asked after the acknowledgement that do not show it yet."""
    for synced in later:
        if user == attempt.user and synced.gateway == attempt.gateway:
            yield Violation("send-unseen", f"{attempt} by {synced.chain} at {synced.begin}")
            return
        late = synced.begin >= attempt.end + ELSEWHERE
        if late and not facts.excused(synced.begin - ELSEWHERE, synced.begin):
            yield Violation("send-unseen-elsewhere", f"{attempt} by {synced.chain}: {synced.begin}")
            return


CHECKS = [
    *(lost, one_answer, doubled, phantoms, altered, one_order, sync_is_the_timeline),
    *(told_once, names, reads_see_writes, syncs_see_sends),
]


def violations(records):
    """All that is wrong with a history; it must be whole, with every room listed in the end."""
    facts = Facts(records)
    return [violation for check in CHECKS for violation in check(facts)]


def main():
    found = violations(load(Path(sys.argv[1])))
    print("\n".join(f"{violation.kind}: {violation.text}" for violation in found) or "clean")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
