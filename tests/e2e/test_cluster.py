"""The manual's script for a Dask cluster, on a real one of two workers."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from export_tools.phantom import render_field

ROOT = Path(__file__).parents[2]
IMAGES = 500

_DRIVE = """
import json, os, signal, sys, threading, time
from dask.distributed import Client, LocalCluster
from script import name_folder

def kill_one(client):
    '''As soon as something is done, so that there are parts to do again.'''
    victim = sorted(client.run(os.getpid).values())[0]
    while not any(client.run(lambda dask_worker: dask_worker.state.executed_count).values()):
        time.sleep(0.02)
    os.kill(victim, signal.SIGKILL)
    killed.append(victim)

if __name__ == "__main__":
    killed = []
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            before = set(client.run(os.getpid).values())
            killer = threading.Thread(target=kill_one, args=(client,))
            if sys.argv[2] == "kill":
                killer.start()
            rows = name_folder(client, sys.argv[1])
            if killer.ident is not None:
                killer.join()
            client.wait_for_workers(2)
            after = set(client.run(os.getpid).values())
    print(json.dumps({"rows": rows, "replaced": len(before - after)}))
"""


def _script() -> str:
    """The page's last Python example."""
    page = (ROOT / "resources" / "manual" / "research.md").read_text("utf-8")
    return re.findall(r"```python\n(.*?)```", page, re.DOTALL)[-1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """500 different JPEG files made of a few drawn fields, one of them broken."""
    made = tmp_path_factory.mktemp("images")
    fields = [render_field(seed, width=320, height=240).pixels for seed in range(10)]
    for number in range(IMAGES):
        pixels = np.roll(fields[number % len(fields)], number // len(fields), axis=1)
        cv2.imwrite(str(made / f"{number:03}.jpg"), pixels[:, :, ::-1])
    (made / "250.jpg").write_bytes(b"broken")
    return made


def _run(code: str, place: Path, *words: str) -> str:
    """Run code as a program that finds `script` beside it; what it printed."""
    (place / "script.py").write_text(_script(), "utf-8")
    (place / "drive.py").write_text(code, "utf-8")
    done = subprocess.run(
        [sys.executable, "drive.py", *words],
        cwd=place,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(place), str(ROOT)]), "HOME": str(place)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def alone(folder: Path) -> list[tuple]:
    """The rows of one process, through the same interface."""
    from hematodesk import api

    with api.open_model("wbc4", provider="cpu", data_dir=folder / "data") as model:
        return [
            (
                result.name,
                result.status.value,
                [
                    (cell.box.as_list(), cell.prediction.class_id, cell.prediction.confidence)
                    for cell in result.cells
                ],
            )
            for result in model.name_images(sorted(folder.glob("*.jpg")))
        ]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX's")
@pytest.mark.parametrize("way", ["whole", "kill"])
def test_two_workers_answer_as_one_process_and_a_killed_one_loses_nothing(
    folder: Path, alone: list[tuple], way: str, tmp_path: Path
) -> None:
    told = json.loads(_run(_DRIVE, tmp_path, str(folder), way).splitlines()[-1])
    assert told["replaced"] == (1 if way == "kill" else 0)
    assert len(told["rows"]) == len(alone) == IMAGES
    for (name, status, cells), (own_name, own_status, own_cells) in zip(told["rows"], alone, strict=True):
        assert (name, status) == (own_name, own_status)
        assert [(box, class_id) for box, class_id, _ in cells] == [(b, c) for b, c, _ in own_cells]
        assert [each[2] for each in cells] == pytest.approx([each[2] for each in own_cells], abs=1e-5)
    assert sum(status == "error" for _, status, _ in alone) == 1
    assert sum(bool(cells) for _, _, cells in alone) > IMAGES // 2
