"""The shipped model: listed with its digest, and right on drawn cells that it was not trained on."""

from __future__ import annotations

from pathlib import Path

import pytest

from export_tools.phantom import render_field
from hematodesk.domain.classes import WBC4
from hematodesk.imaging.crop import crop_cell, crop_side
from hematodesk.inference.classify import Classifier
from hematodesk.inference.package import ModelPackage
from hematodesk.inference.store import PackageStore

MODELS = Path(__file__).parents[3] / "models"
LARGEST = 15_000_000


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> ModelPackage:
    return PackageStore(MODELS, tmp_path_factory.mktemp("imported")).find("wbc4")


def test_it_is_whole_small_and_says_what_it_is(package: ModelPackage) -> None:
    manifest = package.manifest
    assert package.shipped
    assert package.path.stat().st_size < LARGEST
    assert package.class_ids == WBC4
    assert (manifest.outputs.activation_map, manifest.outputs.embedding) == ("cam", "embedding")
    assert manifest.abstention.familiarity is not None
    measured = {each.data: each for each in manifest.metrics}
    assert any("TEST" in name and each.source_images == 71 for name, each in measured.items())


def test_its_card_gives_the_manifests_figures(package: ModelPackage) -> None:
    card = (MODELS / "wbc4.md").read_text(encoding="utf-8")
    assert f"# wbc4 {package.version}" in card
    for metric in package.manifest.metrics:
        assert f"| {metric.data} | {metric.images:,} | {metric.source_images} |" in card
        assert f"{metric.accuracy:.1%}".replace("%", " %") in card


def test_it_names_most_drawn_cells_rightly(package: ModelPackage) -> None:
    classifier = Classifier(package, "cpu")
    rule, size = classifier.crop_rule, classifier.input_size
    crops, truth = [], []
    for seed in range(40, 46):
        field = render_field(seed, classes=WBC4)
        for cell in field.cells:
            side = crop_side(
                cell.box, field.red_cell_diameter, red_cells=rule.red_cells, context=rule.context
            )
            crops.append(crop_cell(field.pixels, cell.box, side=side, size=size))
            truth.append(cell.class_id)
    named = [prediction.class_id for prediction in classifier.classify(crops)]
    right = sum(one == other for one, other in zip(named, truth, strict=True))
    assert len(truth) == 24
    assert right >= 22
