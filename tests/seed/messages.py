"""S21–S31: m.room.message, as local clients may send it."""

from conformance.client import unique

URL = "mxc://example.org/media"
IMAGE = {"h": 10, "w": 20, "size": 300, "mimetype": "image/png"}


def passes(world, content):
    """The message is accepted and reaches the other member unchanged."""
    alice, bob, room = world.pair()
    event_id = alice.send(room, content)
    assert bob.wait_for_event(room, event_id)["content"] == content


def is_refused(world, *contents):
    alice, _, room = world.pair()
    for content in contents:
        alice.put("rooms", room, "send", "m.room.message", unique("t"), json=content).refused(400)


def needs(world, key, content):
    """The message passes as it is, and is refused without `key`."""
    passes(world, content)
    is_refused(world, {k: v for k, v in content.items() if k != key})


def s21(world):
    """A message without a string msgtype is refused."""
    is_refused(world, {"body": "x"}, {"msgtype": 1, "body": "x"}, {"msgtype": None, "body": "x"})


def s22(world):
    """A message without a string body is refused."""
    is_refused(
        world,
        {"msgtype": "m.text"},
        {"msgtype": "m.text", "body": 1},
        {"msgtype": "m.text", "body": None},
    )


def s23(world):
    """m.text needs only a body."""
    passes(world, {"msgtype": "m.text", "body": "x"})


def s24(world):
    """m.emote needs only a body."""
    passes(world, {"msgtype": "m.emote", "body": "x"})


def s25(world):
    """m.notice needs only a body."""
    passes(world, {"msgtype": "m.notice", "body": "x"})


def s26(world):
    """m.image needs a url."""
    needs(world, "url", {"msgtype": "m.image", "body": "x", "url": URL, "info": IMAGE})


def s27(world):
    """m.file needs a url."""
    needs(
        world,
        "url",
        {
            "msgtype": "m.file",
            "body": "x",
            "filename": "x",
            "url": URL,
            "info": {"size": 3, "mimetype": "text/plain"},
        },
    )


def s28(world):
    """m.audio needs a url."""
    info = {"duration": 1000, "size": 3, "mimetype": "audio/ogg"}
    needs(world, "url", {"msgtype": "m.audio", "body": "x", "url": URL, "info": info})


def s29(world):
    """m.location needs a geo_uri."""
    needs(world, "geo_uri", {"msgtype": "m.location", "body": "x", "geo_uri": "geo:48.2,16.4"})


def s30(world):
    """m.video needs a url."""
    info = IMAGE | {
        "duration": 1000,
        "mimetype": "video/mp4",
        "thumbnail_url": URL,
        "thumbnail_info": IMAGE,
    }
    needs(world, "url", {"msgtype": "m.video", "body": "x", "url": URL, "info": info})


def s31(world):
    """An unknown msgtype is accepted and delivered unchanged."""
    passes(world, {"msgtype": "com.example.unheard_of", "body": "x", "more": {"deep": [1, 2]}})
