from __future__ import annotations

import numpy as np
import pytest

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.cells import CellOrigin, ImageStatus
from hematodesk.domain.errors import Cancelled, ModelError
from hematodesk.domain.geometry import Box
from hematodesk.imaging.read import decode_image
from hematodesk.workflow.analysis.analyser import Analyser, open_image
from hematodesk.workflow.analysis.sources import Picture


def test_a_smear_gives_its_cell_with_a_prediction(images, classifier):
    analysed = Analyser(classifier).analyse(images["smear"])
    result = analysed.result
    assert result.status is ImageStatus.OK
    assert (result.width, result.height) == (320, 240)
    assert result.name == "smear.png"
    assert result.path == str(images["smear"])
    assert result.thumbnail[:2] == b"\xff\xd8"
    assert [cell.origin for cell in result.cells] == [CellOrigin.LOCATED]
    assert result.cells[0].prediction.provenance.sha256 == classifier.package.sha256
    assert [crop.shape for crop in classifier.crops] == [(32, 32, 3)]
    assert analysed.pixels.shape == (240, 320, 3)
    assert result.elapsed_ms > 0


def test_a_field_without_cells_is_no_cell_and_asks_no_model(images, classifier):
    result = Analyser(classifier).analyse(images["blank"]).result
    assert result.status is ImageStatus.NO_CELL
    assert result.cells == ()
    assert classifier.crops == []


@pytest.mark.parametrize(("name", "code"), [("broken", "image_truncated"), ("missing", "file_not_found")])
def test_a_bad_file_becomes_a_result_with_its_fault(images, classifier, name, code):
    analysed = Analyser(classifier).analyse(images[name])
    assert analysed.result.status is ImageStatus.ERROR
    assert analysed.result.fault.code == code
    assert f"{name}.png" in analysed.result.fault.message
    assert analysed.pixels is None


def test_a_whole_image_package_gets_the_whole_image(images, whole_classifier):
    result = Analyser(whole_classifier).analyse(images["blank"]).result
    assert [(cell.box, cell.origin) for cell in result.cells] == [
        (Box(0, 0, 320, 240), CellOrigin.WHOLE_IMAGE)
    ]
    assert whole_classifier.crops[0].shape == (32, 32, 3)


def test_the_whole_image_can_be_asked_of_any_package(images, classifier):
    result = Analyser(classifier).analyse(images["smear"], whole_image=True).result
    assert [cell.origin for cell in result.cells] == [CellOrigin.WHOLE_IMAGE]


def test_a_picture_without_a_file_is_analysed_like_one(smear_png, images, classifier):
    analyser = Analyser(classifier)
    pasted = analyser.analyse(Picture(smear_png, "Pasted")).result
    assert (pasted.name, pasted.path) == ("Pasted", "")
    assert pasted.digest == analyser.analyse(images["smear"]).result.digest


def test_a_model_that_fails_fails_the_image_with_its_code(images, classifier):
    classifier.fault = ModelError("model_unsupported", "It cannot.", "Choose another.")
    result = Analyser(classifier).analyse(images["smear"]).result
    assert result.status is ImageStatus.ERROR
    assert result.fault.code == "model_unsupported"
    assert result.cells == ()


def test_thumbnails_can_be_left_out(images, classifier):
    assert Analyser(classifier, keep_thumbnails=False).analyse(images["smear"]).result.thumbnail == b""


def test_a_cancelled_analysis_raises(images, classifier):
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        Analyser(classifier).analyse(images["smear"], token)


def test_too_little_memory_becomes_a_fault(images, classifier, monkeypatch):
    def refuse(*given):
        raise MemoryError

    monkeypatch.setattr("hematodesk.imaging.locate.locate_cells", refuse)
    assert Analyser(classifier).analyse(images["smear"]).result.fault.code == "out_of_memory"
    monkeypatch.setattr("hematodesk.imaging.reader.read_image", refuse)
    assert open_image(images["smear"]).fault.code == "out_of_memory"


def test_a_drawn_box_becomes_an_added_cell_cut_to_the_image(smear_png, classifier):
    pixels = decode_image(smear_png, "x").pixels
    cell = Analyser(classifier).classify_box(pixels, Box(300, 200, 100, 100), 30.0)
    assert cell.box == Box(300, 200, 20, 40)
    assert cell.origin is CellOrigin.ADDED
    assert cell.prediction is not None


def test_a_box_outside_the_image_is_refused(smear_png, classifier):
    pixels = decode_image(smear_png, "x").pixels
    with pytest.raises(ValueError):
        Analyser(classifier).classify_box(pixels, Box(400, 10, 20, 20))


def test_the_red_cells_set_the_crops_scale(classifier):
    """Beside the box all is white: the larger the red cells, the more white a crop takes in."""
    pixels = np.full((200, 200, 3), 255, np.uint8)
    pixels[90:110, 90:110] = 0
    analyser = Analyser(classifier)
    box = Box(90, 90, 20, 20)
    near = analyser.classify_box(pixels, box, red_cell_diameter=8.0)
    far = analyser.classify_box(pixels, box, red_cell_diameter=40.0)
    assert near.prediction.class_id == "neutrophil"
    assert far.prediction.class_id == "monocyte"


def test_a_drawn_box_for_a_whole_image_package_shows_the_box(whole_classifier):
    pixels = np.full((200, 200, 3), 255, np.uint8)
    pixels[90:110, 90:110] = 0
    Analyser(whole_classifier).classify_box(pixels, Box(90, 90, 20, 20))
    assert whole_classifier.crops[0].mean() < 10
