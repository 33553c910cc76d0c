"""The real program in processes of its own: shipped package, shipped samples, real history."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import hematodesk
from hematodesk.bootstrap import build
from hematodesk.domain.cells import Verdict
from hematodesk.domain.history import HistoryFilter, ReviewState
from hematodesk.imaging.reader import LocalReader
from hematodesk.workflow.analysis.analyser import open_image
from hematodesk.workflow.analysis.known_results import find_earlier
from hematodesk.workflow.analysis.samples import read_samples
from hematodesk.workflow.analysis.sources import Picture, reopen
from hematodesk.workflow.system.paths import resources_dir

SAMPLES = resources_dir() / "samples"

PNG_HEAD = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"

ENVIRONMENT = {
    key: value
    for key, value in os.environ.items()
    if key not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
}


@pytest.fixture
def data(tmp_path) -> Path:
    return tmp_path / "data folder ä"


@pytest.fixture
def program(data, tmp_path):
    """Runs `python -m hematodesk` on a data folder of its own, without a display."""

    def run(*words: str | Path) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", "hematodesk", "--data-dir", str(data), *map(str, words)],
            cwd=tmp_path,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=180,
            check=False,
        )

    return run


def answers(done: subprocess.CompletedProcess) -> dict[str, dict]:
    """The JSON answers by file name."""
    return {Path(answer["file"]).name: answer for answer in map(json.loads, done.stdout.splitlines())}


def test_the_version(program):
    done = program("--version")
    assert (done.returncode, done.stdout) == (0, f"hematodesk {hematodesk.__version__}\n")


def test_the_shipped_package_names_most_samples_as_they_are(program):
    done = program("classify", SAMPLES, "--format", "json")
    given = answers(done)
    assert done.returncode == 0, done.stderr
    known = [sample for sample in read_samples(SAMPLES) if sample.class_id is not None]
    right = [
        sample.path.name
        for sample in known
        if sample.class_id in [cell["class"] for cell in given[sample.path.name]["cells"]]
    ]
    assert len(known) >= 4
    assert 2 * len(right) > len(known), right
    assert given["smear_06_red_cells_only.jpg"]["status"] == "no_cell"
    assert given["smear_08_sixteen_bit.tiff"]["status"] == "ok"
    assert len(given["smear_05_several_cells.jpg"]["cells"]) >= 3
    assert {answer["model"]["name"] for answer in given.values()} == {"wbc4"}
    assert all(set(cell["probabilities"]) for answer in given.values() for cell in answer["cells"])


def test_the_same_image_gives_the_same_answer_in_every_format(program, tmp_path):
    image = SAMPLES / "smear_01_neutrophil.jpg"
    (cell,) = answers(program("classify", image, "--format", "json"))[image.name]["cells"]
    program("classify", image, "--format", "csv", "--output", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as stream:
        (row,) = csv.DictReader(stream)
    table = program("classify", image).stdout
    assert row["predicted"] == cell["class"]
    assert float(row["confidence"]) == pytest.approx(cell["confidence"], abs=1e-6)
    assert cell["class"] in table
    assert f"{100 * cell['confidence']:.1f} %" in table


def test_the_self_test_finds_nothing_wrong(program):
    done = program("self-test", "--json")
    checks = {check["check"]: check for check in map(json.loads, done.stdout.splitlines())}
    assert [name for name, check in checks.items() if not check["ok"]] == []
    assert done.returncode == 0
    assert {"models", "provider", "known image", "history writing"} <= set(checks)


def test_the_shipped_packages_are_whole(program):
    done = program("models", "verify")
    assert done.returncode == 0, done.stdout
    assert "wbc4" in done.stdout


def test_a_batch_with_every_kind_of_trouble_goes_to_its_end(program, tmp_path):
    folder = tmp_path / "Fälle 名"
    folder.mkdir()
    good = (SAMPLES / "smear_01_neutrophil.jpg").read_bytes()
    files = {
        "gut ä.jpg": good,
        "named wrongly.png": good,
        "no suffix known.jpg": (SAMPLES / "cell_09_neutrophil.png").read_bytes(),
        "cut.jpg": good[: len(good) // 3],
        "empty.png": b"",
        "text.tif": b"I am no image at all, whatever my name says.",
        "bomb.png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
        + b"\x7f\xff\xff\xff" * 2
        + b"\x08\x02\x00\x00\x00",
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    (folder / "folder.png").mkdir()
    done = program("classify", folder, tmp_path / "missing.png", "--format", "json")
    given = answers(done)
    statuses = Counter(answer["status"] for answer in given.values())
    assert done.returncode == 1
    assert set(given) == {*files, "missing.png"}
    assert statuses["ok"] == 3
    assert statuses["error"] == 5
    assert all(answer["error"]["message"] for answer in given.values() if answer["status"] == "error")
    assert "Traceback" not in done.stderr


def test_without_a_display_the_window_prints_the_same_table(program):
    if not sys.platform.startswith("linux"):
        pytest.skip("other systems always have a display")
    image = SAMPLES / "smear_01_neutrophil.jpg"
    shown, asked = program(image), program("classify", image)
    assert "display" in shown.stderr
    assert shown.stdout == asked.stdout
    assert shown.returncode == asked.returncode == 0


def test_results_are_kept_reviewed_and_exported_across_processes(program, data, tmp_path):
    """What the command line saves, a second program opens, reviews and finds again by its digest."""
    image = tmp_path / "smear.jpg"
    shutil.copy(SAMPLES / "smear_01_neutrophil.jpg", image)
    assert program("classify", image, "--save").returncode == 0

    services = build(data)
    history = services.open_history()
    loaded = services.models.load()
    opened = open_image(image)
    earlier = find_earlier(history, opened.image.digest, loaded.package.sha256, whole_image=False)
    assert earlier is not None
    assert earlier.result.path == str(image)
    service = services.review_service()
    cell = earlier.result.cells[0]
    service.correct(cell, "monocyte")
    service.undo()
    service.redo()
    service.note_image(earlier.id, "looked at twice")
    assert (reopen(earlier.result, LocalReader()).pixels == opened.image.pixels).all()
    services.close()

    listed = [json.loads(line) for line in program("history", "list", "--json").stdout.splitlines()]
    assert [(each["name"], each["review"]) for each in listed] == [("smear.jpg", "done")]
    assert program("history", "export", "--output", tmp_path / "all.csv").returncode == 0
    with (tmp_path / "all.csv").open(encoding="utf-8-sig", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["label"], row["review"], row["image_note"]) == (
        "monocyte",
        Verdict.CORRECTED.value,
        "looked at twice",
    )
    assert row["predicted"] == cell.prediction.class_id
    assert row["model"] == "wbc4"


def test_a_report_is_drawn_without_a_display(program, tmp_path):
    assert program("classify", SAMPLES / "smear_05_several_cells.jpg", "--save").returncode == 0
    target = tmp_path / "report.pdf"
    done = program("history", "export", "--format", "pdf", "--paper", "letter", "--output", target)
    assert done.returncode == 0, done.stderr
    assert "1 image written" in done.stderr
    assert target.read_bytes().startswith(b"%PDF-")
    assert target.stat().st_size > 50_000


def test_a_pasted_picture_opens_again_after_a_restart(data):
    services = build(data)
    history, loaded = services.open_history(), services.models.load()
    picture = services.keep(Picture((SAMPLES / "cell_09_neutrophil.png").read_bytes(), "Pasted 14:02"))
    analysed = services.analyser(loaded).analyse(picture)
    saved = history.save_result(services.session_id(), analysed.result)
    services.close()

    again = build(data)
    found = again.open_history().image(saved.id)
    assert found.result.name == "Pasted 14:02"
    assert (reopen(found.result, LocalReader()).pixels == analysed.pixels).all()
    (summary,) = again.history.page(HistoryFilter(review_state=ReviewState.OPEN))
    assert summary.id == saved.id
    again.close()


def test_a_model_is_adapted_to_reviewed_cells_and_then_names_images(program, data, tmp_path, lab_kit):
    """From a history of reviews to a new package that the program loads by name."""
    (tmp_path / "colour.onnx").write_bytes(lab_kit.package())
    services = build(data)
    files = lab_kit.review(
        services, tmp_path / "cells", {"eosinophil": 12, "lymphocyte": 12, "neutrophil": 16}
    )
    services.close()
    files[0].unlink()
    done = program("models", "adapt", "--model", "colour.onnx", "--json", "--quiet")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["saved"], document["verdict"], document["cells"]) == ("colour-lab@1", "better", 39)
    assert document["unread"] == {"file_not_found": [files[0].name]}
    listed = [json.loads(line) for line in program("models", "list", "--json").stdout.splitlines()]
    assert {each["name"]: each["origin"] for each in listed}["colour-lab"] == "imported"
    assert program("models", "verify").returncode == 0
    named = program("classify", files[1], "--whole-image", "--model", "colour-lab", "--format", "json")
    (cell,) = json.loads(named.stdout)["cells"]
    assert cell["class"] == "eosinophil"
