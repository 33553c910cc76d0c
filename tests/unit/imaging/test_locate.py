"""The locator on drawn smears, on odd pages, and (when the data is there) on real fields."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from hematodesk.domain import limits
from hematodesk.domain.geometry import Box
from hematodesk.imaging import locate
from hematodesk.imaging.locate import locate_cells
from hematodesk.imaging.locator_net import STRIDE, Found, Plane, distinct, locator_net
from hematodesk.imaging.read import read_image

Pixels = npt.NDArray[np.uint8]

RED_DIAMETER = 96
DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


class Smear:
    """A drawn field of red cells on a grid, to which white cells are added."""

    def __init__(self, height: int = 480, width: int = 640, red: int = RED_DIAMETER, seed: int = 0) -> None:
        self._random = np.random.default_rng(seed)
        self._red = red
        self.pixels = np.full((height, width, 3), (222, 216, 222), np.uint8)
        step = round(red * 1.25)
        for row, y in enumerate(range(step // 2, height, step)):
            for x in range(step // 2 + (row % 2) * step // 3, width, step):
                self._red_cell(x + int(self._random.integers(-4, 5)), y + int(self._random.integers(-4, 5)))

    def _red_cell(self, x: int, y: int) -> None:
        cv2.circle(self.pixels, (x, y), self._red // 2, (196, 150, 158), -1, cv2.LINE_AA)
        cv2.circle(self.pixels, (x, y), self._red // 6, (212, 186, 192), -1, cv2.LINE_AA)

    def white_cell(self, x: int, y: int) -> Box:
        """A neutrophil of three lobes with that middle; returns its box, clipped to the field."""
        radius = round(self._red * 0.75)
        cv2.circle(self.pixels, (x, y), round(radius * 1.15), (222, 216, 222), -1, cv2.LINE_AA)
        cv2.circle(self.pixels, (x, y), radius, (206, 186, 214), -1, cv2.LINE_AA)
        for turn in (0.3, 2.2, 4.4):
            at = (round(x + 0.42 * radius * np.cos(turn)), round(y + 0.42 * radius * np.sin(turn)))
            cv2.circle(self.pixels, at, round(radius * 0.38), (104, 66, 160), -1, cv2.LINE_AA)
        height, width = self.pixels.shape[:2]
        return Box(x - radius, y - radius, 2 * radius, 2 * radius).clipped(width, height)

    def finished(self) -> Pixels:
        """The field a little out of focus and grainy, as a camera gives it."""
        soft = cv2.GaussianBlur(self.pixels, (0, 0), self._red / 60).astype(np.float32)
        return np.clip(soft + self._random.normal(0, 2, soft.shape), 0, 255).astype(np.uint8)


def test_one_cell_is_one_box_around_all_its_lobes() -> None:
    smear = Smear()
    true = smear.white_cell(330, 220)
    place = locate_cells(smear.finished())
    assert len(place.cells) == 1
    assert place.cells[0].box.iou(true) > 0.6
    assert 0.4 <= place.cells[0].score <= 1.0


@pytest.mark.parametrize("share", [1.0, 1.15, 1.4])
def test_a_cell_cut_out_tightly_is_found_whole(share: float) -> None:
    smear = Smear()
    drawn = smear.white_cell(320, 240)
    half = round(drawn.w * share / 2)
    cut = smear.finished()[240 - half : 240 + half, 320 - half : 320 + half]
    expected = Box(half - drawn.w // 2, half - drawn.h // 2, drawn.w, drawn.h).clipped(2 * half, 2 * half)
    (cell,) = locate_cells(cut).cells
    assert cell.box.iou(expected) > 0.8


def test_a_cell_under_a_lamps_yellow_light_is_found() -> None:
    smear = Smear()
    drawn = smear.white_cell(320, 240)
    yellow = (smear.finished() * np.array([1, 0.9, 0.4])).astype(np.uint8)
    (cell,) = locate_cells(yellow).cells
    assert cell.box.iou(drawn) > 0.7


def test_a_drawn_disc_is_no_cell() -> None:
    page = np.full((480, 640, 3), (240, 235, 228), np.uint8)
    cv2.circle(page, (320, 240), 70, (96, 60, 150), -1, cv2.LINE_AA)
    assert locate_cells(page).cells == ()
    speckled = np.random.default_rng(0).normal(page, 6)
    # As a photograph has it, the same disc may well be a nucleus.
    assert len(locate_cells(np.clip(speckled, 0, 255).astype(np.uint8)).cells) == 1


def test_several_cells_and_one_cut_by_the_border_best_first() -> None:
    smear = Smear()
    true = [smear.white_cell(150, 150), smear.white_cell(470, 330), smear.white_cell(625, 60)]
    place = locate_cells(smear.finished())
    assert len(place.cells) == 3
    for box in true:
        assert max(cell.box.iou(box) for cell in place.cells) > 0.5
    scores = [cell.score for cell in place.cells]
    assert scores == sorted(scores, reverse=True)


def test_red_cells_alone_are_measured_and_not_boxed() -> None:
    place = locate_cells(Smear().finished())
    assert place.cells == ()
    assert place.red_cell_diameter == pytest.approx(RED_DIAMETER, rel=0.12)


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_a_resized_field_gives_the_same_answer_in_its_own_pixels(factor: float) -> None:
    smear = Smear()
    true = smear.white_cell(330, 220)
    pixels = smear.finished()
    resized = np.asarray(
        cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), dtype=np.uint8
    )
    plain, other = locate_cells(pixels), locate_cells(resized)
    assert len(other.cells) == 1
    scaled = Box(*(round(value * factor) for value in true.as_list()))
    assert other.cells[0].box.iou(scaled) > 0.6
    assert plain.red_cell_diameter is not None
    assert other.red_cell_diameter == pytest.approx(plain.red_cell_diameter * factor, rel=0.05)


@pytest.mark.parametrize("one_camera", [locate.ONE_CAMERA, 2_000_000])
def test_a_stitched_field_is_looked_at_in_its_own_scale(
    one_camera: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Above one camera's size the coarser looks are taken from halved pictures; here the odd side loses a row.
    monkeypatch.setattr(locate, "ONE_CAMERA", one_camera)
    smear = Smear(height=2201, width=3000, red=64)
    true = [smear.white_cell(x, y) for x in range(200, 3000, 650) for y in range(150, 2200, 480)]
    place = locate_cells(smear.finished())
    assert place.red_cell_diameter == pytest.approx(64, rel=0.12)
    hit = sum(any(cell.box.iou(box) > 0.5 for cell in place.cells) for box in true)
    assert hit >= 0.9 * len(true)
    assert len(place.cells) <= len(true) + 2


@pytest.mark.parametrize("fill", [0, 255])
def test_blank_corners_of_a_turned_field_are_not_boxed(fill: int) -> None:
    smear = Smear()
    smear.white_cell(330, 220)
    turn = cv2.getRotationMatrix2D((320, 240), 33, 1.0)
    turned = np.asarray(
        cv2.warpAffine(smear.finished(), turn, (640, 480), borderValue=(fill, fill, fill)), dtype=np.uint8
    )
    place = locate_cells(turned)
    assert len(place.cells) == 1
    x, y = place.cells[0].box.centre
    expected = turn @ np.array([330, 220, 1.0])
    assert abs(x - expected[0]) < 20
    assert abs(y - expected[1]) < 20


@pytest.mark.parametrize(
    "shape", [(16, 16), (17, 23), (16, 3000), (3000, 16), (31, 640), (363, 360), (1, 1), (100, 100)]
)
def test_any_size_is_answered_inside_the_image(shape: tuple[int, int]) -> None:
    random = np.random.default_rng(3)
    for pixels in (
        random.integers(0, 256, (*shape, 3), dtype=np.uint8),
        np.zeros((*shape, 3), np.uint8),
        np.full((*shape, 3), 255, np.uint8),
    ):
        place = locate_cells(pixels)
        for cell in place.cells:
            assert cell.box.clipped(shape[1], shape[0]) == cell.box
        assert len(place.cells) <= 2


def test_read_only_and_strided_arrays_are_taken() -> None:
    smear = Smear()
    smear.white_cell(330, 220)
    pixels = smear.finished()
    expected = locate_cells(pixels)
    pixels.flags.writeable = False
    assert locate_cells(pixels) == expected
    mirrored = np.ascontiguousarray(pixels[:, ::-1])
    assert locate_cells(mirrored[:, ::-1]) == expected


def test_pages_without_cells_stay_empty() -> None:
    writing = np.full((480, 640, 3), 250, np.uint8)
    for line in range(14):
        cv2.putText(
            writing,
            "the quick brown fox jumps over",
            (10, 30 + 33 * line),
            cv2.FONT_HERSHEY_SIMPLEX,
            1,
            (30, 30, 60),
            2,
        )
    random = np.random.default_rng(1)
    for page in (writing, random.integers(0, 256, (480, 640, 3), dtype=np.uint8), np.zeros_like(writing)):
        assert locate_cells(page).cells == ()


def test_the_same_image_gives_the_same_answer_on_every_thread() -> None:
    smear = Smear()
    smear.white_cell(330, 220)
    pixels = smear.finished()
    expected = locate_cells(pixels)
    with ThreadPoolExecutor(4) as threads:
        assert all(place == expected for place in threads.map(locate_cells, [pixels] * 12))


def test_no_more_boxes_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    smear = Smear()
    smear.white_cell(150, 150)
    smear.white_cell(470, 330)
    monkeypatch.setattr(limits, "MAX_CELLS", 1)
    assert len(locate_cells(smear.finished()).cells) == 1


def test_the_network_is_the_convolutions_it_says_it_is() -> None:
    """Against correlations done one channel at a time by OpenCV."""
    net = locator_net()
    picture = np.random.default_rng(2).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    value = picture.astype(np.float64) * (2 / 255) - 1
    for index, (kernel, bias) in enumerate(zip(net._kernels, net._biases, strict=True)):
        if index < 3:
            value = np.maximum(_correlated(value, kernel, 1)[1::2, 1::2] + bias, 0)
        elif index < len(net._kernels) - 1:
            value = np.maximum(value + _correlated(value, kernel, net._dilations[index - 3]) + bias, 0)
        else:
            value = value @ kernel + bias
    np.testing.assert_allclose(net.run(picture), value, atol=2e-3, rtol=1e-3)


def _correlated(
    value: npt.NDArray[np.float64], kernel: npt.NDArray[np.float32], dilation: int
) -> npt.NDArray[np.float64]:
    cube = kernel.reshape(3, 3, value.shape[2], -1).astype(np.float64)
    spread = np.zeros((2 * dilation + 1, 2 * dilation + 1, *cube.shape[2:]))
    spread[::dilation, ::dilation] = cube
    made = np.zeros((*value.shape[:2], cube.shape[3]))
    for channel in range(value.shape[2]):
        plane = np.ascontiguousarray(value[..., channel])
        for out in range(cube.shape[3]):
            core = np.ascontiguousarray(spread[:, :, channel, out])
            made[..., out] += cv2.filter2D(plane, cv2.CV_64F, core, borderType=cv2.BORDER_CONSTANT)
    return made


def test_doubles_are_one_object_and_neighbours_are_two() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 1, 11, 11], [3, 3, 6, 6], [9, 0, 19, 10]], np.float32)
    found = Found(boxes, np.array([0.9, 0.8, 0.7, 0.6], np.float32))
    assert distinct(found, 0.4, 0.75) == [0, 3]


@pytest.mark.parametrize(
    ("spans_of", "most", "overlap"),
    [
        (locate._spans, locate.TILE, locate.TILE_OVERLAP),
        (locate._even_spans, locate.LARGE_TILE, locate.LARGE_OVERLAP),
    ],
)
def test_tiles_cover_everything_and_overlap_by_more_than_a_cell(
    spans_of: locate.Spans, most: int, overlap: int
) -> None:
    for length in range(STRIDE, locate.MAX_WORK_SIDE + 1, STRIDE):
        spans = spans_of(length)
        assert spans[0][0] == 0
        assert spans[-1][1] == length
        assert all(0 < stop - start <= most for start, stop in spans)
        assert all(start % STRIDE == stop % STRIDE == 0 for start, stop in spans)
        for (_, stop), (start, _) in pairwise(spans):
            assert stop - start >= overlap


@pytest.mark.real_data
@pytest.mark.skipif(not DATA.is_dir(), reason="the real images are not beside the project")
def test_real_fields_meet_the_bar() -> None:
    from export_tools.locator.fields import read_fields
    from export_tools.locator.measure import Tally, measure

    held = [one for one in read_fields(DATA) if one.split != "train"]
    for source, bar in (("bccd", 0.96), ("raabin", 0.90)):
        tally = Tally()
        measure((one for one in held if one.source == source), tally)
        assert tally.hits > 100
        assert tally.precision >= bar
        assert tally.recall >= bar
        assert abs(np.median(tally.ratios) - 1) < 0.08


@pytest.mark.real_data
@pytest.mark.skipif(not DATA.is_dir(), reason="the real images are not beside the project")
def test_single_cell_pictures_have_their_cell_in_the_middle() -> None:
    files = sorted((DATA / "pbc" / "monocyte").glob("*.jpg"))[::60]
    hits = 0
    for path in files:
        pixels = read_image(path).pixels
        middles = [cell.box.centre for cell in locate_cells(pixels).cells]
        hits += sum(abs(x - 180) < 50 and abs(y - 180) < 50 for x, y in middles) == 1
    assert hits >= len(files) - 1


@pytest.mark.parametrize(
    ("scores", "kept"),
    [([0.9, 0.46], [0.9]), ([0.49, 0.46], [0.49]), ([0.45], [0.45]), ([0.43, 0.4], []), ([], [])],
)
def test_the_only_cell_of_a_picture_may_be_a_little_less_sure(scores: list[float], kept: list[float]) -> None:
    boxes = np.array([[10, 10, 30, 30]] * len(scores), np.float32).reshape(-1, 4)
    found = locate._cells(locate.Found(boxes, np.array(scores, np.float32)), 100, 100)
    assert [round(cell.score, 2) for cell in found] == kept


def test_the_better_of_two_boxes_around_one_object_stands_among_thousands() -> None:
    random = np.random.default_rng(5)
    count = 300  # more than are compared at once
    middles = random.uniform(0, 600, (count, 2))
    half = np.exp(random.normal(3.0, 0.5, (count, 2)))
    boxes = np.concatenate([middles - half, middles + half], axis=1).astype(np.float32)
    scores = np.sort(random.uniform(0, 1, count))[::-1].astype(np.float32)

    def same(one: Plane, other: Plane) -> bool:
        low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
        shared = float(np.prod(np.maximum(high - low, 0)))
        areas = [float(np.prod(each[2:] - each[:2])) for each in (one, other)]
        return shared > 0.5 * (sum(areas) - shared) or shared > 0.9 * min(areas)

    plain: list[int] = []
    for index in range(count):
        if not any(same(boxes[index], boxes[better]) for better in plain):
            plain.append(index)
    assert len(plain) < count
    assert distinct(Found(boxes, scores), 0.5, 0.9) == plain
