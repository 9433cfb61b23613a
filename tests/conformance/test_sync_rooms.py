"""GET /sync: filters, lazy loading, room summary, left rooms, ignored users, state_after."""

import pytest

from .client import Sync, bodies, ids, is_member, of_type

LAZY = {"room": {"state": {"lazy_load_members": True}, "timeline": {"limit": 1}}}
INCLUDE_LEAVE = {"room": {"include_leave": True}}


@pytest.mark.parametrize(
    "part, expected",
    [
        ({"types": ["m.room.message"]}, ["m.room.message"]),
        ({"not_types": ["m.room.message"], "types": ["m.room.m*"]}, ["m.room.member"]),
        ({"types": []}, []),
    ],
)
def test_the_timeline_can_be_filtered_by_type(alice, public_room, part, expected):
    alice.send(public_room, "x")
    answer = alice.sync(filter={"room": {"timeline": part | {"limit": 50}}})
    assert [e["type"] for e in answer.timeline(public_room)] == expected


def test_the_timeline_can_be_filtered_by_sender(alice, bob, room):
    alice.send(room, "hers"), bob.send(room, "his")
    only = {"room": {"timeline": {"senders": [bob.user_id], "limit": 50}}}
    assert {e["sender"] for e in alice.sync(filter=only).timeline(room)} == {bob.user_id}
    without = {"room": {"timeline": {"not_senders": [bob.user_id], "limit": 50}}}
    assert {e["sender"] for e in alice.sync(filter=without).timeline(room)} == {alice.user_id}


def test_state_can_be_filtered_by_type(alice, public_room):
    filter = {"room": {"state": {"types": ["m.room.create"]}, "timeline": {"types": []}}}
    assert [e["type"] for e in alice.sync(filter=filter).state(public_room)] == ["m.room.create"]


def test_rooms_can_be_filtered(alice):
    wanted, other = alice.create_room(), alice.create_room()
    assert set(alice.sync(filter={"room": {"rooms": [wanted]}})["rooms"]["join"]) == {wanted}
    without = alice.sync(filter={"room": {"not_rooms": [other]}})
    assert without.has_room(wanted) and not without.has_room(other)


def test_a_filter_on_the_timeline_can_name_rooms(alice):
    wanted, other = alice.create_room(), alice.create_room()
    answer = alice.sync(filter={"room": {"timeline": {"rooms": [wanted]}}})
    assert answer.timeline(wanted) and not answer.timeline(other)


def test_a_stored_filter_is_used_by_its_number(alice, public_room):
    alice.send(public_room, "x")
    body = {"room": {"timeline": {"types": ["m.room.message"]}}}
    number = alice.post("user", alice.user_id, "filter", json=body).ok()["filter_id"]
    assert bodies(alice.sync(filter=number).timeline(public_room)) == ["x"]


def test_account_data_and_presence_can_be_left_out(alice, public_room):
    alice.put("user", alice.user_id, "account_data", "com.example.x", json={}).ok()
    answer = alice.sync(filter={"account_data": {"types": []}, "presence": {"types": []}})
    assert not answer.account_data("com.example.x") and not answer.presence(alice.user_id)


def test_a_filtered_room_does_not_hide_news_later(alice, bob, room):
    filter = {"room": {"timeline": {"types": ["com.example.x"]}}}
    since = bob.sync(filter=filter).token
    alice.send(room, "not this")
    event_id = alice.send(room, {}, "com.example.x")
    answer = bob.sync_until(lambda sync: sync.timeline(room), since, filter=filter)
    assert ids(answer.timeline(room)) == [event_id]


def test_event_fields_can_be_chosen(alice, public_room):
    alice.send(public_room, "x")
    filter = '{"event_fields": ["type", "content.body"], "room": {"timeline": {"limit": 1}}}'
    answer = Sync(alice.get("sync", query={"filter": filter}, unchecked=True).ok())
    assert answer.timeline(public_room) == [{"type": "m.room.message", "content": {"body": "x"}}]


def members(events):
    return {e["state_key"] for e in events if e["type"] == "m.room.member"}


@pytest.fixture
def crowd(alice, bob, carol, public_room):
    """A room of three that has a name, so that nobody is a hero whose member event must come."""
    alice.set_state(public_room, "m.room.name", {"name": "Crowd"})
    for user in (bob, carol):
        user.join(public_room)
    return public_room


def test_lazy_loading_gives_only_the_members_who_speak(alice, bob, crowd):
    bob.send(crowd, "x")
    answer = alice.sync(filter=LAZY)
    assert members(answer.state(crowd)) == {alice.user_id, bob.user_id}
    assert of_type(answer.state(crowd), "m.room.create")


def test_without_lazy_loading_all_members_come(alice, bob, carol, crowd):
    answer = alice.sync(filter={"room": {"timeline": {"limit": 1}}})
    assert members(answer.state(crowd) + answer.timeline(crowd)) == {
        u.user_id for u in (alice, bob, carol)
    }


def test_a_lazily_loaded_member_comes_when_they_speak(alice, bob, carol, crowd):
    bob.send(crowd, "x")
    since = alice.sync(filter=LAZY).token
    last = carol.send(crowd, "y")
    answer = alice.sync_until(lambda sync: sync.event(crowd, last), since, filter=LAZY)
    assert members(answer.state(crowd)) == {carol.user_id}


def test_a_lazily_loaded_member_comes_once(alice, bob, crowd):
    bob.send(crowd, "x")
    since = alice.sync(filter=LAZY).token
    last = bob.send(crowd, "y")
    answer = alice.sync_until(lambda sync: sync.event(crowd, last), since, filter=LAZY)
    assert not members(answer.state(crowd))


def test_redundant_members_come_when_asked_for(alice, bob, crowd):
    redundant = {"room": {"state": {"lazy_load_members": True, "include_redundant_members": True}}}
    bob.send(crowd, "x")
    since = alice.sync(filter=redundant).token
    last = bob.send(crowd, "y")
    answer = alice.sync_until(lambda sync: sync.event(crowd, last), since, filter=redundant)
    assert bob.user_id in members(answer.state(crowd))


def test_whoever_leaves_is_told_with_lazy_loading_too(alice, bob, crowd):
    since = alice.sync(filter=LAZY).token
    bob.leave(crowd)
    answer = alice.sync_until(lambda sync: sync.timeline(crowd), since, filter=LAZY)
    assert is_member(answer.timeline(crowd)[-1], bob)


def test_the_summary_counts_members_and_names_heroes(alice, bob, carol, public_room):
    for user in (bob, carol):
        user.join(public_room)
    summary = alice.sync(filter=LAZY).room(public_room)["summary"]
    assert summary["m.joined_member_count"] == 3 and summary.get("m.invited_member_count", 0) == 0
    assert set(summary["m.heroes"]) == {bob.user_id, carol.user_id}


def test_the_summary_comes_again_when_it_changes(alice, bob, carol, room):
    since = alice.sync(filter=LAZY).token
    alice.invite(room, carol)
    answer = alice.sync_until(lambda sync: sync.timeline(room), since, filter=LAZY)
    assert answer.room(room)["summary"]["m.invited_member_count"] == 1


def test_a_named_room_needs_no_heroes(alice, bob, room):
    alice.set_state(room, "m.room.name", {"name": "A name"})
    assert not alice.sync(filter=LAZY).room(room)["summary"].get("m.heroes")


def test_those_who_left_are_heroes_of_an_empty_room(alice, bob, room):
    bob.leave(room)
    assert alice.sync(filter=LAZY).room(room)["summary"]["m.heroes"] == [bob.user_id]


def test_a_left_room_is_told_once(alice, bob, room):
    since = bob.sync().token
    alice.send(room, "before")
    bob.leave(room)
    answer = bob.sync_until(lambda sync: sync.has_room(room, "leave"), since)
    assert "before" in bodies(answer.timeline(room, "leave"))
    assert is_member(answer.timeline(room, "leave")[-1], bob)
    assert not bob.sync(answer.token).has_room(room, "leave")


def test_left_rooms_are_in_an_initial_sync_only_when_asked_for(bob, room):
    bob.leave(room)
    assert not bob.sync().has_room(room, "leave")
    assert bob.sync(filter=INCLUDE_LEAVE).has_room(room, "leave")
    assert bob.sync(filter=INCLUDE_LEAVE, full_state="true").has_room(room, "leave")


def test_a_left_room_shows_nothing_of_later(alice, bob, room):
    since = bob.sync().token
    alice.send(room, "before")
    bob.leave(room)
    alice.send(room, "after")
    for answer in (bob.sync(since), bob.sync(filter=INCLUDE_LEAVE)):
        texts = bodies(answer.timeline(room, "leave"))
        assert "before" in texts and "after" not in texts


def test_a_room_left_with_a_gap_shows_the_state_of_leaving(alice, bob, room):
    since = bob.sync().token
    alice.set_state(room, "m.room.topic", {"topic": "before"})
    for number in range(5):
        alice.send(room, str(number))
    bob.leave(room)
    alice.set_state(room, "m.room.topic", {"topic": "after"})
    answer = bob.sync(since, filter={"room": {"timeline": {"limit": 2}}})
    state = answer.state(room, "leave") + answer.timeline(room, "leave")
    assert of_type(state, "m.room.topic")["content"]["topic"] == "before"


def test_kicks_and_bans_end_in_the_left_rooms(alice, bob, carol, crowd):
    tokens = bob.sync().token, carol.sync().token
    alice.kick(crowd, bob)
    alice.ban(crowd, carol)
    bob.wait_for_membership(crowd, bob, "leave", tokens[0])
    carol.wait_for_membership(crowd, carol, "ban", tokens[1])


def ignore(user, *others):
    ignored = {"ignored_users": {other.user_id: {} for other in others}}
    user.put("user", user.user_id, "account_data", "m.ignored_user_list", json=ignored).ok()


def test_messages_of_ignored_users_are_left_out(alice, bob, carol, crowd):
    ignore(alice, bob)
    since = alice.sync().token
    bob.send(crowd, "ignored")
    last = carol.send(crowd, "seen")
    answer = alice.sync_until(lambda sync: sync.event(crowd, last), since)
    assert bodies(answer.timeline(crowd)) == ["seen"]
    assert "ignored" not in bodies(alice.sync().timeline(crowd))
    assert "ignored" not in bodies(alice.messages(crowd)["chunk"])


def test_state_of_ignored_users_still_comes(alice, bob, crowd):
    ignore(alice, bob)
    since = alice.sync().token
    bob.leave(crowd)
    alice.sync_until(lambda sync: any(is_member(e, bob) for e in sync.timeline(crowd)), since)


def test_invitations_of_ignored_users_are_left_out(alice, bob, carol):
    ignore(alice, bob)
    since = alice.sync().token
    ignored = bob.create_room(invite=[alice.user_id])
    welcome = carol.create_room(invite=[alice.user_id])
    answer = alice.sync_until(lambda sync: sync.has_room(welcome, "invite"), since)
    assert not answer.has_room(ignored, "invite") and not alice.sync().has_room(ignored, "invite")


def test_unignored_users_are_seen_again(alice, bob, crowd):
    ignore(alice, bob)
    ignore(alice)
    alice.wait_for_event(crowd, bob.send(crowd, "hello again"))


def state_after(answer, room):
    part = answer.room(room)
    return (part.get("state_after") or part.get("org.matrix.msc4222.state_after") or {}).get(
        "events", []
    )


def test_state_after_holds_the_state_at_the_end_of_the_timeline(alice, bob, room):
    since = bob.sync().token
    topic = alice.set_state(room, "m.room.topic", {"topic": "new"})
    answer = bob.sync(since, use_state_after="true")
    assert "state" not in answer.room(room)
    assert ids(state_after(answer, room)) == [topic]
    initial = state_after(bob.sync(use_state_after="true"), room)
    assert topic in ids(initial) and of_type(initial, "m.room.create")


def test_state_after_has_the_name_by_which_it_was_asked_for(alice, bob, room):
    since = bob.sync().token
    topic = alice.set_state(room, "m.room.topic", {"topic": "new"})
    answer = bob.sync(since, **{"org.matrix.msc4222.use_state_after": "true"}).room(room)
    assert ids(answer["org.matrix.msc4222.state_after"]["events"]) == [topic]
