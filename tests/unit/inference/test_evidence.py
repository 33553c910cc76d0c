"""What activation maps say: they add up to the scores, and they point at what matters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from export_tools.phantom import render_field
from hematodesk.domain.cells import Cell, CellOrigin
from hematodesk.domain.packages import ModelPackage
from hematodesk.imaging.locate import locate_cells
from hematodesk.imaging.read import read_image
from hematodesk.inference.classify import Classifier
from hematodesk.inference.evidence import agree_exactly, biases_before_sigmoid
from hematodesk.inference.package import read_package
from hematodesk.workflow.analysis.analyser import cut_cell

_MODELS = Path(__file__).parents[3] / "models"
_SHIPPED = sorted(_MODELS.glob("*.onnx"))
_FIELDS = Path(__file__).parents[4] / "shared" / "data" / "bccd" / "images"


def convolving(kit) -> bytes:
    """A small real network: two convolutions, the mean over the positions, a linear layer."""
    rng = np.random.default_rng(7)
    first = rng.normal(0, 0.4, (8, 3, 3, 3)).astype(np.float32)
    second = rng.normal(0, 0.3, (12, 8, 3, 3)).astype(np.float32)
    kernel = rng.normal(0, 1.0, (12, 4)).astype(np.float32)
    nodes = [
        helper.make_node("Transpose", ["image"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["planes", "first"], ["a"], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "second"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c"], ["d"]),
        helper.make_node("Transpose", ["d"], ["features"], perm=[0, 2, 3, 1]),
        helper.make_node("ReduceMean", ["features"], ["embedding"], axes=[1, 2], keepdims=0),
        helper.make_node("Gemm", ["embedding", "kernel", "bias"], ["logits"]),
        helper.make_node("MatMul", ["features", "kernel"], ["cam"]),
    ]
    outputs = [("logits", ["N", 4]), ("cam", ["N", 8, 8, 4]), ("embedding", ["N", 12])]
    graph = helper.make_graph(
        nodes,
        "convolving",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", kit.SIDE, kit.SIDE, 3])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs],
        [
            numpy_helper.from_array(first, "first"),
            numpy_helper.from_array(second, "second"),
            numpy_helper.from_array(kernel, "kernel"),
            numpy_helper.from_array(np.array([0.3, -0.2, 0.1, 0.5], np.float32), "bias"),
        ],
    )
    return kit.packed(graph, kit.document()).SerializeToString()


def drawn_cells(classifier: Classifier, count: int) -> list[np.ndarray]:
    """Crops of drawn cells as the program cuts them, uint8 (S, S, 3)."""
    fields = (render_field(seed, width=320, height=240).pixels for seed in range(100, 100 + count))
    crops = [crop for pixels in fields for crop in first_cell(classifier, pixels)]
    assert len(crops) >= count * 3 // 4
    return crops


def first_cell(classifier: Classifier, pixels: np.ndarray) -> list[np.ndarray]:
    """The crop of the surest cell, or none."""
    found = locate_cells(pixels)
    cells = [Cell(located.box, CellOrigin.LOCATED) for located in found.cells[:1]]
    return [cut_cell(pixels, cell, found.red_cell_diameter, classifier).crop for cell in cells]


def occlusions(
    classifier: Classifier, crop: np.ndarray, share: float, cover: np.ndarray
) -> tuple[float, float]:
    """How far the top class's logit falls when the hottest and when the coldest area is covered.

    Finite differences: a square of that share of the side, where the map's mean is highest or lowest,
    is filled with one colour.
    """
    evidence = classifier.evidence(crop)
    best = int(np.argmax(evidence.scores))
    coarse = evidence.maps[:, :, best]
    size, cells = crop.shape[0], coarse.shape[0]
    side = max(1, round(share * cells))
    means = np.lib.stride_tricks.sliding_window_view(coarse, (side, side)).mean(axis=(2, 3))
    falls = []
    for place in (means.argmax(), means.argmin()):
        row, column = np.unravel_index(place, means.shape)
        top, left = round(row * size / cells), round(column * size / cells)
        edge = round(side * size / cells)
        covered = crop.copy()
        covered[top : top + edge, left : left + edge] = cover
        falls.append(float(evidence.scores[best] - classifier.evidence(covered).scores[best]))
    return falls[0], falls[1]


def background(crop: np.ndarray) -> np.ndarray:
    """The bright colour between the cells."""
    return np.percentile(crop.reshape(-1, 3), 90, axis=0)


def explained(package: ModelPackage) -> Classifier:
    if package.manifest.outputs.activation_map is None:
        pytest.skip("this package gives no activation map")
    return Classifier(package, "cpu")


def test_the_mean_of_a_map_and_the_bias_are_the_logit(save: Callable[..., Path], kit) -> None:
    classifier = Classifier(read_package(save()), "cpu")
    crop = np.random.default_rng(3).integers(0, 256, (kit.SIDE, kit.SIDE, 3), dtype=np.uint8)
    evidence = classifier.evidence(crop)
    assert evidence.exact
    np.testing.assert_allclose(evidence.maps.mean(axis=(0, 1)) + kit.BIAS, evidence.scores, atol=1e-5)


def test_a_deeper_networks_maps_are_exact_too(save: Callable[..., Path], kit) -> None:
    classifier = Classifier(read_package(save(convolving(kit))), "cpu")
    rng = np.random.default_rng(4)
    for _ in range(5):
        evidence = classifier.evidence(rng.integers(0, 256, (kit.SIDE, kit.SIDE, 3), dtype=np.uint8))
        assert evidence.exact
        bias = evidence.scores - evidence.maps.mean(axis=(0, 1))
        np.testing.assert_allclose(bias, [0.3, -0.2, 0.1, 0.5], atol=1e-4)


def test_maps_that_do_not_add_up_are_not_called_exact(save: Callable[..., Path], kit) -> None:
    model = kit.tiny_model()
    pooling = next(node for node in model.graph.node if node.op_type == "ReduceMean")
    pooling.op_type = "ReduceMax"
    classifier = Classifier(read_package(save(model)), "cpu")
    crop = np.random.default_rng(3).integers(0, 200, (kit.SIDE, kit.SIDE, 3), dtype=np.uint8)
    assert not classifier.evidence(crop).exact


def test_probabilities_are_no_logits(save: Callable[..., Path], kit) -> None:
    manifest = kit.document(outputs__kind="probabilities")
    classifier = Classifier(read_package(save(kit.tiny_model(manifest))), "cpu")
    assert not classifier.evidence(kit.crop(10, 200, 30)).exact


def test_maps_are_exact_for_the_logit_before_a_sigmoid(save: Callable[..., Path], kit) -> None:
    manifest = kit.document(outputs__kind="sigmoid")
    classifier = Classifier(read_package(save(kit.tiny_model(manifest))), "cpu")
    for colour in ((10, 200, 30), (255, 255, 0), (128, 128, 128)):
        evidence = classifier.evidence(kit.crop(*colour))
        assert evidence.exact
        means = evidence.maps.mean(axis=(0, 1))
        np.testing.assert_allclose(evidence.scores - means, kit.BIAS, atol=1e-4)


def test_maps_behind_a_sigmoid_that_do_not_add_up_are_not_called_exact(
    save: Callable[..., Path], kit
) -> None:
    model = kit.tiny_model(kit.document(outputs__kind="sigmoid"))
    next(node for node in model.graph.node if node.op_type == "ReduceMean").op_type = "ReduceMax"
    classifier = Classifier(read_package(save(model)), "cpu")
    crop = np.random.default_rng(3).integers(0, 200, (kit.SIDE, kit.SIDE, 3), dtype=np.uint8)
    evidence = classifier.evidence(crop)
    assert not evidence.exact
    assert (evidence.scores <= 1).all()


def test_sigmoids_that_hide_their_logits_prove_nothing() -> None:
    maps = np.zeros((1, 2, 2, 2), np.float32)
    hidden = np.array([[0.5, 1.0]], np.float32)
    assert biases_before_sigmoid((hidden, maps), (hidden, maps)) is None
    clear = np.array([[0.5, 0.5]], np.float32)
    np.testing.assert_allclose(biases_before_sigmoid((clear, maps), (clear, maps)), [0, 0])
    assert biases_before_sigmoid((clear, maps), (hidden, maps)) is None


def test_one_score_for_two_classes_is_not_exact() -> None:
    maps = np.zeros((1, 2, 2, 2), np.float32)
    scores = np.zeros((1, 1), np.float32)
    assert not agree_exactly((scores, maps), (scores, maps))


def test_no_evidence_without_a_map(save: Callable[..., Path], kit) -> None:
    manifest = kit.document(outputs__activation_map=None)
    classifier = Classifier(read_package(save(kit.tiny_model(manifest))), "cpu")
    assert classifier.evidence(kit.crop(1, 2, 3)) is None


def test_covering_what_a_small_networks_map_shows_lowers_the_logit(save: Callable[..., Path], kit) -> None:
    classifier = Classifier(read_package(save(convolving(kit))), "cpu")
    # Grey is 0 to this network, and it has no bias before its last layer: covered is gone.
    grey = np.full(3, 127)
    falls = np.array([occlusions(classifier, crop, 0.5, grey) for crop in drawn_cells(classifier, 12)])
    assert (falls[:, 0] > falls[:, 1]).all()


@pytest.mark.skipif(not _SHIPPED, reason="no packages in models/")
@pytest.mark.parametrize("path", _SHIPPED, ids=lambda path: path.stem)
def test_shipped_maps_add_up_to_the_logits(path: Path) -> None:
    classifier = explained(read_package(path))
    biases = []
    for crop in drawn_cells(classifier, 4):
        evidence = classifier.evidence(crop)
        assert evidence.exact
        biases.append(evidence.scores - evidence.maps.mean(axis=(0, 1)))
    np.testing.assert_allclose(biases, np.broadcast_to(biases[0], np.shape(biases)), atol=1e-3)


@pytest.mark.skipif(not _SHIPPED, reason="no packages in models/")
@pytest.mark.parametrize("path", _SHIPPED, ids=lambda path: path.stem)
def test_shipped_maps_point_at_what_matters(path: Path) -> None:
    """Not for every cell with a small square: a wide field of view smears what a coarse map can tell."""
    classifier = explained(read_package(path))
    crops = drawn_cells(classifier, 24)
    for share, most in ((0.4, 0.6), (0.6, 0.9)):
        falls = np.array([occlusions(classifier, crop, share, background(crop)) for crop in crops])
        hot, cold = falls.mean(axis=0)
        assert hot > cold
        assert (falls[:, 0] > falls[:, 1]).mean() >= most


@pytest.mark.real_data
@pytest.mark.skipif(not _FIELDS.is_dir(), reason="the real images are not beside the project")
@pytest.mark.skipif(not _SHIPPED, reason="no packages in models/")
@pytest.mark.parametrize("path", [each for each in _SHIPPED if each.stem.startswith("wbc4-")])
def test_shipped_maps_point_at_what_matters_in_real_cells(path: Path) -> None:
    classifier = explained(read_package(path))
    fields = [read_image(each).pixels for each in sorted(_FIELDS.iterdir())[::7]]
    crops = [crop for pixels in fields for crop in first_cell(classifier, pixels)]
    falls = np.array([occlusions(classifier, crop, 0.4, background(crop)) for crop in crops])
    assert len(falls) >= 40
    assert falls[:, 0].mean() > falls[:, 1].mean() + 0.5
    assert (falls[:, 0] > falls[:, 1]).mean() >= 0.8
