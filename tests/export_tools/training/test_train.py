"""Training end to end on pictures that a tiny network can tell apart, with stop and resume."""

from __future__ import annotations

import argparse
import itertools
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from export_tools.training.fit import Plan, fit, rate_at
from hematodesk.inference.package import read_package

pytestmark = pytest.mark.filterwarnings("ignore")


def test_the_rate_rises_once_and_falls() -> None:
    rates = [rate_at(step, 100, 1.0, 0.2) for step in range(101)]
    assert rates[0] == pytest.approx(1 / 25)
    assert max(rates) == rates[20] == pytest.approx(1.0)
    assert rates[100] == pytest.approx(1 / 1000)
    assert all(one <= two for one, two in itertools.pairwise(rates[:21]))
    assert all(one >= two for one, two in itertools.pairwise(rates[20:]))


def tiny(keras: Any) -> Any:
    keras.utils.set_random_seed(1)
    image = keras.Input((8, 8, 3))
    pool = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3, activation="relu")(image))
    logits = keras.layers.Dense(2, name="logits")(pool)
    return keras.Model(image, keras.layers.Activation("softmax")(logits))


def draw(number: int) -> Any:
    random = np.random.default_rng(number)
    for _ in range(20):
        truth = random.integers(0, 2, 16)
        images = random.normal(0, 0.3, (16, 8, 8, 3)) + (truth * 2 - 1)[:, None, None, None] * 0.3
        yield images.astype(np.float32), np.eye(2, dtype=np.float32)[truth]


def loss_of(model: Any) -> dict[str, float]:
    images, targets = next(iter(draw(999)))
    scores = model.predict_on_batch(images)
    return {"loss": float(-np.log((scores * targets).sum(axis=1)).mean())}


def test_training_learns_and_ends_with_averaged_weights(keras: Any, tmp_path: Path) -> None:
    model = tiny(keras)
    before = loss_of(model)["loss"]
    progress = fit(
        model, Plan(4, 20, peak_rate=0.02), draw, loss_of, tmp_path / "c", resume=False, say=lambda _: None
    )
    assert progress.done == 4
    assert loss_of(model)["loss"] < 0.5 * before
    assert loss_of(model)["loss"] == pytest.approx(progress.history[-1]["loss"], rel=1e-4)


def test_a_resumed_run_equals_an_unbroken_one(keras: Any, tmp_path: Path) -> None:
    plan = Plan(4, 20, peak_rate=0.02)
    whole = tiny(keras)
    fit(whole, plan, draw, loss_of, tmp_path / "whole", resume=False, say=lambda _: None)

    class Stop(Exception):
        pass

    def broken(number: int) -> Any:
        if number == 2:
            raise Stop
        return draw(number)

    with pytest.raises(Stop):
        fit(tiny(keras), plan, broken, loss_of, tmp_path / "parts", resume=False, say=lambda _: None)
    again = tiny(keras)
    progress = fit(again, plan, draw, loss_of, tmp_path / "parts", resume=True, say=lambda _: None)
    assert len(progress.history) == 4
    for one, other in zip(whole.trainable_variables, again.trainable_variables, strict=True):
        assert np.asarray(one) == pytest.approx(np.asarray(other), abs=1e-5)


def test_patience_ends_the_run_and_keeps_the_best(keras: Any, tmp_path: Path) -> None:
    losses = iter([0.5, 0.3, 0.4, 0.35, 0.1])
    said: list[str] = []
    progress = fit(
        tiny(keras),
        Plan(5, 20, patience=2),
        draw,
        lambda _: {"loss": next(losses)},
        tmp_path / "c",
        resume=False,
        say=said.append,
    )
    assert (progress.done, progress.best_pass) == (4, 1)
    assert "pass 2 are kept" in said[-1]


def smears(folder: Path) -> None:
    """Pale fields with one dark cell: red-violet ones and blue ones."""
    random = np.random.default_rng(0)
    for name, colour in (("eosinophil", (150, 40, 120)), ("lymphocyte", (60, 40, 160))):
        for index in range(8):
            pixels = np.full((120, 120, 3), 225, np.uint8)
            for _ in range(6):
                place = tuple(int(value) for value in random.integers(8, 112, 2))
                cv2.circle(pixels, place, 9, (225, 180, 180), -1)
            cv2.circle(pixels, (60, 60), 16, colour, -1)
            target = folder / name / f"{index}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(target), pixels[..., ::-1])


def test_train_calibrate_convert_evaluate(
    keras: Any, tmp_path: Path, convert: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The four commands, one after the other, as a trainer would run them."""
    from export_tools.__main__ import main
    from export_tools.data import crops, product_way
    from hematodesk.domain.cells import Localisation, LocatedCell
    from hematodesk.domain.geometry import Box

    # The drawn discs are no smear: the locator is told where they are.
    known = Localisation((LocatedCell(Box(44, 44, 32, 32), 1.0),), 18.0)
    monkeypatch.setattr(crops, "locate_cells", lambda pixels: known)
    monkeypatch.setattr(product_way, "locate_cells", lambda pixels: known)
    smears(tmp_path / "data")
    model = tmp_path / "m.keras"
    options = [
        "--classes",
        "eosinophil,lymphocyte",
        "--base-weights",
        "none",
        "--alpha",
        "0.35",
        "--size",
        "32",
    ]
    options += ["--passes", "1", "--images", "16", "--batch", "8", "--hold-out", "0.25"]
    assert main(["train", str(tmp_path / "data"), "--output", str(model), *options]) == 0
    held = (tmp_path / "m.held_out.txt").read_text().splitlines()
    assert len(held) == 4
    assert main(["calibrate", str(model), str(tmp_path / "data")]) == 0
    package = read_package(convert(model))
    assert package.manifest.input.crop.rule == "cell"
    assert package.manifest.abstention.familiarity is not None
    report = tmp_path / "report"
    held_file = str(tmp_path / "m.held_out.txt")
    command = [
        "evaluate",
        str(package.path),
        str(tmp_path / "data"),
        "--only",
        held_file,
        "--output",
        str(report),
    ]
    assert main(command) == 0
    document = json.loads((report / "report.json").read_text())
    assert document["images"] == document["source_images"] == 4
    for name in ("confusion", "reliability", "risk_coverage"):
        assert (report / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert 0 <= document["confidence"]["expected_calibration_error"] <= 1
    assert "accuracy" in (report / "report.md").read_text()
    again = read_package(convert(model, "--report", str(report / "report.json")))
    (metric,) = again.manifest.metrics
    assert (metric.images, metric.accuracy) == (4, document["accuracy"])


def test_the_protocol_trains_a_package_that_is_missing(
    keras: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from export_tools.__main__ import main
    from export_tools.data import crops, product_way
    from export_tools.evaluation import abstaining
    from hematodesk.domain.cells import Localisation, LocatedCell
    from hematodesk.domain.classes import WBC4
    from hematodesk.domain.geometry import Box

    known = Localisation((LocatedCell(Box(44, 44, 32, 32), 1.0),), 18.0)
    for module in (abstaining, crops, product_way):
        monkeypatch.setattr(module, "locate_cells", lambda pixels: known)
    random = np.random.default_rng(0)

    def picture(target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(target), random.integers(0, 256, (120, 120, 3)).astype(np.uint8))

    named, fields, boxes = ["file,class,subtype"], ["original,label,kaggle_split,field_group,cell_group"], []
    for index, name in enumerate(WBC4 * 5):
        picture(tmp_path / "data" / "pbc" / name / f"{index}.png")
        named.append(f"{name}/{index}.png,{name},X")
        picture(tmp_path / "data" / "bccd" / "images" / f"f{index}.png")
        fields.append(f"f{index}.png,{name.upper()},TRAIN,{index},{index}")
        boxes.append(f"f{index}.png,WBC,44,44,76,76")
    (tmp_path / "data" / "pbc" / "labels.csv").write_text("\n".join(named) + "\n")
    (tmp_path / "data" / "bccd" / "labels.csv").write_text("\n".join(fields) + "\n")
    heading = "file,class,xmin,ymin,xmax,ymax\n"
    (tmp_path / "data" / "bccd" / "boxes.csv").write_text(heading + "\n".join(boxes) + "\n")
    tiny = "--base-weights none --alpha 0.35 --size 32 --passes 1 --images 8 --batch 8 --hold-out 0.25"
    command = ["evaluate", "--protocol", str(tmp_path / "data"), "--parts", "leave_bccd_out"]
    command += ["--work", str(tmp_path / "work"), "--training", tiny, "--output", str(tmp_path / "report")]
    assert main(command) == 0, capsys.readouterr().err
    part = json.loads((tmp_path / "report" / "protocol.json").read_text())["parts"]["leave_bccd_out"]
    assert part["images"] == part["source_images"] == 20
    tested = (tmp_path / "work" / "leave_bccd_out.tested.txt").read_text().splitlines()
    rows = (tmp_path / "report" / "leave_bccd_out" / "answers.tsv").read_text().splitlines()[1:]
    assert sorted(row.split("\t")[0] for row in rows) == [name for name in tested if "bccd" in name]


def test_a_source_that_is_missing_is_told(
    keras: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from export_tools.training import train

    parser = argparse.ArgumentParser()
    train.add_parser(parser.add_subparsers())
    args = parser.parse_args(["train", str(tmp_path / "nowhere"), "--output", str(tmp_path / "m.keras")])
    assert args.run(args) == 1
    assert "nowhere" in capsys.readouterr().err
