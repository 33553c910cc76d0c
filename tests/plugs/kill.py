"""Rounds of `kill -9` at random moments: `python -m tests.plugs.kill --rounds 25 --seed 1`."""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.plugs.stage import KINDS, ROOT, Said, Stage

LONGEST_S = {
    "batch": 1.0,
    "review": 0.5,
    "restore": 0.5,
    "repair": 0.35,
    "migration": 0.25,
    "import": 0.3,
    "models": 2.0,
}


def killed_round(stage: Stage, chance: random.Random, longest_s: float) -> Said:
    """Start the work, kill it after a random time, and return what it said."""
    worker = subprocess.Popen(
        stage.command(10_000),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env=_environment(),
    )
    assert worker.stdout is not None
    # The worker says that it begins; a batch does so by its first answer, which most rounds wait for.
    lines = [worker.stdout.readline()] if stage.kind != "batch" or chance.random() < 0.8 else []
    time.sleep(chance.uniform(0, longest_s))
    worker.kill()
    lines += worker.stdout.readlines()
    worker.stdout.close()
    worker.wait(timeout=60)
    if worker.returncode not in (-signal.SIGKILL, 0):
        raise RuntimeError(f"the worker ended by itself with {worker.returncode}")
    # What was cut off in the pipe was not said.
    return [json.loads(line) for line in lines if line.endswith(b"\n")]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}


def run(kind: str, rounds: int, seed: int, folder: Path) -> tuple[int, list[str]]:
    """(things said to be saved, faults) of that many rounds."""
    stage = Stage(kind, folder)
    chance = random.Random(seed)
    said_in_all, faults = 0, []
    for number in range(rounds):
        # Some rounds go on with what the one before left behind.
        if number % 4 == 0 or kind in ("repair", "migration", "restore", "models", "import"):
            stage.reset()
        said = killed_round(stage, chance, LONGEST_S.get(kind, 1.0))
        said_in_all += len(said)
        faults += [f"{kind}, round {number}: {fault}" for fault in stage.faults(said)]
    return said_in_all, faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=25, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    options = parser.parse_args()
    bad = []
    for kind in options.kinds:
        with tempfile.TemporaryDirectory(prefix="plugs-") as folder:
            said, faults = run(kind, options.rounds, options.seed, Path(folder))
        print(f"{kind:10} {options.rounds:4} rounds, {said:6} said, {len(faults)} faults", flush=True)
        bad += faults
    for fault in bad:
        print(fault)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
