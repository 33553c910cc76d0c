"""The phantom renderer: what it promises about its cells, boxes, scale and repeatability."""

from __future__ import annotations

import argparse
import csv
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from export_tools.phantom import (
    PHANTOM_CLASSES,
    PhantomStyle,
    add_parser,
    random_style,
    render_cell,
    render_field,
    run,
)
from export_tools.phantom.samples import draw_samples
from hematodesk.domain.classes import WBC4
from hematodesk.domain.geometry import Box
from hematodesk.imaging.locate import locate_cells

SAMPLES = Path(__file__).parents[4] / "resources" / "samples"

# Diameters in micrometres that the module states, with room for uneven outlines.
DIAMETERS = {
    "eosinophil": (11.0, 18.0),
    "lymphocyte": (7.0, 15.5),
    "monocyte": (13.5, 21.5),
    "neutrophil": (11.0, 16.5),
    "basophil": (9.5, 15.0),
    "erythroblast": (7.0, 13.0),
    "immature_granulocyte": (13.0, 20.5),
}


def inner(pixels: np.ndarray, box: Box) -> np.ndarray:
    return pixels[box.y : box.y + box.h, box.x : box.x + box.w].astype(np.float64)


def nucleus_share(pixels: np.ndarray, box: Box) -> float:
    """Share of the cell's ellipse that is darker than half the light in green."""
    patch = inner(pixels, box)
    return float((patch[..., 1] < 110).sum() / (np.pi / 4 * box.area))


def test_the_same_seed_draws_the_same_field() -> None:
    first = render_field(7, width=320, height=240)
    again = render_field(7, width=320, height=240)
    other = render_field(8, width=320, height=240)
    assert np.array_equal(first.pixels, again.pixels)
    assert first.cells == again.cells
    assert first.red_cell_boxes == again.red_cell_boxes
    assert not np.array_equal(first.pixels, other.pixels)


@pytest.mark.parametrize("size", [(640, 480), (201, 333), (64, 64)])
def test_pixels_have_the_asked_size_and_kind(size: tuple[int, int]) -> None:
    width, height = size
    field = render_field(1, width=width, height=height)
    assert field.pixels.shape == (height, width, 3)
    assert field.pixels.dtype == np.uint8
    assert field.pixels.flags.c_contiguous


def test_asked_cells_are_drawn_whole_inside_and_apart() -> None:
    classes = ("neutrophil", "lymphocyte", "eosinophil")
    for seed in range(3):
        field = render_field(seed, classes=classes)
        assert tuple(cell.class_id for cell in field.cells) == classes
        for cell in field.cells:
            box = cell.box
            assert box.x > 0 and box.y > 0
            assert box.x + box.w < 640 and box.y + box.h < 480
        boxes = [cell.box for cell in field.cells]
        assert all(a.iou(b) < 0.1 for a in boxes for b in boxes if a is not b)


def test_no_cells_when_none_are_asked_for() -> None:
    field = render_field(3, classes=())
    assert field.cells == ()
    assert len(field.red_cell_boxes) > 20
    # Nothing as dark as a nucleus and as large: platelets and overlaps stay small or pale.
    dark = (cv2.GaussianBlur(field.pixels, (0, 0), 6)[..., 1] < 90).sum()
    assert dark == 0


def test_random_fields_hold_one_to_three_common_cells_of_every_kind() -> None:
    seen: set[str] = set()
    for seed in range(14):
        cells = render_field(seed, width=160, height=120, um_per_px=0.34).cells
        assert 1 <= len(cells) <= 3
        seen |= {cell.class_id for cell in cells}
    assert seen == set(WBC4)


@pytest.mark.parametrize("class_id", PHANTOM_CLASSES)
def test_cells_have_their_class_s_size_and_a_nucleus(class_id: str) -> None:
    for seed in range(5):
        drawn = render_cell(seed, class_id, 180)
        (cell,) = drawn.cells
        assert cell.class_id == class_id
        diameter = np.sqrt(cell.box.area) * 36 / 180
        low, high = DIAMETERS[class_id]
        assert low < diameter < high
        assert nucleus_share(drawn.pixels, cell.box) > 0.12
        assert cell.box.iou(Box(60, 60, 60, 60)) > 0.2  # near the middle


def test_a_lymphocyte_is_nearly_all_nucleus_and_a_neutrophil_is_not() -> None:
    def share(class_id: str) -> float:
        cells = [render_cell(seed, class_id, 240) for seed in range(6)]
        return float(np.median([nucleus_share(drawn.pixels, drawn.cells[0].box) for drawn in cells]))

    assert share("lymphocyte") > 0.65
    assert 0.2 < share("neutrophil") < 0.55


def test_eosinophil_granules_are_red_and_monocyte_cytoplasm_is_blue() -> None:
    def warmth(class_id: str) -> float:
        """Red less blue over the cell's pale part, in grey levels."""
        drawn = render_cell(2, class_id, 240, style=PhantomStyle(background=(240.0, 240.0, 240.0)))
        patch = inner(drawn.pixels, drawn.cells[0].box).reshape(-1, 3)
        pale = patch[(patch[:, 1] > 110) & (patch[:, 1] < 210)]
        return float((pale[:, 0] - pale[:, 2]).mean())

    assert warmth("eosinophil") > 15
    assert warmth("monocyte") < -5
    assert warmth("monocyte") < warmth("neutrophil") < warmth("eosinophil")


@pytest.mark.parametrize("um_per_px", [0.07, 0.085, 0.14])
def test_the_red_cell_diameter_follows_the_scale(um_per_px: float) -> None:
    field = render_field(5, um_per_px=um_per_px)
    assert field.red_cell_diameter == pytest.approx(7.2 / um_per_px, rel=0.08)
    whole = [box for box in field.red_cell_boxes if box.x > 0 and box.y > 0]
    sides = [np.sqrt(box.area) for box in whole if box.x + box.w < 640 and box.y + box.h < 480]
    assert field.red_cell_diameter == pytest.approx(float(np.median(sides)), rel=0.02)


def test_without_red_cells_the_diameter_is_the_nominal_one() -> None:
    bare = render_field(5, width=200, height=200, classes=(), style=PhantomStyle(coverage=0.0))
    assert bare.red_cell_boxes == ()
    assert bare.red_cell_diameter == pytest.approx(7.2 / 0.085)


def test_red_cells_are_paler_in_the_middle() -> None:
    field = render_field(11, classes=(), style=PhantomStyle(overlap=0.0, rouleaux=0.0, irregular=0.0))
    paler = []
    for box in field.red_cell_boxes:
        if box.x > 0 and box.y > 0 and box.x + box.w < 640 and box.y + box.h < 480:
            patch = inner(field.pixels, box)[..., 1]
            rows, columns = patch.shape
            middle = patch[rows // 2 - 4 : rows // 2 + 4, columns // 2 - 4 : columns // 2 + 4].mean()
            rim = patch[rows // 2 - 4 : rows // 2 + 4, columns // 8 : columns // 5].mean()
            paler.append(middle > rim + 8)
    assert np.mean(paler) > 0.6


def test_platelets_are_small() -> None:
    field = render_field(2, style=PhantomStyle(platelets=8.0))
    assert field.platelet_boxes
    assert max(box.w for box in field.platelet_boxes) * 0.085 < 6.0


def test_styles_are_repeatable_varied_and_all_can_be_drawn() -> None:
    styles = [random_style(np.random.default_rng(seed)) for seed in range(8)]
    assert styles[0] == random_style(np.random.default_rng(0))
    assert len({style.azure for style in styles}) == 8
    means = []
    for seed, style in enumerate(styles):
        pixels = render_field(seed, width=160, height=120, style=style).pixels
        means.append(pixels.mean(axis=(0, 1)))
        assert pixels.std() > 8
    assert np.ptp(np.array(means), axis=0).min() > 15


def test_jpeg_and_noise_are_the_style_s() -> None:
    clean = PhantomStyle(noise=0.0)
    first = render_field(4, width=128, height=96, style=clean).pixels.astype(int)
    noisy = render_field(4, width=128, height=96, style=replace(clean, noise=6.0)).pixels.astype(int)
    pressed = render_field(4, width=128, height=96, style=replace(clean, jpeg_quality=40)).pixels.astype(int)
    assert (noisy - first).std() > 2.5
    assert 0.5 < np.abs(pressed - first).mean() < 12


def test_faulty_wishes_are_refused() -> None:
    with pytest.raises(ValueError, match="blast"):
        render_field(0, classes=("blast",))
    with pytest.raises(ValueError, match="0 x 480"):
        render_field(0, width=0)
    with pytest.raises(ValueError, match="positive"):
        render_field(0, um_per_px=-0.1)
    with pytest.raises(ValueError, match="positive"):
        render_cell(0, "monocyte", 0)


def test_the_locator_finds_the_phantom_s_cells_and_measures_its_red_cells() -> None:
    found = wanted = extra = 0
    ratios = []
    for seed in range(6):
        field = render_field(
            seed, classes=("neutrophil", "lymphocyte", "monocyte", "eosinophil")[: 1 + seed % 3]
        )
        located = locate_cells(field.pixels)
        hits = [max((cell.box.iou(one.box) for one in located.cells), default=0.0) for cell in field.cells]
        wanted += len(hits)
        found += sum(hit >= 0.5 for hit in hits)
        extra += max(0, len(located.cells) - len(hits))
        if located.red_cell_diameter is not None:
            ratios.append(located.red_cell_diameter / field.red_cell_diameter)
    assert found >= 0.9 * wanted
    assert extra <= 1
    assert len(ratios) >= 5
    assert 0.85 < np.median(ratios) < 1.15


def command(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    args = parser.parse_args(["phantom", *arguments])
    assert args.run is run
    return run(args)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_command_writes_fields_with_boxes_and_labels(tmp_path: Path) -> None:
    target = tmp_path / "new" / "fields"
    size = ("--width", "200", "--height", "160")
    classes = ("--classes", "monocyte,lymphocyte")
    assert command("--output", str(target), "--count", "3", "--seed", "5", *size, *classes, "--varied") == 0
    assert sorted(path.name for path in target.glob("*.png")) == [f"phantom_{i}.png" for i in range(3)]
    labels = rows(target / "labels.csv")
    assert [label["seed"] for label in labels] == ["5", "6", "7"]
    assert {label["white_cells"] for label in labels} == {"monocyte lymphocyte"}
    white = [row for row in rows(target / "boxes.csv") if row["class"] in WBC4]
    assert len(white) == 6
    for row in rows(target / "boxes.csv"):
        assert 0 <= int(row["xmin"]) < int(row["xmax"]) <= 200
        assert 0 <= int(row["ymin"]) < int(row["ymax"]) <= 160
    style = random_style(np.random.default_rng([5, 1]))
    direct = render_field(5, width=200, height=160, classes=("monocyte", "lymphocyte"), style=style)
    written = cv2.imread(str(target / "phantom_0.png"))
    assert np.array_equal(written[..., ::-1], direct.pixels)


def test_the_command_can_leave_white_cells_out(tmp_path: Path) -> None:
    arguments = (
        "--output",
        str(tmp_path),
        "--count",
        "1",
        "--width",
        "90",
        "--height",
        "90",
        "--format",
        "jpg",
    )
    assert command(*arguments, "--classes", "none") == 0
    assert (tmp_path / "phantom_0.jpg").read_bytes()[:2] == b"\xff\xd8"
    assert rows(tmp_path / "labels.csv")[0]["white_cells"] == ""


@pytest.mark.parametrize("wrong", [("--classes", "blast"), ("--count", "0"), ("--samples", "there")])
def test_the_command_refuses_wrong_arguments(wrong: tuple[str, str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as refused:
        command("--output", str(tmp_path), *wrong)
    assert refused.value.code == 2


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taken = tmp_path / "file"
    taken.write_text("x")
    assert command("--output", str(taken), "--count", "1", "--width", "64", "--height", "64") == 1
    assert "could not be written" in capsys.readouterr().err


def test_the_samples_are_those_that_are_shipped(tmp_path: Path) -> None:
    written = draw_samples(tmp_path)
    assert sorted(path.name for path in written) == sorted(path.name for path in SAMPLES.iterdir())
    assert sum(path.stat().st_size for path in written) < 1_500_000
    for path in written:
        shipped = SAMPLES / path.name
        if path.suffix == ".txt":
            assert shipped.read_text(encoding="utf-8") == path.read_text(encoding="utf-8")
            continue
        fresh, old = (cv2.imread(str(one), cv2.IMREAD_UNCHANGED) for one in (path, shipped))
        assert fresh.dtype == old.dtype and fresh.shape == old.shape
        full = np.iinfo(fresh.dtype).max
        # Other processors round the last bit otherwise, and JPEG spreads it.
        assert np.abs(fresh.astype(float) - old.astype(float)).mean() < 0.004 * full
    deep = cv2.imread(str(tmp_path / "smear_08_sixteen_bit.tiff"), cv2.IMREAD_UNCHANGED)
    assert deep.dtype == np.uint16 and deep.max() > 50_000


def test_icons_are_drawn_in_every_size(tmp_path: Path) -> None:
    assert command("--icons", str(tmp_path)) == 0
    for edge in (16, 32, 256, 512):
        icon = cv2.imread(str(tmp_path / f"hematodesk-{edge}.png"), cv2.IMREAD_UNCHANGED)
        assert icon.shape == (edge, edge, 4)
        assert icon[0, 0, 3] < 128 and icon[edge // 2, edge // 2, 3] == 255
    data = (tmp_path / "hematodesk.ico").read_bytes()
    assert data[:4] == b"\0\0\1\0"
    count = int.from_bytes(data[4:6], "little")
    for index in range(count):
        entry = data[6 + 16 * index : 22 + 16 * index]
        size, offset = int.from_bytes(entry[8:12], "little"), int.from_bytes(entry[12:16], "little")
        picture = cv2.imdecode(np.frombuffer(data[offset : offset + size], np.uint8), cv2.IMREAD_UNCHANGED)
        assert picture.shape[0] == (entry[0] or 256)
    assert (tmp_path / "hematodesk.svg").read_text(encoding="utf-8").startswith("<svg ")
