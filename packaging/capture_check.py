"""Videos and cameras with the frozen program's own OpenCV, in which FFmpeg's functions end the process.

    python packaging/capture_check.py dist/hematodesk

Linux; runs with the virtual environment's Python that built it. A phantom video is written and read frame by
frame, a file that is no video and an absent camera are refused, all through imaging/capture.py. Then OpenCV
is then left to choose a backend, which must end the process: this shows that nothing before it called FFmpeg.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

_BEGIN = """
import importlib.util
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
# The extension alone: the Python files around it are made for another place.
spec = importlib.util.spec_from_file_location("cv2", {extension!r})
cv2 = sys.modules["cv2"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(cv2)
"""

_VIDEO = """
from export_tools.phantom.video import draw_video
from hematodesk.domain.errors import CameraError
from hematodesk.imaging.capture import list_cameras, open_camera, open_video
from hematodesk.imaging.reader import LocalReader
film = draw_video(Path({film!r}), 1, 5, (320, 240))
source, frames = open_video(film, LocalReader()), 0
while (frame := source.read()) is not None:
    assert frame.shape == (240, 320, 3) and frame.std() > 1
    frames += 1
source.close()
for what, refused in (
    ("no video", lambda: open_video(Path({film!r}).with_suffix(".txt"), LocalReader())),
    ("an absent camera", lambda: open_camera(97)),
):
    try:
        refused()
    except CameraError as error:
        print(what, error.code, sep=": ")
    else:
        raise SystemExit(what + " was opened")
print(frames, "frames read,", len(list_cameras()), "cameras listed")
"""

_LEFT_ALONE = """
cv2.VideoCapture({film!r} + ".mp4")
print("FFmpeg's functions were not reached, or they did not end the process")
"""


def _run(code: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OPENCV_LOG_LEVEL": "SILENT", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="Videos and cameras with the frozen program's OpenCV.")
    parser.add_argument("folder", type=Path, help="the built folder, such as dist/hematodesk")
    libraries = (parser.parse_args().folder / "_internal").resolve()
    (extension,) = libraries.glob("cv2/cv2*.so")
    begin = _BEGIN.format(root=str(ROOT), extension=str(extension))
    with tempfile.TemporaryDirectory() as scratch:
        film = Path(scratch) / "film.avi"
        film.with_suffix(".txt").write_text("no video")
        used = _run(begin + _VIDEO.format(film=str(film)))
        sys.stdout.write(used.stdout)
        if used.returncode:
            sys.stderr.write(f"FAIL {used.returncode}: {used.stderr}\n")
            return 1
        film.with_name(f"{film.name}.mp4").write_bytes(film.read_bytes())
        alone = _run(begin + _LEFT_ALONE.format(film=str(film)))
        ended = alone.returncode == -signal.SIGABRT
        sys.stdout.write(f"OpenCV left to itself: {'ended by FFmpeg' if ended else alone.stdout.strip()}\n")
        replaced = any(
            b"abort" in path.read_bytes() and path.stat().st_size < 100_000
            for path in (libraries / "opencv_python_headless.libs").glob("libavformat*")
        )
        return 0 if ended or not replaced else 1


if __name__ == "__main__":
    sys.exit(main())
