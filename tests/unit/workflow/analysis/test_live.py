"""The live picture: the newest frame, left-out ones, the end, faults, cancelling."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pytest

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.cells import ImageResult, ImageStatus
from hematodesk.domain.errors import CameraError, Cancelled
from hematodesk.workflow.analysis.analyser import AnalysedImage
from hematodesk.workflow.analysis.live import LiveFrame, run_live


class Film:
    """Frames that hold their number; a fault stands for itself."""

    def __init__(self, frames: list[Any], rate: float | None = 1000.0, pause_s: float = 0.0) -> None:
        self.frames, self.rate, self.closed, self._pause = list(frames), rate, 0, pause_s

    def read(self) -> Any:
        time.sleep(self._pause)
        if not self.frames:
            return None
        frame = self.frames.pop(0)
        if isinstance(frame, Exception):
            raise frame
        return np.full((4, 4, 3), frame, np.uint8)

    def close(self) -> None:
        self.closed += 1


class Namer:
    """An analyser that finds nothing, and takes its time."""

    def __init__(self, pause_s: float = 0.0) -> None:
        self._pause = pause_s

    def analyse_opened(self, opened: Any, cancel: Any) -> AnalysedImage:
        time.sleep(self._pause)
        result = ImageResult(opened.source.name, "", "", 4, 4, ImageStatus.NO_CELL)
        return AnalysedImage(result, opened.image.pixels)


def live(film: Film, namer: Namer, token: CancelToken | None = None) -> list[LiveFrame]:
    seen: list[LiveFrame] = []
    run_live(film, "film", lambda: namer, seen.append, token or CancelToken())  # type: ignore[arg-type, return-value]
    return seen


def number(frame: LiveFrame) -> int:
    return int(frame.pixels[0, 0, 0])


def test_a_slow_file_is_shown_whole_and_closed_once() -> None:
    film = Film(list(range(6)), rate=50.0)
    seen = live(film, Namer())
    assert [number(frame) for frame in seen] == [0, 1, 2, 3, 4, 5]
    assert film.closed == 1
    assert {frame.result.name for frame in seen} == {"film"}


def test_frames_that_come_too_fast_are_left_out_but_never_the_last() -> None:
    seen = [number(frame) for frame in live(Film(list(range(100)), rate=2000.0), Namer(pause_s=0.02))]
    assert len(seen) < 60
    assert seen == sorted(seen)
    assert seen[-1] == 99


def test_an_unplugged_camera_raises_after_its_last_frame() -> None:
    film = Film([1, CameraError("camera_lost", "gone")], rate=None, pause_s=0.05)
    with pytest.raises(CameraError, match="gone"):
        live(film, Namer())
    assert film.closed == 1


def test_cancelling_ends_it_and_gives_the_camera_back() -> None:
    token, film = CancelToken(), Film(list(range(250)), rate=None, pause_s=0.01)
    threading.Timer(0.1, token.cancel).start()
    with pytest.raises(Cancelled):
        live(film, Namer(), token)
    deadline = time.monotonic() + 5
    while not film.closed and time.monotonic() < deadline:
        time.sleep(0.01)
    assert film.closed == 1
    assert film.frames
