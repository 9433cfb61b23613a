"""`parley doctor` beside a running server, as its operator runs it."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_doctor_finds_a_server_as_others_do(fleet):
    server = fleet.get("parley")
    build = [ROOT / "deploy" / "build", "--print", os.environ.get("PARLEY_PRESET", "release")]
    parley = subprocess.run(build, check=True, capture_output=True, text=True).stdout.strip()
    folder = server.folder / "data"
    doctor = [parley, "--config", "parley.yaml", "doctor"]
    said = subprocess.run(doctor, cwd=folder, capture_output=True, text=True, timeout=60).stdout
    assert f"ok   federation  other servers reach {server.name} at " in said, said
    assert "ok   key         ed25519:" in said, said
