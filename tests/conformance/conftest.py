"""The server under test and its users, as fixtures."""

from pathlib import Path

import pytest

from . import schema
from .client import Client
from .launcher import Homeserver

pytest_plugins = ["conformance.ratchet"]


def pytest_addoption(parser):
    group = parser.getgroup("homeserver")
    group.addoption("--launcher", help="start a homeserver by this launcher for the run")
    group.addoption("--url", help="use the homeserver that answers here")
    group.addoption(
        "--deviations", type=Path, help="a file of `TEST reason` lines: known to fail on this peer"
    )


def pytest_configure(config):
    """The main process starts the server; xdist's workers are told its URL."""
    if hasattr(config, "workerinput"):
        config.homeserver_url = config.workerinput["homeserver_url"]
        return
    config.homeserver = None
    config.homeserver_url = config.getoption("--url")
    if config.getoption("--launcher"):
        config.homeserver = Homeserver(config.getoption("--launcher")).start()
        config.homeserver_url = config.homeserver.url
    if not schema.data_folder():
        print(
            "../shared/spec is absent: answers are not checked against the specification's schemas"
        )


def pytest_configure_node(node):
    node.workerinput["homeserver_url"] = node.config.homeserver_url


def pytest_unconfigure(config):
    if getattr(config, "homeserver", None):
        config.homeserver.close()


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--deviations"):
        return
    lines = config.getoption("--deviations").read_text().splitlines()
    reasons = dict(line.split(None, 1) for line in lines if line and not line.startswith("#"))
    for item in items:
        if item.name in reasons:
            item.add_marker(pytest.mark.xfail(reason=reasons[item.name]))


@pytest.fixture(scope="session")
def url(request):
    if not request.config.homeserver_url:
        pytest.exit("say which homeserver: --launcher PATH or --url URL", returncode=2)
    return request.config.homeserver_url


@pytest.fixture
def anyone(url):
    """A client that nobody has logged in to."""
    return Client(url)


@pytest.fixture
def alice(anyone):
    return anyone.register()


@pytest.fixture
def bob(anyone):
    return anyone.register()


@pytest.fixture
def carol(anyone):
    return anyone.register()


@pytest.fixture
def room(alice, bob):
    """A room of Alice's that Bob has joined by invitation."""
    room = alice.create_room(preset="private_chat", invite=[bob.user_id])
    bob.join(room)
    return room


@pytest.fixture
def public_room(alice):
    """A room of Alice's that anyone may join."""
    return alice.create_room(preset="public_chat")
