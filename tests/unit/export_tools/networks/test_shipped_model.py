"""The shipped models: listed with their digests, with a card each; the default one right on drawn cells."""

from __future__ import annotations

from pathlib import Path

import pytest

from export_tools.phantom import render_field
from hematodesk.domain.classes import WBC4
from hematodesk.domain.packages import ModelPackage
from hematodesk.imaging.crop import crop_cell, crop_side
from hematodesk.inference.classify import Classifier
from hematodesk.inference.store import PackageStore

MODELS = Path(__file__).parents[4] / "models"
LARGEST = 6_000_000
NAMES = ("wbc4", "pbc8", "cells3")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> PackageStore:
    return PackageStore(MODELS, tmp_path_factory.mktemp("imported"))


@pytest.fixture(scope="module")
def package(store: PackageStore) -> ModelPackage:
    return store.find("wbc4")


@pytest.mark.parametrize("name", NAMES)
def test_each_is_whole_and_small(store: PackageStore, name: str) -> None:
    package = store.find(name)
    assert package.shipped
    assert package.path.stat().st_size < LARGEST
    assert package.manifest.outputs.embedding == "embedding"
    assert package.manifest.input.crop.rule == "cell"


def test_they_name_what_they_should(store: PackageStore) -> None:
    others = ("basophil", "erythroblast", "immature_granulocyte", "platelet")
    assert store.find("wbc4").class_ids == WBC4
    assert store.find("pbc8").class_ids == WBC4 + others
    assert store.find("cells3").class_ids == ("red_cell", "white_cell", "platelet")


def test_the_default_shows_why_and_knows_strangers(package: ModelPackage) -> None:
    manifest = package.manifest
    assert manifest.outputs.activation_map == "cam"
    assert manifest.abstention.familiarity is not None
    measured = {each.data: each for each in manifest.metrics}
    assert any("TEST" in name and each.source_images == 71 for name, each in measured.items())


@pytest.mark.parametrize("name", NAMES)
def test_each_card_gives_the_manifests_figures(store: PackageStore, name: str) -> None:
    package = store.find(name)
    card = (MODELS / f"{name}.md").read_text(encoding="utf-8")
    assert f"# {name} {package.version}" in card
    assert package.manifest.metrics
    for metric in package.manifest.metrics:
        assert f"| {metric.data} | {metric.images:,} | {metric.source_images:,} |" in card
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
