"""python -m cluster.cost --launcher PATH: what a send costs, in CPU, with four owners of the rooms and with one.

Both servers run all the while and take turns, so that what else the machine does meets both alike.
"""

import argparse
import os
import statistics
import threading
from contextlib import ExitStack
from pathlib import Path

from .load import Client
from .server import cluster

SENDERS = 16
SENDS = 40  # of each sender in a round
ROUNDS = 6
TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def children(pid):
    return [int(c) for c in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def shape(owners):
    """All but `events` once."""
    others = ("gateway", "accounts", "presence", "profile", "calls", "federation", "media")
    return {"PARLEY_CLUSTER": " ".join([f"events={owners}", *(f"{name}=1" for name in others)])}


class Side:
    def __init__(self, server, owners):
        server.wait_for_owners(owners)
        self.server = server
        names = [f"events-{n}" for n in range(2, owners + 1)]
        self.parley = [server.pid(name) for name in ["events", "gateway", "accounts", *names]]
        self.clients = [Client(server.server.url, f"user{n}") for n in range(SENDERS)]
        self.rooms = [client.create_room() for client in self.clients]
        self.count = 0
        self.costs = {"Parley": [], "PostgreSQL": []}

    def cpu(self):
        postgres = self.server.pid("postgres")
        return {
            "Parley": sum(cpu_seconds(pid) for pid in self.parley),
            "PostgreSQL": sum(cpu_seconds(pid) for pid in [postgres, *children(postgres)]),
        }

    def round(self):
        self.count += 1
        before = self.cpu()
        threads = [threading.Thread(target=self._send, args=(n,)) for n in range(SENDERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for name, cpu in self.cpu().items():
            self.costs[name].append((cpu - before[name]) / (SENDERS * SENDS))

    def _send(self, number):
        for send in range(SENDS):
            self.clients[number].send(self.rooms[number], f"{self.count}-{send}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--launcher", required=True)
    parser.add_argument("--at-most", type=float, help="fail when Parley's ratio is above this")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        one, four = (
            Side(stack.enter_context(cluster(arguments.launcher, owners, shape(owners))), owners) for owners in (1, 4)
        )
        for _ in range(ROUNDS + 1):
            one.round()
            four.round()
        for name in one.costs:
            with_one, with_four = (statistics.median(side.costs[name][1:]) for side in (one, four))
            print(
                f"{name}: CPU per send {with_one * 1e6:.0f} µs with one owner, "
                f"{with_four * 1e6:.0f} µs with four: {with_four / with_one:.2f} times"
            )
            if name == "Parley" and arguments.at_most:
                assert with_four / with_one <= arguments.at_most, "four owners cost too much"


if __name__ == "__main__":
    main()
