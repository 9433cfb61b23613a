"""Numbers from histories."""

from .history import Attempt, Synced


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def p50_p99(values):
    return f"p50 {percentile(values, 50):.2f} s, p99 {percentile(values, 99):.2f} s"


def lags(records, begin, end):
    """From each acknowledgement between these times to each other user's /sync that showed it first."""
    acknowledged = {}
    for attempt in records:
        if isinstance(attempt, Attempt) and attempt.event:
            acknowledged.setdefault(attempt.event, attempt)
    shown = {}
    for synced in records:
        if isinstance(synced, Synced) and synced.chain == synced.user:
            for event in {e.id for events in synced.rooms.values() for e in events}:
                shown.setdefault((synced.user, event), synced.end)
    return [
        max(0.0, at - acknowledged[event].end)
        for (user, event), at in shown.items()
        if event in acknowledged
        and user != acknowledged[event].user
        and begin <= acknowledged[event].end <= end
    ]
