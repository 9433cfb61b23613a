"""S96: /_matrix/client/api/v1, in the seed's shapes."""

from urllib.parse import quote

from conformance.client import of_type

OLD = "/_matrix/client/api/v1"


def s96(world):
    """The old prefix gives the seed's shapes (user_id, age), v3 today's (sender, unsigned)."""
    alice, bob, room = world.pair()
    path = f"{OLD}/rooms/{quote(room)}"
    sent = alice.post(
        f"{path}/send/m.room.message", json={"msgtype": "m.text", "body": "old"}
    ).ok()["event_id"]

    today = of_type(bob.messages(room)["chunk"], "m.room.message")
    assert today["event_id"] == sent and today["sender"] == alice.user_id
    assert "user_id" not in today and "age" not in today and "age" in today["unsigned"]

    history = bob.get(f"{path}/messages", query={"dir": "b", "from": "END", "limit": 10}).ok()[
        "chunk"
    ]
    old = of_type(history, "m.room.message")
    assert old["event_id"] == sent and old["user_id"] == alice.user_id and old["age"] >= 0

    whole = bob.get(f"{OLD}/initialSync", query={"limit": 10}).ok()
    listed = next(r for r in whole["rooms"] if r["room_id"] == room)
    assert of_type(listed["messages"]["chunk"], "m.room.message")["user_id"] == alice.user_id
    assert of_type(listed["state"], "m.room.create")["user_id"] == alice.user_id

    second = alice.send(room, "new")
    news = bob.get(f"{OLD}/events", query={"from": whole["end"], "timeout": 5000}).ok()["chunk"]
    event = next(e for e in news if e.get("event_id") == second)
    assert event["user_id"] == alice.user_id and event["room_id"] == room and "age" in event
