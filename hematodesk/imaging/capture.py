"""Frames from a microscope camera or a video file.

Backends are always named: OpenCV left to itself tries FFmpeg first, which reads what nobody asked
for, and which the packaged program does not carry.

Error codes: camera_absent, camera_lost, video_unreadable.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from hematodesk.domain import limits
from hematodesk.domain.errors import CameraError

Pixels = npt.NDArray[np.uint8]

_DEVICES = Path("/sys/class/video4linux")
_GUESSED = 4
"""Where the system does not list its cameras, so many numbers are offered."""
_PATIENCE_S = 2.0
"""So long may a camera give no frame before it counts as unplugged: some need a second to start."""
_LARGEST_RATE = 120.0
_USUAL_RATE = 25.0


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """A camera that can be asked for: its number, and the name that the system gives it (or nothing)."""

    index: int
    name: str


def list_cameras() -> list[CameraInfo]:
    """The cameras at hand; opens none.

    Linux lists them; elsewhere the first numbers are offered, and opening one tells whether it is there.
    """
    if not sys.platform.startswith("linux"):
        return [CameraInfo(index, "") for index in range(_GUESSED)]
    found = []
    for device in sorted(_DEVICES.glob("video*")):
        number = device.name.removeprefix("video")
        try:
            # One camera has several nodes; the first gives pictures, the others their description.
            first = (device / "index").read_text(encoding="utf-8").strip() == "0"
            name = (device / "name").read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            continue
        if first and number.isdecimal():
            found.append(CameraInfo(int(number), name))
    return sorted(found, key=lambda camera: camera.index)


class FrameSource:
    """An open camera or video file. Used by one thread at a time.

    Attributes:
        rate: frames a second at which a file wants to be shown; None for a camera, which sets its own.
    """

    def __init__(self, capture: Any, name: str, rate: float | None) -> None:
        self._capture = capture
        self._name = name
        self.rate = rate

    def read(self) -> Pixels | None:
        """The next frame, uint8 (H, W, 3) RGB; None when a file has ended.

        Blocks until the camera gives one. Raises CameraError: camera_lost (unplugged, or in use by
        another program since), video_unreadable (frames too large).
        """
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            done, frame = self._capture.read()
            if done and frame is not None and frame.size:
                return self._rgb(frame)
            if self.rate is not None:
                return None
            if time.monotonic() > deadline:
                raise CameraError(
                    "camera_lost",
                    f"{self._name} gives no pictures any more.",
                    "Check its cable, and whether another program uses it; then start it again.",
                )
            time.sleep(0.05)

    def _rgb(self, frame: npt.NDArray[Any]) -> Pixels:
        if frame.shape[0] * frame.shape[1] > limits.MAX_PIXELS:
            raise CameraError(
                "video_unreadable",
                f"{self._name} gives pictures of {frame.shape[1]} × {frame.shape[0]} pixels: too large.",
                "Choose a smaller picture in the camera's own program.",
            )
        if frame.dtype != np.uint8:
            frame = cv2.convertScaleAbs(frame, alpha=255.0 / np.iinfo(frame.dtype).max)
        code = cv2.COLOR_GRAY2RGB if frame.ndim == 2 else cv2.COLOR_BGR2RGB
        return np.ascontiguousarray(cv2.cvtColor(frame, code), dtype=np.uint8)

    def close(self) -> None:
        """Give the camera or the file back."""
        self._capture.release()


def open_camera(index: int) -> FrameSource:
    """Open a camera by its number. Raises CameraError camera_absent."""
    name = f"Camera {index}"
    for backend in _camera_backends():
        capture = cv2.VideoCapture(index, backend)
        if capture.isOpened():
            # The newest picture counts; a queue would show the past.
            capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
            return FrameSource(capture, name, None)
        capture.release()
    raise CameraError(
        "camera_absent",
        f"{name} does not answer.",
        "Check that it is plugged in and switched on, that no other program uses it, and that the system "
        "lets programs use cameras.",
    )


def open_video(path: Path) -> FrameSource:
    """Open a video file. Raises CameraError video_unreadable."""
    if not path.is_file():
        raise CameraError("video_unreadable", f"There is no video file “{path.name}”.", "Check its place.")
    for backend in _file_backends():
        capture = cv2.VideoCapture(str(path), backend)
        if capture.isOpened():
            rate = float(capture.get(cv2.CAP_PROP_FPS))
            sane = rate if 0 < rate <= _LARGEST_RATE else _USUAL_RATE
            return FrameSource(capture, f"“{path.name}”", sane)
        capture.release()
    raise CameraError(
        "video_unreadable",
        f"“{path.name}” is no video that can be read here.",
        "AVI files with Motion JPEG are read everywhere; have the recording program save one.",
    )


def _camera_backends() -> list[int]:
    if sys.platform == "win32":
        return [cv2.CAP_MSMF, cv2.CAP_DSHOW]
    return [cv2.CAP_AVFOUNDATION] if sys.platform == "darwin" else [cv2.CAP_V4L2]


def _file_backends() -> list[int]:
    """OpenCV's own reader of Motion JPEG, then what the system itself brings."""
    own = [cv2.CAP_OPENCV_MJPEG]
    if sys.platform == "win32":
        return [*own, cv2.CAP_MSMF]
    return [*own, cv2.CAP_AVFOUNDATION] if sys.platform == "darwin" else own
