"""Runs each real client in plain and in encrypted rooms, with a restart in the middle."""

import argparse
import os
import subprocess
import sys
import threading
from pathlib import Path

from conformance.client import PASSWORD, Client
from conformance.launcher import Homeserver

JS = Path(__file__).resolve().parent / "js"
SCENARIO_SECONDS = 180
BIN = Path(sys.executable).parent  # of the test environment, which has node and npm of its own
CLIENTS = {
    "matrix-js-sdk": [str(BIN / "node"), str(JS / "scenario.mjs")],
    "matrix-nio": [sys.executable, "-m", "clients.nio_scenario"],
}


def install_js():
    """Installs what the lock file says, once for each lock file."""
    lock, mark = JS / "package-lock.json", JS / "node_modules" / ".installed"
    if mark.exists() and mark.read_bytes() == lock.read_bytes():
        return
    print("installing matrix-js-sdk", flush=True)
    subprocess.run([BIN / "npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=JS, check=True)
    mark.write_bytes(lock.read_bytes())


def run_scenario(server, command, mode):
    """Runs one scenario, restarts the server when it asks for that, returns the exit status."""
    names = [Client(server.url).register().user_id for _ in range(2)]
    process = subprocess.Popen(
        [*command, server.url, mode, *names, PASSWORD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    watchdog = threading.Timer(SCENARIO_SECONDS, process.kill)
    watchdog.start()
    for line in process.stdout:
        if line == "RESTART\n":
            server.restart()
            process.stdin.write("go\n")
            process.stdin.flush()
        else:
            print(line, end="", flush=True)
    status = process.wait()
    watchdog.cancel()
    return status


def main():
    parser = argparse.ArgumentParser(prog="tests/clients/run")
    parser.add_argument("--launcher", required=True)
    parser.add_argument("--only", choices=CLIENTS)
    options = parser.parse_args()
    chosen = [options.only] if options.only else list(CLIENTS)
    if "matrix-js-sdk" in chosen:
        install_js()
    failed = 0
    server = Homeserver(options.launcher).start()
    try:
        for name in chosen:
            for mode in ("plain", "encrypted"):
                print(f"{name}, {mode} room", flush=True)
                status = run_scenario(server, CLIENTS[name], mode)
                failed += status != 0
                print(f"{'FAIL' if status else 'PASS'} {name}, {mode} room", flush=True)
    finally:
        server.close()
    print(f"{2 * len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
