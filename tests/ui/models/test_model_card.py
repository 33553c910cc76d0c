"""The card of a package that someone converted: its own class names, and how its training went."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hematodesk.domain.manifest import Curve, ModelClass
from hematodesk.domain.packages import ModelPackage
from hematodesk.inference.package import read_package
from hematodesk.ui.kit.class_names import class_name, learn_names
from hematodesk.ui.models.model_card import card_html

SHIPPED = sorted((Path(__file__).parents[3] / "models").glob("wbc4-*.onnx"))[-1]


def converted() -> ModelPackage:
    package = read_package(SHIPPED)
    classes = (ModelClass("normal_cell", "normal cell"), ModelClass("class_18fb02dd", "лимфоцит"))
    curves = (Curve("loss", (1.5, 0.75, 0.5)), Curve("held_out_accuracy", (0.4, 0.5, 0.8)))
    return replace(package, manifest=replace(package.manifest, classes=classes, curves=curves))


def test_the_card_shows_names_as_given_and_the_training(qapp: object) -> None:
    html = card_html(converted())
    assert "normal cell, лимфоцит" in html
    assert "Training, pass by pass" in html
    assert "█▃▁  1.5 → 0.5" in html and "▁▃█  0.4 → 0.8" in html
    assert "Training, pass by pass" not in card_html(read_package(SHIPPED))


def test_names_are_shown_as_the_package_gives_them(qapp: object) -> None:
    assert class_name("my_own_kind") == "My own kind"
    learn_names([ModelClass("my_own_kind", "my own kind"), ModelClass("monocyte", "Monozyt")])
    assert class_name("my_own_kind") == "my own kind"
    assert class_name("monocyte") == "Monocyte"


def test_an_adapted_package_names_its_parents_digest(qapp: object) -> None:
    package = read_package(SHIPPED)
    provenance = replace(package.manifest.provenance, parent_sha256="ab" * 32)
    adapted = replace(package, manifest=replace(package.manifest, provenance=provenance))
    assert "ab" * 32 in card_html(adapted)
    assert "parent" not in card_html(converted())
