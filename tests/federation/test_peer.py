"""The peer of these tests against a server that others wrote: what it signs is believed, what it asks is answered."""

import pytest

from conformance.client import bodies

from .room import Room


@pytest.fixture(params=["parley", "synapse"])
def server(request, fleet):
    return fleet.get(request.param)


@pytest.fixture(params=["10", "11", "12"])
def version(request):
    return request.param


def test_the_peer_joins_and_both_hear_each_other(server, peer, version):
    user = server.user()
    room_id = user.create_room(preset="public_chat", room_version=version)
    eve = peer.user("eve")
    room = peer.join(server.name, room_id, eve)
    assert user.user_id in room.members()
    user.wait_for_membership(room_id, _As(eve), "join")
    user.send(room_id, "from the server")
    room.wait_for_body("from the server")
    room.say(eve, "from the peer")
    user.sync_until(lambda sync: "from the peer" in bodies(sync.timeline(room_id)))


def test_the_server_joins_a_room_of_the_peer(server, peer, version):
    user = server.user()
    eve = peer.user("eve")
    room = Room.create(peer, version, eve)
    room.say(eve, "before")
    user.post("join", room.id, query={"server_name": peer.name, "via": peer.name}).ok()
    room.wait_until(lambda: user.user_id in room.members())
    user.send(room.id, "from the server")
    room.wait_for_body("from the server")
    room.say(eve, "from the peer")
    user.sync_until(lambda sync: "from the peer" in bodies(sync.timeline(room.id)))


class _As:
    def __init__(self, user_id):
        self.user_id = user_id
