"""Whole slides: what is read, what is refused, and what holds their reader."""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest

from hematodesk.child import launch
from hematodesk.child.wire import BadReply
from hematodesk.domain import limits
from hematodesk.domain.errors import ImageError
from hematodesk.domain.slide_regions import SlideRegion, region_of, region_path
from hematodesk.imaging import slide_wire as wire
from hematodesk.imaging.reader import LocalReader
from hematodesk.imaging.slide_pool import SlidePool
from hematodesk.imaging.slide_reader import SlideReader
from hematodesk.imaging.slide_worker import SlideLimits
from tests.slides import Pixels, draw_slide, write_generic, write_huge_svs, write_svs

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def drawn() -> Pixels:
    return draw_slide(2, 2)


@pytest.fixture
def pool() -> Iterator[SlidePool]:
    with closing(SlidePool()) as pool:
        yield pool


@pytest.fixture
def reader(pool: SlidePool) -> SlideReader:
    return SlideReader(LocalReader(), pool)


def code_of(reader: SlideReader, path: Path) -> str:
    with pytest.raises(ImageError) as caught:
        reader.read(path)
    return caught.value.code


@pytest.mark.parametrize("write", [write_svs, write_generic])
def test_a_slide_is_read_as_it_was_drawn(
    write: object, tmp_path: Path, drawn: Pixels, pool: SlidePool
) -> None:
    slide = write(tmp_path / "S-1.svs", drawn)  # type: ignore[operator]
    info = pool.info(slide)
    assert (info.width, info.height) == (drawn.shape[1], drawn.shape[0])
    if write is write_svs:
        assert (info.vendor, info.objective, info.um_per_px) == ("aperio", 40, 0.25)
    else:
        assert (info.vendor, info.objective, info.um_per_px) == ("generic-tiff", None, None)
    part = pool.region(slide, 0, 100, 50, 640, 480)
    assert np.abs(part.astype(int) - drawn[50:530, 100:740]).mean() < 3
    overview = pool.overview(slide, 320)
    assert overview.shape == (240, 320, 3)
    small = cv2.resize(drawn, (320, 240), interpolation=cv2.INTER_AREA)
    # It was compressed once more.
    assert np.abs(overview.astype(int) - small).mean() < 6


def test_what_lies_beyond_the_slide_is_white(tmp_path: Path, drawn: Pixels, pool: SlidePool) -> None:
    slide = write_svs(tmp_path / "S-1.svs", drawn)
    part = pool.region(slide, 0, drawn.shape[1] - 10, 0, 100, 100)
    assert (part[:, 20:] == 255).all()


def test_a_huge_slide_is_not_read_as_an_image(tmp_path: Path, reader: SlideReader) -> None:
    slide = write_huge_svs(tmp_path / "S-4711.svs")
    with pytest.raises(ImageError, match=r"100000 × 80000") as caught:
        reader.read(slide)
    assert caught.value.code == "whole_slide"
    assert "--region X,Y,WIDTH,HEIGHT" in caught.value.remedy
    plain = slide.rename(tmp_path / "S-4711.tif")
    assert code_of(reader, plain) == "whole_slide"


def test_a_small_scan_is_an_ordinary_image(
    tmp_path: Path, drawn: Pixels, monkeypatch: pytest.MonkeyPatch, reader: SlideReader
) -> None:
    slide = write_svs(tmp_path / "S-1.svs", drawn)
    image = reader.read(slide)
    assert image.pixels.shape == drawn.shape and image.format == "tiff"
    monkeypatch.setattr(limits, "MAX_PIXELS", 1_000_000)
    assert code_of(reader, slide) == "whole_slide"


def test_a_region_is_an_image_known_by_slide_and_place(
    tmp_path: Path, drawn: Pixels, reader: SlideReader
) -> None:
    slide = write_svs(tmp_path / "S-1.svs", drawn)
    first = reader.read(region_path(slide, SlideRegion(640, 480)))
    assert first.pixels.shape == (480, 640, 3)
    assert np.abs(first.pixels.astype(int) - drawn[480:, 640:1280]).mean() < 3
    # The same place of the same slide under another name is the same image; another place is not.
    moved = slide.rename(tmp_path / "elsewhere.svs")
    again = reader.read(region_path(moved, SlideRegion(640, 480)))
    other = reader.read(region_path(moved, SlideRegion(0, 0)))
    assert again.digest == first.digest != other.digest
    # Another slide is another image, although its pixels at this place are the same.
    changed = drawn.copy()
    changed[:200, :200] = 0
    write_svs(moved, changed)
    assert reader.read(region_path(moved, SlideRegion(640, 480))).digest != first.digest


def test_a_region_of_a_slide_that_is_gone(tmp_path: Path, reader: SlideReader) -> None:
    assert code_of(reader, region_path(tmp_path / "gone.svs", SlideRegion(0, 0))) == "file_not_found"


def test_a_preview_is_not_the_slide(tmp_path: Path, drawn: Pixels, reader: SlideReader) -> None:
    jpeg = bytes(cv2.imencode(".jpg", drawn[:200, :200])[1])
    slide = tmp_path / "S-1.mrxs"
    slide.write_bytes(jpeg)
    assert code_of(reader, slide) == "slide_incomplete"
    (tmp_path / "S-1").mkdir()
    # Its folder is there, and holds nothing.
    assert code_of(reader, slide) in ("image_damaged", "format_unsupported")
    (tmp_path / "S-1" / "Slidedat.ini").write_text("[GENERAL]\nSLIDE_VERSION = 01.02\n")
    preview = tmp_path / "S-1.jpg"
    preview.write_bytes(jpeg)
    assert code_of(reader, preview) == "slide_preview"
    other = tmp_path / "S-2.jpg"
    other.write_bytes(jpeg)
    assert reader.read(other).pixels.shape == (200, 200, 3)


def test_damaged_slides_are_refused_in_words(
    tmp_path: Path, drawn: Pixels, reader: SlideReader, pool: SlidePool
) -> None:
    whole = write_svs(tmp_path / "S-1.svs", drawn).read_bytes()
    for length in (7, 100, len(whole) // 2):
        slide = tmp_path / f"cut-{length}.svs"
        slide.write_bytes(whole[:length])
        with pytest.raises(ImageError):
            pool.info(slide)
    # One whose pixels alone are damaged opens, and fails at that place.
    slide = write_svs(tmp_path / "S-2.svs", drawn)
    data = bytearray(slide.read_bytes())
    start = data.index(b"\xff\xd8") + 2
    data[start : start + 3_000] = bytes(3_000)
    slide.write_bytes(data)
    assert pool.info(slide).width == drawn.shape[1]
    assert code_of(reader, region_path(slide, SlideRegion(0, 0))) == "image_damaged"
    assert reader.read(region_path(slide, SlideRegion(640, 480))).pixels.shape == (480, 640, 3)
    slide = tmp_path / "text.ndpi"
    slide.write_text("no slide")
    assert code_of(reader, slide) == "not_an_image"


def test_a_policy_forbids_slides(tmp_path: Path, drawn: Pixels, pool: SlidePool) -> None:
    from hematodesk.workflow.system.policy import Policy

    policy = Policy(file=tmp_path / "policy.json", slides=False)
    reader = SlideReader(LocalReader(), pool, lambda: policy.require("slides"))
    slide = write_svs(tmp_path / "S-1.svs", drawn)
    assert code_of(reader, slide) == "not_allowed"
    assert code_of(reader, region_path(slide, SlideRegion(0, 0))) == "not_allowed"


EVIL = """
import ctypes, os, socket, sys
sys.path[:] = {paths!r}
from hematodesk.domain.errors import ImageError
from hematodesk.imaging import slide_child
real = slide_child._region
def attempts(slide, level, place, size):
    tries = {{
        "read another file": lambda: os.close(os.open({other!r}, os.O_RDONLY)),
        "write the slide": lambda: os.close(os.open({slide!r}, os.O_WRONLY)),
        "create": lambda: os.close(os.open({folder!r} + "/new", os.O_WRONLY | os.O_CREAT)),
        "list": lambda: os.listdir({folder!r}),
        "remove": lambda: os.unlink({slide!r}),
        "socket": lambda: socket.socket().close(),
        "fork": lambda: os.fork() or os._exit(0),
        "execute": lambda: os.execv("/bin/true", ["/bin/true"]),
        "kill the parent": lambda: os.kill(os.getppid(), 0),
    }}
    done = []
    for name, attempt in tries.items():
        try:
            attempt()
        except OSError:
            continue
        done.append(name)
    os.close(os.open({slide!r}, os.O_RDONLY))
    if done:
        os._exit(len(done))
    return real(slide, level, place, size)
slide_child._region = {what}
sys.exit(slide_child.main(sys.argv[1:]))
"""


def evil(monkeypatch: pytest.MonkeyPatch, slide: Path, what: str) -> None:
    other = slide.parent / "other.svs"
    other.write_bytes(b"somebody else's")
    code = EVIL.format(
        paths=[str(ROOT), *(path for path in sys.path if path)],
        other=str(other),
        slide=str(slide),
        folder=str(slide.parent),
        what=what,
    )
    monkeypatch.setattr(
        launch, "child_command", lambda kind, given: [sys.executable, "-I", "-S", "-c", code, *given]
    )


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems hold it less")
def test_the_reader_can_do_nothing_but_read_its_slide(
    tmp_path: Path, drawn: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    slide = write_svs(tmp_path / "S-1.svs", drawn)
    evil(monkeypatch, slide, "attempts")
    with closing(SlidePool()) as pool:
        held = pool.limits_in_force(slide)
        if "files" not in held:
            pytest.skip("this kernel has no Landlock")
        assert {"system_calls", "memory", "processes", "file_writing"} <= set(held)
        assert pool.region(slide, 0, 0, 0, 64, 64).shape == (64, 64, 3)
    assert slide.is_file() and not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("what", "code"),
    [("lambda *given: os._exit(3)", "image_decoder_failed"), ("hang", "image_decoder_stuck")],
)
def test_a_reader_that_fails_fails_one_image(
    what: str, code: str, tmp_path: Path, drawn: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    slide = write_svs(tmp_path / "S-1.svs", drawn)
    hang = "(lambda *given: [None for _ in iter(int, 1)])"
    with closing(SlidePool(SlideLimits(patience_s=3))) as pool:
        with monkeypatch.context() as patch:
            evil(patch, slide, hang if what == "hang" else what)
            with pytest.raises(ImageError) as caught:
                pool.region(slide, 0, 0, 0, 64, 64)
        assert caught.value.code == code
        assert pool.region(slide, 0, 0, 0, 64, 64).shape == (64, 64, 3)


def info(**changes: object) -> bytes:
    head = {"vendor": 0, "width": 100, "height": 80, "across": 0.25, "down": 0.25, "objective": 40.0}
    head |= {"major": 4, "minor": 0, "patch": 1, "count": 1} | changes
    return wire.HEAD.pack(*head.values()) + wire.LEVEL.pack(100, 80, 1.0)


def test_what_a_child_says_of_a_slide_is_checked() -> None:
    assert wire.checked_info(info()).um_per_px == 0.25
    assert wire.checked_info(info(across=wire.NOT_KNOWN)).um_per_px is None
    for changes in (
        {"vendor": 99},
        {"width": 0},
        {"width": 99},
        {"width": 2**32 - 1},
        {"across": float("nan")},
        {"objective": -2.0},
        {"count": 2},
        {"count": 0},
    ):
        with pytest.raises(BadReply):
            wire.checked_info(info(**changes))
    for reply in (
        (b"xxxx", 1, wire.PICTURE, 10, 10, 0),
        (wire.ANSWER, 1, 9, 10, 10, 0),
        (wire.ANSWER, 1, wire.PICTURE, 0, 10, 0),
        (wire.ANSWER, 1, wire.PICTURE, 5000, 10, 0),
        (wire.ANSWER, 1, wire.PICTURE, 10, 10, 5),
        (wire.ANSWER, 1, wire.FAILED, 0, 0, 10_000),
    ):
        with pytest.raises(BadReply):
            wire.checked_reply(wire.REPLY.pack(*reply))
    assert struct.calcsize(wire.REPLY.format) == wire.REPLY.size


@pytest.mark.parametrize(
    "region",
    [SlideRegion(0, 0), SlideRegion(12000, 8000), SlideRegion(5, 6, 900, 700), SlideRegion(0, 0, 9, 9, True)],
)
def test_a_region_has_a_path(region: SlideRegion) -> None:
    slide = Path("/films/S 47 11 x=1 y=2.svs")
    assert region_of(region_path(slide, region)) == (slide, region)
    assert region_path(slide, SlideRegion(12000, 8000)).name == "S 47 11 x=1 y=2.svs x=12000 y=8000"


@pytest.mark.parametrize(
    "path",
    ["/a/b.svs", "/a/b.svs/b.svs", "/a/b.svs/c.svs x=1 y=2", "/a/b.svs/b.svs x=-1 y=2", "b x=1 y=2", "/"],
)
def test_other_paths_are_no_regions(path: str) -> None:
    assert region_of(Path(path)) is None
