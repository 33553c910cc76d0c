"""Cameras and video files: frames as RGB, and words when there are none."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from hematodesk.domain import limits
from hematodesk.domain.errors import CameraError
from hematodesk.imaging import capture
from hematodesk.imaging.reader import LocalReader


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Five frames, each redder than the one before."""
    target = tmp_path / "rot möglich.avi"
    writer = cv2.VideoWriter(
        str(target), cv2.CAP_OPENCV_MJPEG, cv2.VideoWriter.fourcc(*"MJPG"), 12.0, (64, 48)
    )
    for red in range(0, 250, 50):
        writer.write(np.full((48, 64, 3), (0, 0, red), np.uint8))
    writer.release()
    return target


def test_a_video_gives_its_frames_as_rgb_and_then_none(video: Path) -> None:
    source = capture.open_video(video, LocalReader())
    assert source.rate == pytest.approx(12.0, abs=0.1)
    reds = []
    while (frame := source.read()) is not None:
        assert frame.shape == (48, 64, 3)
        assert frame.dtype == np.uint8
        assert frame[..., 1:].mean() < 12
        reds.append(round(float(frame[..., 0].mean())))
    source.close()
    assert reds == pytest.approx([0, 50, 100, 150, 200], abs=6)


@pytest.mark.parametrize("content", [b"", b"not a video at all", b"RIFF\x00\x00\x00\x00AVI LIST"])
def test_what_is_no_video_is_named(tmp_path: Path, content: bytes) -> None:
    place = tmp_path / "cells.avi"
    place.write_bytes(content)
    with pytest.raises(CameraError) as caught:
        capture.open_video(place, LocalReader())
    assert caught.value.code == "video_unreadable"
    assert "cells.avi" in caught.value.message
    assert caught.value.remedy


def test_a_video_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match=r"gone\.avi"):
        capture.open_video(tmp_path / "gone.avi", LocalReader())


def test_a_cut_video_ends_instead_of_failing(video: Path) -> None:
    data = video.read_bytes()
    video.write_bytes(data[: len(data) * 2 // 3])
    try:
        source = capture.open_video(video, LocalReader())
    except CameraError as error:
        assert error.code == "video_unreadable"
        return
    frames = 0
    while source.read() is not None:
        frames += 1
    source.close()
    assert frames < 5


class Device:
    """A camera that gives what it is told to; None stands for no frame."""

    def __init__(self, frames: list[Any], opened: bool = True) -> None:
        self._frames, self._opened, self.released = list(frames), opened, False

    def isOpened(self) -> bool:
        return self._opened

    def set(self, _property: int, _value: float) -> bool:
        return True

    def read(self) -> tuple[bool, Any]:
        frame = self._frames.pop(0) if self._frames else None
        return frame is not None, frame

    def release(self) -> None:
        self.released = True


def plug(monkeypatch: pytest.MonkeyPatch, device: Device) -> None:
    monkeypatch.setattr(capture.cv2, "VideoCapture", lambda _index, _backend: device)
    monkeypatch.setattr(capture, "_PATIENCE_S", 0.2)


def test_an_absent_camera_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    device = Device([], opened=False)
    plug(monkeypatch, device)
    with pytest.raises(CameraError) as caught:
        capture.open_camera(3)
    assert caught.value.code == "camera_absent"
    assert "3" in caught.value.message
    assert device.released


def test_a_camera_may_stutter_but_not_fall_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    grey = np.full((4, 6), 512, np.uint16)
    plug(monkeypatch, Device([None, np.zeros((4, 6, 3), np.uint8), None, grey]))
    source = capture.open_camera(0)
    assert source.rate is None
    first, second = source.read(), source.read()
    assert first is not None and first.shape == (4, 6, 3)
    # A sensor's 16 bits and its single channel end at the door.
    assert second is not None and second.shape == (4, 6, 3) and second.dtype == np.uint8
    with pytest.raises(CameraError) as caught:
        source.read()
    assert caught.value.code == "camera_lost"


def test_frames_beyond_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_PIXELS", 10)
    plug(monkeypatch, Device([np.zeros((4, 6, 3), np.uint8)]))
    with pytest.raises(CameraError, match="too large"):
        capture.open_camera(0).read()


def test_the_systems_list_of_cameras_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for number, (index, name) in {0: ("0", "Scope"), 1: ("1", "Scope"), 10: ("0", "Other")}.items():
        node = tmp_path / f"video{number}"
        node.mkdir()
        (node / "index").write_text(f"{index}\n")
        (node / "name").write_text(f"{name}\n")
    (tmp_path / "video7").mkdir()
    monkeypatch.setattr(capture, "_DEVICES", tmp_path)
    monkeypatch.setattr(capture.sys, "platform", "linux")
    assert capture.list_cameras() == [capture.CameraInfo(0, "Scope"), capture.CameraInfo(10, "Other")]


def test_ffmpeg_is_never_asked() -> None:
    assert cv2.CAP_FFMPEG not in [*capture._camera_backends(), *capture._file_backends()]
    assert cv2.CAP_ANY not in [*capture._camera_backends(), *capture._file_backends()]


def avi(*chunks: tuple[bytes, bytes]) -> bytes:
    parts = [name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for name, data in chunks]
    body = b"".join(parts)
    sizes = [struct.pack("<I", size + len(body)) for size in (16, 4)]
    return b"RIFF" + sizes[0] + b"AVI LIST" + sizes[1] + b"movi" + body


def jpeg(red: int) -> bytes:
    return cv2.imencode(".jpg", np.full((48, 64, 3), (0, 0, red), np.uint8))[1].tobytes()


def test_damaged_frames_and_other_chunks_are_passed_over(tmp_path: Path) -> None:
    place = tmp_path / "a.avi"
    broken = b"\xff\xd8\xff" + b"nothing" * 9
    place.write_bytes(
        avi(
            (b"01wb", b"sound"),
            (b"00dc", jpeg(10)),
            (b"00dc", broken),
            (b"00db", b"BM"),
            (b"00dc", jpeg(200)),
        )
    )
    source = capture.open_video(place, LocalReader())
    assert source.rate == 25.0
    reds = []
    while (frame := source.read()) is not None:
        reds.append(frame[..., 0].mean())
    source.close()
    assert reds == pytest.approx([10, 200], abs=6)


def test_a_video_of_damaged_frames_alone_is_told(tmp_path: Path) -> None:
    place = tmp_path / "a.avi"
    place.write_bytes(avi(*[(b"00dc", b"\xff\xd8\xff" + b"nothing" * 9)] * 60))
    source = capture.open_video(place, LocalReader())
    with pytest.raises(CameraError, match="damaged") as caught:
        source.read()
    source.close()
    assert caught.value.code == "video_unreadable"


@pytest.mark.parametrize(
    "data",
    [
        avi((b"00dc", b"\xff\xd8\xff"))[:-3],
        avi((b"00dc", b"")) + b"00dc\xff\xff\xff\xff\xff\xd8\xff",
        avi((b"strh", b"vids" + b"\0" * 40)),
        avi() + b"JUNK\0\0\0\0" * 150_000 + b"00dc\3\0\0\0\xff\xd8\xff",
    ],
)
def test_made_up_lengths_are_no_video(tmp_path: Path, data: bytes) -> None:
    place = tmp_path / "a.avi"
    place.write_bytes(data)
    with pytest.raises(CameraError) as caught:
        capture.open_video(place, LocalReader())
    assert caught.value.code == "video_unreadable"


def test_a_video_that_shrinks_while_it_is_shown_ends(tmp_path: Path) -> None:
    place = tmp_path / "shrinking.avi"
    # Larger than what is read ahead.
    rest = (b"JUNK", bytes(100_000))
    place.write_bytes(avi((b"00dc", jpeg(10)), rest, (b"00dc", jpeg(90)), rest, (b"00dc", jpeg(170))))
    source = capture.open_video(place, LocalReader())
    assert source.read() is not None
    with place.open("rb+") as file:
        file.truncate(150_000)
    assert source.read() is not None
    assert source.read() is None
    source.close()
