"""The servers of the federation as fixtures: started when a test first needs them, kept for all."""

from pathlib import Path

import pytest

from .net import Authority
from .peer import Peer
from .servers import FederatedHomeserver

pytest_plugins = ["conformance.ratchet"]
SYNAPSE = Path(__file__).parent / "synapse"
PAIRS = "parley-other,parley-synapse,synapse-parley"


def pytest_addoption(parser):
    parser.addoption("--launcher", required=True, help="starts the homeserver under test")
    parser.addoption("--listed", type=Path, help="run only the tests that this file lists")
    parser.addoption("--target", default="parley", help="which server the hostile cases are played against")
    parser.addoption("--pairs", default=PAIRS, help="whom the scenarios bring together")


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def fleet(request, authority):
    """Servers by name: "parley" and "other" of the launcher under test, "synapse" and "synapse2"."""
    fleet = Fleet(request.config.getoption("--launcher"), authority)
    yield fleet
    fleet.close()


class Fleet:
    def __init__(self, launcher, authority):
        self._launchers = {"parley": launcher, "other": launcher, "synapse": SYNAPSE, "synapse2": SYNAPSE}
        self._authority = authority
        self._started = {}

    def get(self, name):
        if name not in self._started:
            server = FederatedHomeserver(self._launchers[name], self._authority)
            self._started[name] = server
            server.start()
        return self._started[name]

    def close(self):
        for server in self._started.values():
            server.close()


@pytest.fixture(scope="session")
def target(request, fleet):
    return fleet.get(request.config.getoption("--target"))


@pytest.fixture
def peer(authority):
    peer = Peer(authority)
    yield peer
    peer.close()


def pytest_collection_modifyitems(config, items):
    """--listed: only what must pass is run, so that nobody waits for what can't yet."""
    listed = config.getoption("--listed")
    if not listed:
        return
    names = set(listed.read_text().split("\n"))
    dropped = [item for item in items if item.nodeid not in names]
    config.hook.pytest_deselected(items=dropped)
    items[:] = [item for item in items if item.nodeid in names]


def pytest_generate_tests(metafunc):
    if "pair" in metafunc.fixturenames:
        pairs = metafunc.config.getoption("--pairs").split(",")
        metafunc.parametrize("pair", pairs, indirect=True, scope="function")


@pytest.fixture
def pair(request, fleet):
    """Two servers: the room is made on the first, and joined from the second."""
    servers = [fleet.get(name) for name in request.param.split("-")]
    yield servers
    for server in servers:
        server.link.mend()
