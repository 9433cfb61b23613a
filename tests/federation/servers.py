"""Homeservers that find each other: each is named by its address and port, so that no names must be resolved."""

from conformance.client import Client
from conformance.launcher import Homeserver

from .net import Link, free_port


class FederatedHomeserver(Homeserver):
    """A homeserver whose federation port others reach through a link that can be cut."""

    def __init__(self, launcher, authority, env=None):
        self._authority = authority
        self.link = None
        super().__init__(launcher, env)

    def client(self):
        """A client that nobody has logged in to."""
        return Client(self.url)

    def user(self):
        return self.client().register()

    def close(self):
        super().close()
        self.link.close()

    def _contract(self):
        port = free_port(self.address)
        self.link = Link(self.address, (self.address, port))
        self.name = f"{self.address}:{self.link.port}"
        certificate, key = self._authority.issue(self.address)
        data = self.folder / "data"
        data.mkdir()
        return {
            "SERVER_NAME": self.name,
            "BIND_ADDR": self.address,
            "CS_PORT": str(self.port),
            "FED_PORT": str(port),
            "PUBLIC_BASEURL": self.url,
            "TLS_CERT": certificate,
            "TLS_KEY": key,
            "CA_CERT": self._authority.path,
            "DATA_DIR": str(data),
            "REGISTRATION_SHARED_SECRET": "complement",
        }
