"""Why a cell got its name: the map's place in the image, its scale, and what stands in the way."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hematodesk.domain.cells import Cell, CellOrigin
from hematodesk.domain.geometry import Box
from hematodesk.domain.statistics import softmax
from hematodesk.imaging.read import decode_image
from hematodesk.inference.classify import Classifier
from hematodesk.inference.evidence import Evidence
from hematodesk.inference.package import read_package
from hematodesk.workflow.analysis.analyser import Analyser, cut_cell, open_image
from hematodesk.workflow.analysis.sources import Picture
from hematodesk.workflow.review.explain import Explanation, Obstacle, explain_cell, obstacle

SHIPPED = sorted((Path(__file__).parents[4] / "models").glob("wbc4-*.onnx"))


def explanation(maps: np.ndarray, place: Box, size: tuple[int, int] = (100, 80)) -> Explanation:
    """Of the classes a, b, …; size is the image's width and height."""
    classes = tuple("abcdef"[: maps.shape[2]])
    scores = maps.mean(axis=(0, 1)).astype(np.float32)
    return Explanation(classes, maps.astype(np.float32), scores, True, place, *size)


def ask(classifier, maps: np.ndarray | None) -> list[np.ndarray]:
    """Let a classifier answer with these maps; returns the list of the crops that it will see."""
    seen: list[np.ndarray] = []

    def evidence(crop: np.ndarray, cancel: object = None) -> Evidence | None:
        seen.append(crop)
        return None if maps is None else Evidence(maps, maps.mean(axis=(0, 1)), exact=True)

    classifier.evidence = evidence
    return seen


def test_the_model_sees_the_crop_that_it_named(classifier, smear_png: bytes) -> None:
    result = Analyser(classifier).analyse(Picture(smear_png, "smear.png")).result
    pixels = decode_image(smear_png, "smear.png").pixels
    seen = ask(classifier, np.ones((3, 3, 2), np.float32))
    found = explain_cell(pixels, result.cells[0], result.red_cell_diameter, classifier)
    np.testing.assert_array_equal(seen[0], classifier.crops[0])
    assert found is not None
    assert found.class_ids == ("monocyte", "neutrophil")
    assert (found.width, found.height) == (320, 240)


def test_the_place_is_where_the_crop_was_cut(classifier) -> None:
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (90, 120, 3), dtype=np.uint8)
    cell = Cell(Box(50, 40, 20, 16), CellOrigin.LOCATED)
    classifier.crop_rule = dataclasses.replace(classifier.crop_rule, context=1.6)
    cut = cut_cell(pixels, cell, None, classifier)
    assert (cut.place.w, cut.place.h) == (32, 32)
    inside = pixels[cut.place.y : cut.place.y + 32, cut.place.x : cut.place.x + 32]
    # The crop is as large as the model's input here, so it is the image itself.
    np.testing.assert_array_equal(cut.crop, inside)


def test_a_whole_image_package_is_explained_over_the_whole_image(whole_classifier, smear_png: bytes) -> None:
    result = Analyser(whole_classifier).analyse(Picture(smear_png, "smear.png")).result
    pixels = decode_image(smear_png, "smear.png").pixels
    ask(whole_classifier, np.ones((7, 7, 2), np.float32))
    found = explain_cell(pixels, result.cells[0], None, whole_classifier)
    assert found is not None
    assert found.place == found.visible() == Box(0, 0, 320, 240)
    strength = found.strength("monocyte")
    assert strength.shape[1] / strength.shape[0] == pytest.approx(320 / 240, rel=0.02)


def test_a_box_drawn_for_a_whole_image_package_is_seen_as_a_square(whole_classifier) -> None:
    pixels = np.zeros((100, 100, 3), np.uint8)
    cell = Cell(Box(10, 20, 40, 30), CellOrigin.ADDED)
    assert cut_cell(pixels, cell, None, whole_classifier).place == Box(10, 15, 40, 40)


def test_a_package_without_a_map_gives_no_explanation(classifier) -> None:
    ask(classifier, None)
    cell = Cell(Box(5, 5, 20, 20), CellOrigin.LOCATED)
    assert explain_cell(np.zeros((40, 40, 3), np.uint8), cell, None, classifier) is None


def test_the_map_goes_through_its_values() -> None:
    rng = np.random.default_rng(2)
    maps = rng.uniform(0.1, 1, (4, 4, 1))
    found = explanation(maps, Box(10, 10, 60, 60))
    fine = found.strength("a")
    # 120 fine pixels over 4 values: value i lies between the pixels 30 i + 14 and 30 i + 15.
    places = np.arange(4) * 30 + 15
    middles = (fine[np.ix_(places, places)] + fine[np.ix_(places - 1, places - 1)]) / 2
    np.testing.assert_allclose(middles, maps[:, :, 0] / maps.max(), atol=0.01)


def test_beyond_the_border_the_map_is_cut_and_not_squeezed() -> None:
    maps = np.random.default_rng(3).uniform(0, 1, (5, 5, 1))
    whole = explanation(maps, Box(0, 0, 60, 60)).strength("a")
    found = explanation(maps, Box(-20, -10, 60, 60))
    assert found.visible() == Box(0, 0, 40, 50)
    part = found.strength("a")
    assert part.shape == (100, 80)
    np.testing.assert_allclose(part, whole[20:, 40:], atol=1e-5)


def test_what_speaks_against_a_class_counts_as_none() -> None:
    found = explanation(np.full((3, 3, 1), -2.0), Box(0, 0, 30, 30))
    assert found.most == 0
    assert not found.strength("a").any()
    mixed = np.zeros((3, 3, 2))
    mixed[:, :, 0], mixed[:, :, 1] = 1, -5
    assert not explanation(mixed, Box(0, 0, 30, 30)).strength("b").any()


def test_one_scale_for_all_classes() -> None:
    maps = np.zeros((3, 3, 2))
    maps[1, 1] = 4, 1
    found = explanation(maps, Box(0, 0, 30, 30))
    assert found.strength("a").max() == pytest.approx(1, abs=0.01)
    assert found.strength("b").max() == pytest.approx(0.25, abs=0.01)


@given(st.integers(-50, 90), st.integers(-50, 70), st.integers(1, 200), st.integers(1, 7), st.integers(1, 7))
def test_strengths_stay_between_none_and_most(x: int, y: int, edge: int, rows: int, columns: int) -> None:
    place = Box(x, y, edge, edge)
    if x + edge <= 0 or y + edge <= 0:
        return
    maps = np.random.default_rng(edge).normal(0, 3, (rows, columns, 2))
    found = explanation(maps, place)
    strength = found.strength("a")
    assert strength.dtype == np.float32
    assert strength.size
    assert 0 <= strength.min() <= strength.max() <= 1
    assert np.isfinite(strength).all()


def test_means_and_scores() -> None:
    maps = np.arange(18, dtype=np.float32).reshape(3, 3, 2)
    found = explanation(maps, Box(0, 0, 9, 9))
    assert found.mean_of("b") == pytest.approx(9)
    assert found.score_of("b") == pytest.approx(9)
    assert dataclasses.replace(found, scores=np.zeros(1, np.float32)).score_of("b") is None
    with pytest.raises(ValueError):
        found.map_of("no class")


def package(map_name: str | None = "cam", sha256: str = "ab" * 32) -> SimpleNamespace:
    outputs = SimpleNamespace(activation_map=map_name)
    return SimpleNamespace(manifest=SimpleNamespace(outputs=outputs), sha256=sha256)


def test_what_stands_in_the_way(made_result: Callable[..., object]) -> None:
    cell = made_result().cells[0]
    assert obstacle(cell, package(), has_image=True) is None
    assert obstacle(None, package(), has_image=True) is Obstacle.NO_CELL
    assert obstacle(cell, None, has_image=True) is Obstacle.NO_MODEL
    assert obstacle(cell, package(None), has_image=True) is Obstacle.NO_MAP
    unnamed = dataclasses.replace(cell, prediction=None)
    assert obstacle(unnamed, package(), has_image=True) is Obstacle.NO_ANSWER
    assert obstacle(cell, package(sha256="cd" * 32), has_image=True) is Obstacle.OTHER_MODEL
    assert obstacle(cell, package(), has_image=False) is Obstacle.NO_IMAGE


@pytest.mark.skipif(not SHIPPED, reason="no wbc4 package in models/")
def test_the_shipped_models_map_is_the_reason_for_its_own_answer(smear_png: bytes) -> None:
    """The scores behind the map give the probabilities that the person was told."""
    classifier = Classifier(read_package(SHIPPED[-1]), "cpu")
    opened = open_image(Picture(smear_png, "smear.png"))
    result = Analyser(classifier).analyse_opened(opened).result
    assert opened.image is not None
    for cell in result.cells:
        found = explain_cell(opened.image.pixels, cell, result.red_cell_diameter, classifier)
        assert found is not None and cell.prediction is not None
        assert found.exact
        temperature = classifier.package.manifest.temperature
        shares = softmax(found.scores[None].astype(np.float64), temperature)[0]
        told = dict(cell.prediction.ranked)
        for class_id, share in zip(found.class_ids, shares, strict=True):
            assert share == pytest.approx(told[class_id], abs=1e-5)
