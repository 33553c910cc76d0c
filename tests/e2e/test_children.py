"""The program as it is started: its children work, and none outlives it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = sorted((ROOT / "resources" / "samples").glob("*.jpg"))


def test_images_are_decoded_in_a_child_that_ends_with_the_program(tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(SAMPLES[0].read_bytes()[:4_000] + b"\xff\xd9")
    command = [
        sys.executable,
        "-m",
        "hematodesk",
        "--data-dir",
        str(tmp_path / "data"),
        "classify",
        "--format",
    ]
    program = subprocess.Popen(
        [*command, "json", "--quiet", str(SAMPLES[0]), str(broken)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    seen: dict[int, psutil.Process] = {}
    while program.poll() is None:
        seen.update((child.pid, child) for child in psutil.Process(program.pid).children(recursive=True))
        time.sleep(0.005)
    out, err = program.communicate()
    answers = [json.loads(line) for line in out.splitlines()]
    # Only a child hears what the decoder says of the second one: here it would be a picture, half grey.
    assert [answer["status"] for answer in answers] == ["ok", "error"], err
    assert answers[1]["error"]["code"] == "image_damaged"
    assert err == b""
    assert seen
    _, alive = psutil.wait_procs(list(seen.values()), timeout=5)
    assert not alive
