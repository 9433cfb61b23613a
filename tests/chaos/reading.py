"""Turns what the server shows into records of a history."""

from .checker import shown_in
from .client import number_of
from .history import Event, Listed, Synced


def event_of(event):
    """None: not one that the load has caused, such as a room's first ones."""
    content = event["content"]
    if event["type"] == "m.room.message":
        return Event(event["event_id"], event["sender"], "message", content["body"])
    number = number_of(content.get("displayname")) if event["type"] == "m.room.member" else -1
    if number < 0:
        return None
    return Event(event["event_id"], event["state_key"], "name", str(number))


def events_of(events):
    return [found for found in map(event_of, events) if found]


def whole_room(client, url, room):
    found, start = [], None
    while True:
        page = client.page(url, room, "b", start)
        found += events_of(page["chunk"])
        start = page.get("end")
        if start is None:
            return Listed(room, url, found[::-1])


class Chain:
    """A client that syncs from token to token, and reads what timelines leave out."""

    def __init__(self, name, client, since=None, known=()):
        self.name, self.client, self.since = name, client, since
        self.known = set(known)  # ids of the events it has been shown
        self.told = set()

    def ask(self, clock, url, wait_ms=0):
        """Returns the answer as a record; it counts once it is `take`n."""
        begin = clock()
        answer = self.client.sync(url, self.since, wait_ms)
        joined = answer.get("rooms", {}).get("join", {}).items()
        rooms = {room: self._timeline(url, room, update["timeline"]) for room, update in joined}
        told = [
            (event["content"]["from"], event["content"]["n"])
            for event in answer.get("to_device", {}).get("events", [])
        ]
        return Synced(
            *(self.name, self.client.user, url, self.since, answer["next_batch"], begin, clock()),
            *({room: events for room, events in rooms.items() if events}, told),
        )

    def take(self, synced):
        self.since = synced.next
        self.known |= shown_in([synced])
        self.told.update(synced.told)

    def _timeline(self, url, room, timeline):
        events = events_of(timeline["events"])
        if not timeline.get("limited"):
            return events
        return self._gap(url, room, timeline.get("prev_batch")) + events

    def _gap(self, url, room, start):
        """From `start` back to what was shown last."""
        gap = []
        while start:
            page = self.client.page(url, room, "b", start)
            for event in events_of(page["chunk"]):
                if event.id in self.known:
                    return gap[::-1]
                gap.append(event)
            start = page.get("end")
        return gap[::-1]
