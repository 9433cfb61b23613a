"""Push rules: the defaults, changing them, and what they do to the unread counts."""

import pytest

DEFAULTS = {
    "override": [
        ".m.rule.master",
        ".m.rule.suppress_notices",
        ".m.rule.invite_for_me",
        ".m.rule.member_event",
        ".m.rule.is_user_mention",
        ".m.rule.is_room_mention",
        ".m.rule.tombstone",
        ".m.rule.reaction",
        ".m.rule.room.server_acl",
        ".m.rule.suppress_edits",
    ],
    "underride": [
        ".m.rule.call",
        ".m.rule.encrypted_room_one_to_one",
        ".m.rule.room_one_to_one",
        ".m.rule.message",
        ".m.rule.encrypted",
    ],
}
WORD = {"pattern": "tomato", "actions": ["notify", {"set_tweak": "highlight"}]}


def rule(user, kind, name):
    return user.get("pushrules", "global", kind, name).ok()


def set_rule(user, kind, name, body, **query):
    return user.put("pushrules", "global", kind, name, json=body, query=query)


def rule_names(user, kind):
    return [r["rule_id"] for r in user.get("pushrules", "").ok()["global"][kind]]


@pytest.mark.parametrize("kind", DEFAULTS)
def test_the_default_rules_are_there_in_order(alice, kind):
    names = [name for name in rule_names(alice, kind) if name in DEFAULTS[kind]]
    assert names == DEFAULTS[kind]


def test_only_the_master_rule_is_off_by_default(alice):
    rules = alice.get("pushrules", "").ok()["global"]
    off = [
        r["rule_id"] for kind in rules.values() for r in kind if r["default"] and not r["enabled"]
    ]
    assert off == [".m.rule.master"]


def test_a_rule_can_be_added_read_and_removed(alice):
    set_rule(alice, "content", "tomato", WORD).ok()
    assert rule(alice, "content", "tomato") == WORD | {
        "rule_id": "tomato",
        "default": False,
        "enabled": True,
    }
    alice.delete("pushrules", "global", "content", "tomato").ok()
    alice.get("pushrules", "global", "content", "tomato").refused(404, "M_NOT_FOUND")


def test_a_new_rule_goes_first_or_where_it_is_asked_to_go(alice):
    set_rule(alice, "content", "a", WORD).ok()
    set_rule(alice, "content", "b", WORD).ok()
    set_rule(alice, "content", "c", WORD, after="b").ok()
    set_rule(alice, "content", "d", WORD, before="b").ok()
    names = [name for name in rule_names(alice, "content") if not name.startswith(".")]
    assert names == ["d", "b", "c", "a"]


@pytest.mark.parametrize("place", ["before", "after"])
def test_a_rule_can_not_be_placed_beside_an_unknown_one(alice, place):
    answer = set_rule(alice, "content", "a", WORD, **{place: "unknown"})
    assert answer.status in (400, 404)


def test_a_rule_can_be_disabled_and_enabled(alice):
    path = ("pushrules", "global", "override", ".m.rule.suppress_notices", "enabled")
    for enabled in (False, True):
        alice.put(*path, json={"enabled": enabled}).ok()
        assert alice.get(*path).ok()["enabled"] is enabled
        assert rule(alice, "override", ".m.rule.suppress_notices")["enabled"] is enabled


def test_the_actions_of_a_rule_can_be_changed(alice):
    path = ("pushrules", "global", "underride", ".m.rule.message", "actions")
    alice.put(*path, json={"actions": []}).ok()
    assert alice.get(*path).ok()["actions"] == []


@pytest.mark.parametrize(
    "kind, name, body",
    [
        ("unheard_of", "x", WORD),
        ("content", "x", {"actions": []}),
        ("content", "x", {"pattern": "x"}),
        ("content", "x", {"pattern": "x", "actions": ["shout"]}),
        ("override", "x", {"conditions": [{"kind": "event_match"}], "actions": "notify"}),
        ("content", ".reserved", WORD),
        ("content", "a/b", WORD),
        ("content", "a\\b", WORD),
    ],
)
def test_a_malformed_rule_is_refused(alice, kind, name, body):
    assert set_rule(alice, kind, name, body).status in (400, 404)


def test_a_default_rule_can_not_be_removed(alice):
    assert alice.delete("pushrules", "global", "override", ".m.rule.master").status in (400, 404)
    assert ".m.rule.master" in rule_names(alice, "override")


def test_an_unknown_rule_is_not_found(alice):
    path = ("pushrules", "global", "content", "none")
    alice.get(*path).refused(404, "M_NOT_FOUND")
    alice.get(*path, "enabled").refused(404, "M_NOT_FOUND")
    alice.put(*path, "enabled", json={"enabled": False}).refused(404, "M_NOT_FOUND")
    alice.put(*path, "actions", json={"actions": []}).refused(404, "M_NOT_FOUND")
    alice.delete(*path).refused(404, "M_NOT_FOUND")


def test_an_initial_sync_has_the_rules(alice):
    rules = alice.sync().account_data("m.push_rules")["content"]["global"]
    assert ".m.rule.master" in [r["rule_id"] for r in rules["override"]]


@pytest.mark.parametrize(
    "change",
    [
        lambda user: set_rule(user, "content", "tomato", WORD),
        lambda user: user.put(
            "pushrules", "global", "content", "old", "enabled", json={"enabled": False}
        ),
        lambda user: user.put(
            "pushrules", "global", "content", "old", "actions", json={"actions": []}
        ),
        lambda user: user.delete("pushrules", "global", "content", "old"),
    ],
    ids=["adding", "disabling", "changing", "removing"],
)
def test_a_changed_rule_wakes_a_sync(alice, change):
    set_rule(alice, "content", "old", WORD).ok()
    since = alice.sync().token
    change(alice).ok()
    alice.sync_until(lambda sync: sync.account_data("m.push_rules"), since)


def unread(answer, room):
    counts = answer.room(room).get("unread_notifications", {})
    return counts.get("notification_count"), counts.get("highlight_count")


def read_everything(user, room):
    last = user.messages(room, limit=1)["chunk"][0]["event_id"]
    user.post("rooms", room, "receipt", "m.read", last).ok()


def counts_after(alice, bob, room, *contents, type="m.room.message"):
    """Bob's unread counts after Alice has sent these contents."""
    read_everything(bob, room)
    for content in contents:
        last = alice.send(room, content, type)
    return unread(bob.sync_until(lambda sync: sync.event(room, last)), room)


def test_a_message_counts_as_unread(alice, bob, room):
    assert counts_after(alice, bob, room, "one", "two") == (2, 0)


def test_a_notice_does_not_count(alice, bob, room):
    assert counts_after(alice, bob, room, {"msgtype": "m.notice", "body": "beep"}) == (0, 0)


def test_a_mention_highlights(alice, bob, room):
    content = {"msgtype": "m.text", "body": "you", "m.mentions": {"user_ids": [bob.user_id]}}
    assert counts_after(alice, bob, room, content) == (1, 1)


def test_a_room_mention_highlights_only_from_those_with_the_power(alice, bob, room):
    content = {"msgtype": "m.text", "body": "all", "m.mentions": {"room": True}}
    assert counts_after(alice, bob, room, content) == (1, 1)
    assert counts_after(bob, alice, room, content) == (1, 0)


def test_ones_own_messages_do_not_count(alice, bob, room):
    read_everything(bob, room)
    event_id = bob.send(room, "mine")
    assert unread(bob.sync_until(lambda sync: sync.event(room, event_id)), room) == (0, 0)


def test_an_edit_and_a_reaction_do_not_count(alice, bob, room):
    target = alice.send(room, "hello")
    edit = {
        "msgtype": "m.text",
        "body": "* hi",
        "m.new_content": {"msgtype": "m.text", "body": "hi"},
        "m.relates_to": {"rel_type": "m.replace", "event_id": target},
    }
    assert counts_after(alice, bob, room, edit) == (0, 0)
    reaction = {"m.relates_to": {"rel_type": "m.annotation", "event_id": target, "key": "+"}}
    assert counts_after(alice, bob, room, reaction, type="m.reaction") == (0, 0)


def test_a_word_of_ones_own_highlights(alice, bob, room):
    set_rule(bob, "content", "tomato", WORD).ok()
    assert counts_after(alice, bob, room, "a Tomato!", "tomatoes") == (2, 1)


def test_a_muted_room_does_not_count(alice, bob, room):
    set_rule(bob, "room", room, {"actions": []}).ok()
    assert counts_after(alice, bob, room, "hello") == (0, 0)


def test_the_master_rule_silences_everything(alice, bob, room):
    bob.put(
        "pushrules", "global", "override", ".m.rule.master", "enabled", json={"enabled": True}
    ).ok()
    assert counts_after(alice, bob, room, "hello") == (0, 0)


def test_a_read_receipt_takes_the_count_back(alice, bob, room):
    assert counts_after(alice, bob, room, "hello") == (1, 0)
    since = bob.sync().token
    read_everything(bob, room)
    bob.sync_until(lambda sync: unread(sync, room) == (0, 0), since)
