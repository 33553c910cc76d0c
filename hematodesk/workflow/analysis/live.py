"""A live picture with its cells: always the newest frame, as often as the computer can."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from hematodesk.domain.cells import ImageResult
from hematodesk.workflow.analysis.analyser import Analyser, OpenedImage
from hematodesk.workflow.analysis.sources import Picture

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from hematodesk.domain.cameras import CameraInfo
    from hematodesk.domain.cancel import CancelToken
    from hematodesk.imaging.reader import ImageReader
    from hematodesk.workflow.system.policy import Policy

    Pixels = npt.NDArray[np.uint8]

_LOOK_S = 0.05
_END_S = 2.5
"""Seconds that a camera driver's last call may take; afterwards its thread is left to end by itself."""


class Frames(Protocol):
    """A source of frames; imaging.capture.FrameSource is one."""

    @property
    def rate(self) -> float | None:
        """Frames a second of a file; None for a camera."""
        ...

    def read(self) -> Pixels | None:
        """The next frame, None at a file's end. Raises CameraError."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


@dataclass(frozen=True, slots=True)
class LiveFrame:
    """One frame and what was found on it.

    Attributes:
        pixels: uint8 (H, W, 3) RGB.
        result: its cells; nothing of it is saved.
        rate: frames named in the last second, a second.
    """

    pixels: Pixels
    result: ImageResult
    rate: float


def list_cameras(policy: Policy) -> list[CameraInfo]:
    """The available cameras; opens none. Raises PolicyError where cameras are not allowed."""
    policy.require("camera")
    from hematodesk.imaging import capture

    return capture.list_cameras()


def open_camera(index: int, policy: Policy) -> Frames:
    """Open a camera by its number. Raises CameraError camera_absent, PolicyError."""
    policy.require("camera")
    from hematodesk.imaging import capture

    return capture.open_camera(index)


def open_video(path: Path, reader: ImageReader, policy: Policy) -> Frames:
    """Open a video file. Raises CameraError video_unreadable, PolicyError."""
    policy.require("camera")
    from hematodesk.imaging import capture

    return capture.open_video(path, reader)


def run_live(
    frames: Frames,
    name: str,
    analyser: Callable[[], Analyser],
    deliver: Callable[[LiveFrame], None],
    cancel: CancelToken,
) -> None:
    """Read, name and deliver frames until the file ends; frames that come too fast are left out.

    Args:
        frames: closed at the end, however that comes.
        name: what the results are called.
        analyser: asked for each frame, so that another model holds from the next one on.
        deliver: may block until the frame before is painted; meanwhile newer ones take its place.

    Raises CameraError, ModelError, Cancelled.
    """
    newest = _Newest(frames, cancel)
    times: list[float] = []
    try:
        while (pixels := newest.take()) is not None:
            result = _name_cells(pixels, name, analyser(), cancel)
            now = time.monotonic()
            times = [each for each in times if now - each < 1.0] + [now]
            deliver(LiveFrame(pixels, result, _rate(times)))
    finally:
        newest.close()


def _rate(times: list[float]) -> float:
    return (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 and times[-1] > times[0] else 0.0


def _name_cells(pixels: Pixels, name: str, analyser: Analyser, cancel: CancelToken) -> ImageResult:
    from hematodesk.imaging.files import ReadImage

    image = ReadImage(pixels, "frame", "", ())
    return analyser.analyse_opened(OpenedImage(Picture(b"", name), image, None, 0.0), cancel).result


class _Newest:
    """Reads frames on a thread of its own and keeps the newest; a camera must be emptied at its own pace."""

    def __init__(self, frames: Frames, cancel: CancelToken) -> None:
        self._frames = frames
        self._cancel = cancel
        self._changed = threading.Condition()
        self._frame: Pixels | None = None
        self._fault: Exception | None = None
        self._over = False
        self._thread = threading.Thread(target=self._read, name="hematodesk-frames", daemon=True)
        self._thread.start()

    def take(self) -> Pixels | None:
        """The newest frame, waited for; None when the file has ended. Raises CameraError, Cancelled."""
        with self._changed:
            while self._frame is None and not self._over:
                self._cancel.check()
                self._changed.wait(_LOOK_S)
            self._cancel.check()
            frame, self._frame = self._frame, None
            if frame is None and self._fault is not None:
                raise self._fault
            return frame

    def _read(self) -> None:
        due = time.monotonic()
        fault: Exception | None = None
        try:
            while not self._over and not self._cancel.cancelled:
                frame = self._frames.read()
                if frame is None:
                    break
                with self._changed:
                    self._frame = frame
                    self._changed.notify()
                if self._frames.rate is not None:
                    due = max(due + 1.0 / self._frames.rate, time.monotonic() - 1.0)
                    time.sleep(max(0.0, due - time.monotonic()))
        except Exception as error:  # noqa: BLE001 - the edge of a thread: raised again by take
            fault = error
        finally:
            self._frames.close()
            with self._changed:
                self._fault, self._over = fault, True
                self._changed.notify()

    def close(self) -> None:
        """Stop reading; waits a limited time for the driver's last call."""
        self._over = True
        self._thread.join(_END_S)
