"""The classic models by name: trained, drawn, converted, and loaded with their results by the program."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from hematodesk.inference.classify import Classifier
from hematodesk.inference.package import read_package
from hematodesk.inference.report_folder import report_parts

pytestmark = pytest.mark.filterwarnings("ignore")

PNG = b"\x89PNG"


def published(folder: Path) -> Path:
    """TRAIN and TEST folders of classes; every second TRAIN picture is the one before it, turned."""
    random = np.random.default_rng(0)
    rows = ["file,original"]
    for part, count in (("TRAIN", 12), ("TEST", 4)):
        for name, colour in (("EOSINOPHIL", (150, 40, 120)), ("LYMPHOCYTE", (60, 40, 160))):
            (folder / part / name).mkdir(parents=True)
            pixels = np.zeros((96, 96, 3), np.uint8)
            for index in range(count):
                if part == "TEST" or index % 2 == 0:
                    pixels = random.integers(200, 230, (96, 96, 3)).astype(np.uint8)
                    cv2.circle(pixels, (48, 48), 20, colour, -1)
                else:
                    pixels = np.ascontiguousarray(np.rot90(pixels))
                cv2.imwrite(str(folder / part / name / f"{index}.png"), pixels[..., ::-1])
                rows.append(
                    f"{part}/{name}/{index}.png,{part}{name}{index // 2 if part == 'TRAIN' else index}"
                )
    (folder / "originals.csv").write_text("\n".join(rows) + "\n")
    return folder


@pytest.mark.parametrize(
    ("recipe", "split"), [("flatten", "group"), ("flatten", "file"), ("pooled128", "group")]
)
def test_a_recipe_from_images_to_the_program(
    keras: Any,
    tmp_path: Path,
    convert: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    recipe: str,
    split: str,
) -> None:
    from export_tools.__main__ import main
    from export_tools.data import crops
    from hematodesk.domain.cells import Localisation, LocatedCell
    from hematodesk.domain.geometry import Box

    known = Localisation((LocatedCell(Box(28, 28, 40, 40), 1.0),), 20.0)
    monkeypatch.setattr(crops, "locate_cells", lambda pixels: known)
    model = tmp_path / "my classic.keras"
    options = ["--classes", "eosinophil,lymphocyte", "--base-weights", "none", "--alpha", "0.35"]
    options += ["--size", "64", "--batch", "4", "--hold-out", "0.34", "--split", split]
    source = str(published(tmp_path / "set"))
    assert main(["train", source, "--output", str(model), "--recipe", recipe, *options]) == 0
    told = capsys.readouterr().out
    assert ("copies of one original stand on both sides" in told) == (split == "file")
    results = tmp_path / "my classic.results"
    for name in ("curves.png", "confusion_held_out.png", "confusion_test.png"):
        assert (results / name).read_bytes().startswith(PNG)
    assert "precision  recall  f1-score  support" in (results / "classification_test.txt").read_text()
    rows = json.loads((results / "history.json").read_text())
    assert len(rows) == 5 if recipe == "flatten" else 1 <= len(rows) <= 15
    held = (tmp_path / "my classic.held_out.txt").read_text().splitlines()
    originals = {name: Path(name).parent.name + str(int(Path(name).stem) // 2) for name in held}
    if split == "group":
        assert all(sum(other == each for other in originals.values()) == 2 for each in originals.values())
    package = read_package(convert(model))
    charts = [(each.section, each.kind, each.of) for each in report_parts(package.path)]
    assert charts[0] == ("training", "curves", "")
    assert {("training", "confusion", "test"), ("training", "classification", "held_out")} < set(charts)
    manifest = package.manifest
    assert manifest.input.crop.rule == ("whole" if recipe == "flatten" else "cell")
    assert {each.name for each in manifest.curves} == {
        "loss",
        "accuracy",
        "held_out_loss",
        "held_out_accuracy",
    }
    assert len(manifest.curves[0].values) == len(rows)
    test = next(each for each in manifest.metrics if each.data == f"{recipe}, split by {split}, test")
    document = json.loads((results / "report_test.json").read_text())
    assert (test.images, test.accuracy) == (8, document["accuracy"]) == (document["images"], test.accuracy)
    assert (manifest.outputs.activation_map is not None) == (recipe == "flatten")
    (prediction,) = Classifier(package, "cpu").classify([np.full((64, 64, 3), 200, np.uint8)])
    assert prediction.class_id in manifest.class_ids
