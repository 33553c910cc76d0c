from __future__ import annotations

import os
import time

import numpy as np
import pytest

from hematodesk.domain.cells import ImageResult, ImageStatus
from hematodesk.domain.errors import ImageError, PathError
from hematodesk.imaging.read import decode_image, read_image
from hematodesk.imaging.reader import LocalReader
from hematodesk.workflow.analysis.sources import (
    Picture,
    keep_picture,
    picture_from_pixels,
    reopen,
    sweep_pictures,
)
from tests.tiff_files import picture, tiff_file


def result_of(path, digest: str) -> ImageResult:
    return ImageResult("pasted", str(path), digest, 320, 240, ImageStatus.NO_CELL)


def test_pasted_pixels_come_back_exactly():
    pixels = np.random.default_rng(1).integers(0, 255, (40, 50, 3), dtype=np.uint8)
    picture = picture_from_pixels(pixels, "Pasted")
    assert (decode_image(picture.data, "x").pixels == pixels).all()


def test_a_kept_picture_is_named_by_its_digest_and_opens_again(tmp_path, smear_png):
    kept = keep_picture(Picture(smear_png, "Pasted"), tmp_path / "pictures")
    image = read_image(kept.kept)
    assert kept.kept.stem == image.digest
    assert kept.kept.suffix == ".png"
    assert (reopen(result_of(kept.kept, image.digest), LocalReader()).pixels == image.pixels).all()


def test_keeping_the_same_picture_twice_keeps_one_file(tmp_path, smear_png):
    for _ in range(2):
        keep_picture(Picture(smear_png, "Pasted"), tmp_path / "pictures")
    assert len(list((tmp_path / "pictures").iterdir())) == 1


def test_bytes_that_are_no_image_are_not_kept(tmp_path):
    picture = Picture(b"<html>", "Dragged")
    assert keep_picture(picture, tmp_path / "pictures") is picture
    assert not (tmp_path / "pictures").exists()


def test_a_folder_that_cannot_be_written_is_told(tmp_path, smear_png):
    (tmp_path / "file").touch()
    with pytest.raises(PathError) as caught:
        keep_picture(Picture(smear_png, "Pasted"), tmp_path / "file" / "pictures")
    assert caught.value.code == "picture_unwritable"


def test_reopening_says_when_another_file_stands_there(images):
    with pytest.raises(ImageError) as caught:
        reopen(result_of(images["smear"], "00" * 32), LocalReader())
    assert caught.value.code == "image_changed"


def test_reopening_a_picture_that_was_never_kept_says_so():
    with pytest.raises(ImageError) as caught:
        reopen(result_of("", "00" * 32), LocalReader())
    assert caught.value.code == "path_unknown"


def test_sweeping_removes_old_pictures_that_nobody_wants(tmp_path):
    old = time.time() - 3 * 24 * 3600
    for name in ("wanted.png", "unwanted.png"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (old, old))
    (tmp_path / "young.png").touch()
    assert sweep_pictures(tmp_path, lambda digest: digest == "wanted") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["wanted.png", "young.png"]


def test_sweeping_where_nothing_was_ever_kept_does_nothing(tmp_path):
    assert sweep_pictures(tmp_path / "none", lambda digest: False) == 0


@pytest.fixture
def stack(tmp_path):
    """A file of three pages."""
    pages = [np.random.default_rng(seed).integers(0, 255, (40, 50, 3), dtype=np.uint8) for seed in range(3)]
    path = tmp_path / "stack.tif"
    path.write_bytes(tiff_file([picture(each, bits=8, photometric=2) for each in pages]))
    return path


def test_a_page_is_reopened_by_its_digest(stack):
    for page in (1, 2, 3):
        image = read_image(stack, page)
        again = reopen(result_of(stack, image.digest), LocalReader())
        assert again.page == page and np.array_equal(again.pixels, image.pixels)


def test_a_page_of_another_file_is_not_reopened(stack):
    digest = read_image(stack, 2).digest
    stack.write_bytes(stack.read_bytes() + b" ")
    with pytest.raises(ImageError) as caught:
        reopen(result_of(stack, digest), LocalReader())
    assert caught.value.code == "image_changed"
