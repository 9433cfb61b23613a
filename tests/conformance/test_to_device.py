"""Messages from device to device."""

from .client import Client, unique

TYPE = "com.example.whisper"


def send(sender, receiver, content, device=None, txn=None, type=TYPE):
    messages = {receiver.user_id: {device or receiver.device_id: content}}
    return sender.put("sendToDevice", type, txn or unique("t"), json={"messages": messages}).ok()


def received(sync):
    return [e["content"] for e in sync.to_device() if e["type"] == TYPE]


def test_a_message_reaches_the_device_it_is_for(alice, bob):
    other = bob.new_device()
    send(alice, bob, {"n": 1})
    answer = bob.sync_until(received)
    assert answer.to_device() == [{"type": TYPE, "sender": alice.user_id, "content": {"n": 1}}]
    assert not received(other.sync())


def test_a_message_wakes_a_sync(alice, bob):
    since = bob.sync().token
    send(alice, bob, {"n": 1})
    assert received(bob.sync_until(received, since)) == [{"n": 1}]


def test_a_star_means_every_device(alice, bob):
    other = bob.new_device()
    send(alice, bob, {"n": 1}, device="*")
    for device in (bob, other):
        assert received(device.sync_until(received)) == [{"n": 1}]


def test_an_unacknowledged_message_is_delivered_again(alice, bob):
    since = bob.sync().token
    send(alice, bob, {"n": 1})
    for _ in range(2):
        assert received(bob.sync_until(received, since)) == [{"n": 1}]


def test_an_acknowledged_message_is_gone(alice, bob):
    start = bob.sync().token
    send(alice, bob, {"n": 1})
    after = bob.sync_until(received, start).token
    assert not received(bob.sync(after))
    assert not received(bob.sync(start))


def test_messages_keep_their_order(alice, bob):
    since = bob.sync().token
    for number in range(20):
        send(alice, bob, {"n": number})
    seen = []

    def all_there(sync):
        seen.extend(content["n"] for content in received(sync))
        return len(seen) == 20

    bob.sync_until(all_there, since)
    assert seen == list(range(20))


def test_many_messages_all_arrive(alice, bob):
    since = bob.sync().token
    for start in range(0, 240, 60):
        for number in range(start, start + 60):
            send(alice, bob, {"n": number})
    seen = []

    def all_there(sync):
        seen.extend(content["n"] for content in received(sync))
        return len(seen) >= 240

    bob.sync_until(all_there, since)
    assert seen == list(range(240))


def test_a_repeated_transaction_delivers_once(alice, bob):
    txn = unique("t")
    for _ in range(2):
        send(alice, bob, {"n": 1}, txn=txn)
    send(alice, bob, {"n": 2})
    answer = bob.sync_until(lambda sync: {"n": 2} in received(sync))
    assert received(answer) == [{"n": 1}, {"n": 2}]


def test_messages_of_devices_can_reach_oneself(alice):
    other = alice.new_device()
    send(other, alice, {"n": 1})
    alice.sync_until(received)


def test_a_message_to_nobody_is_accepted(alice, bob):
    messages = {bob.user_id: {"NODEVICE": {}}, "@nobody:hs1": {"X": {}}}
    alice.put("sendToDevice", TYPE, unique("t"), json={"messages": messages}).ok()


def test_messages_must_be_given(alice):
    alice.put("sendToDevice", TYPE, unique("t"), json={}).refused(
        400, "M_BAD_JSON", "M_MISSING_PARAM", "M_INVALID_PARAM"
    )


def test_a_login_is_needed(anyone):
    Client(anyone.url).put("sendToDevice", TYPE, "t", json={"messages": {}}).refused(
        401, "M_MISSING_TOKEN"
    )
