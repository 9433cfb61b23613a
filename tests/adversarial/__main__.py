"""Runs ../shared/adversarial/run.py against a URL or a launcher's homeserver."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from conformance.launcher import Homeserver

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FILES = "client,json,auth,media,limits,http,fedhttp"


def corpus():
    return Path(os.environ.get("PARLEY_SHARED", ROOT.parent / "shared")) / "adversarial" / "run.py"


def replay(url, more):
    command = [sys.executable, str(corpus()), "--base", url]
    if "--files" not in more:
        command += ["--files", FILES]
    return subprocess.run([*command, *more]).returncode


def main():
    parser = argparse.ArgumentParser(prog="tests/adversarial/run")
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument("--url")
    target.add_argument("--launcher")
    options, more = parser.parse_known_args()
    if not corpus().exists():
        print("../shared/adversarial is absent: the adversarial corpus is not replayed")
        return 0
    if options.url:
        return replay(options.url, more)
    server = Homeserver(options.launcher).start()
    try:
        return replay(server.url, more)
    finally:
        server.close()


sys.exit(main())
