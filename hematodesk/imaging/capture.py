"""Frames from a microscope camera or a video file.

Backends are always named: by default OpenCV tries FFmpeg first, which reads further formats and which
the packaged program does not contain.

Error codes: camera_absent, camera_lost, video_unreadable.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from hematodesk.domain import limits
from hematodesk.domain.cameras import CameraInfo
from hematodesk.domain.errors import CameraError, ImageError
from hematodesk.domain.messages import N_, reason_of
from hematodesk.imaging.motion_jpeg import MotionJpegFile, NotMotionJpeg
from hematodesk.imaging.reader import ImageReader

Pixels = npt.NDArray[np.uint8]

_DEVICES = Path("/sys/class/video4linux")
_GUESSED = 4
"""How many camera numbers are offered where the system does not list its cameras."""
_PATIENCE_S = 2.0
"""Seconds without a frame after which a camera counts as unplugged: some need a second to start."""
_LARGEST_RATE = 120.0
_USUAL_RATE = 25.0
_DAMAGED_IN_A_ROW = 50


def list_cameras() -> list[CameraInfo]:
    """The available cameras; opens none.

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
                    N_("Errors", "{name} gives no pictures any more."),
                    N_(
                        "Errors", "Check its cable, and whether another program uses it; then start it again."
                    ),
                    name=self._name,
                )
            time.sleep(0.05)

    def _rgb(self, frame: npt.NDArray[Any]) -> Pixels:
        if frame.shape[0] * frame.shape[1] > limits.MAX_PIXELS:
            raise CameraError(
                "video_unreadable",
                N_("Errors", "{name} gives pictures of {width} × {height} pixels: too large."),
                N_("Errors", "Choose a smaller picture in the camera's own program."),
                name=self._name,
                width=frame.shape[1],
                height=frame.shape[0],
            )
        if frame.dtype != np.uint8:
            frame = cv2.convertScaleAbs(frame, alpha=255.0 / np.iinfo(frame.dtype).max)
        code = cv2.COLOR_GRAY2RGB if frame.ndim == 2 else cv2.COLOR_BGR2RGB
        return np.ascontiguousarray(cv2.cvtColor(frame, code), dtype=np.uint8)

    def close(self) -> None:
        """Close the camera or the file."""
        self._capture.release()


def open_camera(index: int) -> FrameSource:
    """Open a camera by its number. Raises CameraError camera_absent."""
    name = f"Camera {index}"
    for backend in _camera_backends():
        capture = cv2.VideoCapture(index, backend)
        if capture.isOpened():
            # Only the newest picture is wanted; a queue would delay it.
            capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
            return FrameSource(capture, name, None)
        capture.release()
    raise CameraError(
        "camera_absent",
        N_("Errors", "{name} does not answer."),
        N_(
            "Errors",
            "Check that it is plugged in and switched on, that no other program uses it, and that the "
            "system lets programs use cameras.",
        ),
        name=name,
    )


class VideoFrames:
    """The frames of an AVI file with Motion JPEG, decoded by the reader. Used by one thread at a time.

    Attributes:
        rate: frames a second at which it wants to be shown.
    """

    def __init__(self, file: MotionJpegFile, name: str, reader: ImageReader) -> None:
        self._file = file
        self._name = name
        self._reader = reader
        self.rate: float | None = _sane(file.rate)

    def read(self) -> Pixels | None:
        """The next frame that can be decoded, uint8 (H, W, 3) RGB; None at the end.

        Raises CameraError video_unreadable when so many after each other cannot.
        """
        for _ in range(_DAMAGED_IN_A_ROW):
            try:
                frame = self._file.next_frame()
            except OSError:
                # The drive was removed: the video ends here.
                return None
            if frame is None:
                return None
            try:
                return self._reader.decode(frame, self._name).pixels
            except ImageError:
                continue
        raise CameraError(
            "video_unreadable",
            N_("Errors", "The pictures of “{name}” are damaged."),
            N_("Errors", "Copy it again from its source."),
            name=self._name,
        )

    def close(self) -> None:
        """Give the file back."""
        self._file.close()


def open_video(path: Path, reader: ImageReader) -> VideoFrames | FrameSource:
    """Open a video file; Motion JPEG is decoded by the reader. Raises CameraError video_unreadable."""
    try:
        return VideoFrames(MotionJpegFile(path), path.name, reader)
    except NotMotionJpeg:
        pass
    except OSError as fault:
        raise CameraError(
            "video_unreadable",
            N_("Errors", "The video file “{name}” cannot be read: {reason}."),
            N_("Errors", "Check its place."),
            name=path.name,
            reason=reason_of(fault),
        ) from fault
    for backend in _file_backends():
        capture = cv2.VideoCapture(str(path), backend)
        if capture.isOpened():
            return FrameSource(capture, f"“{path.name}”", _sane(float(capture.get(cv2.CAP_PROP_FPS))))
        capture.release()
    raise CameraError(
        "video_unreadable",
        N_("Errors", "“{name}” is no video that can be read here."),
        N_("Errors", "AVI files with Motion JPEG are read everywhere; have the recording program save one."),
        name=path.name,
    )


def _camera_backends() -> list[int]:
    if sys.platform == "win32":
        return [cv2.CAP_MSMF, cv2.CAP_DSHOW]
    return [cv2.CAP_AVFOUNDATION] if sys.platform == "darwin" else [cv2.CAP_V4L2]


def _file_backends() -> list[int]:
    """The system's own backends for other videos; Linux has none."""
    if sys.platform == "win32":
        return [cv2.CAP_MSMF]
    return [cv2.CAP_AVFOUNDATION] if sys.platform == "darwin" else []


def _sane(rate: float | None) -> float:
    """A file's rate, or a default where it states none or an impossible one."""
    return rate if rate is not None and 0.1 <= rate <= _LARGEST_RATE else _USUAL_RATE
