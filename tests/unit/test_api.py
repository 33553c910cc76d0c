"""The public Python interface."""

from __future__ import annotations

import gc
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from export_tools.phantom import render_field
from hematodesk import api
from hematodesk.imaging.read import encode_png
from tests.tiff_files import picture, tiff_file

BLANK = np.full((240, 320, 3), 225, np.uint8)


@pytest.fixture(scope="module")
def field() -> np.ndarray:
    return render_field(3, width=320, height=240, classes=("neutrophil",)).pixels


@pytest.fixture
def opened(tmp_path: Path, package_bytes) -> Iterator[api.Model]:
    """A small model from a file."""
    file = tmp_path / "tiny.onnx"
    file.write_bytes(package_bytes())
    with api.open_model(file, provider="cpu", data_dir=tmp_path / "data") as model:
        yield model


def test_closing_ends_the_processes_of_a_model_that_did_not_come_with_the_program(opened: api.Model) -> None:
    def computing() -> list[psutil.Process]:
        return [
            each for each in psutil.Process().children() if "'--child', 'model'" in " ".join(each.cmdline())
        ]

    opened.name_image(BLANK, whole_image=True)
    assert computing()
    opened.close()
    assert not computing()


def test_it_tells_what_was_opened(opened: api.Model) -> None:
    assert (opened.name, opened.version, opened.provider) == ("tiny", "1.0.0", "cpu")
    assert "neutrophil" in opened.classes and len(opened.sha256) == 64 and not opened.provider_reason


def test_paths_bytes_and_arrays_have_the_same_answer(
    opened: api.Model, tmp_path: Path, field: np.ndarray
) -> None:
    file = tmp_path / "field.png"
    file.write_bytes(encode_png(field))
    flipped = field[:, ::-1][:, ::-1]
    results = list(
        opened.name_images([str(file), file, file.read_bytes(), field, ("mine", flipped), ("b", BLANK)])
    )
    assert [each.name for each in results] == ["field.png", "field.png", "image 3", "image 4", "mine", "b"]
    first = results[0]
    assert first.status is api.ImageStatus.OK and first.cells[0].prediction is not None
    for other in results[1:5]:
        assert [cell.box for cell in other.cells] == [cell.box for cell in first.cells]
        assert dict(other.cells[0].prediction.ranked) == pytest.approx(dict(first.cells[0].prediction.ranked))
    assert results[5].status is api.ImageStatus.NO_CELL


def test_a_page_of_a_file_is_named(opened: api.Model, field: np.ndarray) -> None:
    pages = [picture(each, bits=8, photometric=2) for each in (BLANK, field)]
    data = tiff_file(pages)
    first, second = (opened.name_image(("stack.tif", data), page=page) for page in (None, 2))
    assert (first.name, first.status) == ("stack.tif", api.ImageStatus.NO_CELL)
    assert (second.name, second.status) == ("stack.tif, page 2", api.ImageStatus.OK)
    assert first.digest != second.digest
    missing = opened.name_image(("stack.tif", data), page=3)
    assert missing.fault is not None and missing.fault.code == "page_not_there"


def test_an_image_that_cannot_be_read_is_a_result_and_stops_no_other(
    opened: api.Model, tmp_path: Path, field: np.ndarray
) -> None:
    broken, missing, fine = opened.name_images([b"broken", tmp_path / "missing.png", field])
    assert broken.fault is not None and broken.status is api.ImageStatus.ERROR
    assert missing.fault is not None and missing.fault.code == "file_not_found"
    assert fine.status is api.ImageStatus.OK


def test_the_same_images_twice_have_a_result_each(opened: api.Model, field: np.ndarray) -> None:
    assert len(list(opened.name_images([field] * 5))) == 5


def test_a_whole_image_is_one_cell(opened: api.Model, field: np.ndarray) -> None:
    result = opened.name_image(field, whole_image=True)
    assert [cell.origin for cell in result.cells] == [api.CellOrigin.WHOLE_IMAGE]


@pytest.mark.parametrize(
    ("image", "kind", "words"),
    [
        (5, TypeError, "image 2 is a int"),
        (("mine", 5), TypeError, "mine is a int"),
        ((5, b""), TypeError, "image 2 is named by a int"),
        (np.zeros((8, 8, 3)), ValueError, "float64"),
        (np.zeros((8, 8), np.uint8), ValueError, r"\(8, 8\)"),
        (np.zeros((0, 8, 3), np.uint8), ValueError, r"\(0, 8, 3\)"),
        (np.zeros((8, 8, 4), np.uint8), ValueError, r"\(8, 8, 4\)"),
    ],
)
def test_what_is_no_image_is_refused_behind_those_before(
    opened: api.Model, image: object, kind: type[Exception], words: str
) -> None:
    results = opened.name_images([BLANK, image, BLANK])  # type: ignore[list-item]
    assert next(results).name == "image 1"
    with pytest.raises(kind, match=words):
        next(results)


def test_a_single_path_is_not_taken_for_its_letters(opened: api.Model) -> None:
    with pytest.raises(TypeError, match="name_image"):
        next(opened.name_images("smear.png"))


def test_what_reading_the_images_raises_reaches_the_caller(opened: api.Model) -> None:
    def images() -> Iterator[np.ndarray]:
        yield BLANK
        raise KeyError("mine")

    results = opened.name_images(images())
    next(results)
    with pytest.raises(KeyError, match="mine"):
        next(results)


def test_results_come_while_images_are_still_given(opened: api.Model) -> None:
    """The second image is given only after the first result is there."""
    had = threading.Event()

    def images() -> Iterator[np.ndarray]:
        yield BLANK
        assert had.wait(30)
        yield BLANK

    results = opened.name_images(images())
    next(results)
    had.set()
    assert [each.name for each in results] == ["image 2"]


def test_endless_images_are_read_only_as_far_as_results_are_taken(opened: api.Model) -> None:
    given = 0

    def images() -> Iterator[bytes]:
        nonlocal given
        while True:
            given += 1
            yield b"broken"

    results = opened.name_images(images())
    for _ in range(3):
        next(results)
    results.close()
    stopped = given
    assert stopped < 2_000
    assert not _threads()
    assert given == stopped


def test_a_forgotten_iterator_stops(opened: api.Model) -> None:
    results = opened.name_images([BLANK] * 1_000)
    next(results)
    del results
    gc.collect()
    assert not _threads()


def test_closing_ends_what_is_under_way(opened: api.Model) -> None:
    results = opened.name_images([BLANK] * 5_000)
    next(results)
    opened.close()
    with pytest.raises(RuntimeError, match="closed"):
        list(results)
    with pytest.raises(RuntimeError, match="closed"):
        opened.name_image(BLANK)
    opened.close()


def test_the_end_reaches_a_caller_who_takes_the_last_result_meanwhile(opened: api.Model) -> None:
    run = api._Run(opened._services, [], whole_image=False)
    run._cancel.cancel()

    class Emptied(queue.Queue[object]):
        """Full when the run looks, empty when it makes room."""

        def put(self, item: object, block: bool = True, timeout: float | None = None) -> None:
            if self.maxsize:
                self.maxsize = 0
                raise queue.Full
            super().put(item, block, timeout)

    run._results = Emptied(1)  # type: ignore[assignment]
    run._put(None)
    assert run._results.get_nowait() is None


def test_a_model_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(api.ModelError) as refused:
        api.open_model("nowhere.onnx", data_dir=tmp_path)
    assert refused.value.code == "model_not_found" and refused.value.remedy


def test_all_that_is_public_is_there() -> None:
    assert all(hasattr(api, name) for name in api.__all__)


def test_it_needs_no_qt_and_imports_next_to_nothing() -> None:
    code = (
        "import sys; sys.modules['PySide6'] = None\n"
        "from hematodesk import api\n"
        "heavy = {'numpy', 'cv2', 'onnxruntime', 'sqlite3'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "with api.open_model('wbc4', provider='cpu', data_dir=sys.argv[1]) as model:\n"
        "    (result,) = model.name_images([b'broken'])\n"
        "    print(result.status.value)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "nowhere"], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stdout.strip() == "error", done.stderr


def _threads() -> list[str]:
    return [each.name for each in threading.enumerate() if each.name == "hematodesk-api"]


def test_the_images_of_folders_are_found_and_what_else_is_there_is_told(tmp_path: Path) -> None:
    for name in ("b10.png", "b2.png", "c.heic", "d.heic", "e.nd2", "notes.txt", "in/f.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = api.find_images(tmp_path)
    assert [path.name for path in found.images] == ["b2.png", "b10.png", "f.jpg"]
    assert found.left_out == {"HEIC": 2, "ND2": 1}
    assert found.told == ("3 files of kinds that are not read (HEIC, ND2)",)
    assert len(api.find_images(str(tmp_path), recursive=False).images) == 2
