"""Reports the frozen program's size by component and checks it against the limit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

LIMIT_BYTES = 380_000_000
"""Unpacked, all files together."""

CUDA_LIMIT_BYTES = 3_000_000_000
"""The program for graphics cards: CUDA and cuDNN are seven times the rest."""

ARCHIVE_LIMIT_BYTES = 110_000_000
"""The compressed archive of the program for the CPU."""

# The first that matches counts; paths as they are inside the program's folder.
_COMPONENTS = [
    ("model packages, locator", r"/_data/models/|/locator\.npz$"),
    ("resources", r"/_data/resources/"),
    ("Qt: ICU", r"/libicu"),
    ("Qt: plugins and translations", r"/PySide6/(Qt/)?(plugins|translations)/"),
    ("Qt: libraries", r"/PySide6/Qt/lib/|/PySide6/Qt6\w+\.dll$"),
    ("Qt: Python binding", r"/(PySide6|shiboken6)/"),
    ("OpenCV: OpenBLAS, Fortran", r"/opencv_python_headless\.libs/lib(openblas|gfortran|quadmath)"),
    ("OpenCV: FFmpeg, codecs, crypto", r"/opencv_python_headless\.libs/"),
    ("OpenCV: cv2", r"/cv2/"),
    ("NumPy: OpenBLAS, Fortran", r"/numpy\.libs/"),
    ("NumPy", r"/numpy/"),
    ("ONNX Runtime: CUDA provider", r"/onnxruntime_providers_cuda\.|/libonnxruntime_providers_cuda\."),
    ("ONNX Runtime", r"/onnxruntime/"),
    ("CUDA: cuDNN", r"/nvidia/cudnn/"),
    ("CUDA: cuBLAS, cuFFT and others", r"/nvidia/"),
    ("TIFF codecs: imagecodecs", r"/imagecodecs(\.libs)?/"),
    ("whole slides: OpenSlide", r"/openslide(_bin)?/"),
    ("whole slides: Pillow", r"/PIL/|/pillow\.libs/"),
    ("Python: library, modules", r"/libpython|/python3[^/]*/|/base_library\.zip$"),
    ("licences and metadata", r"\.dist-info/|LICENSE[^/]*$"),
    ("programs with the Python code", r"^/[^/]+$"),
    ("libraries of the build system", r"\.so(\.\d+)*$"),
]


def limit(product: str) -> int:
    """The unpacked size allowed for a product: cpu or cuda."""
    return CUDA_LIMIT_BYTES if product == "cuda" else LIMIT_BYTES


def component_of(inside: str) -> str:
    """The component that a file belongs to; `inside` is its path in the program's folder, with slashes."""
    path = "/" + inside
    return next((name for name, pattern in _COMPONENTS if re.search(pattern, path)), "other")


def sizes(folder: Path) -> dict[str, int]:
    """Bytes by component, largest first."""
    totals: dict[str, int] = {}
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            name = component_of(path.relative_to(folder).as_posix())
            totals[name] = totals.get(name, 0) + path.stat().st_size
    return dict(sorted(totals.items(), key=lambda item: -item[1]))


def report(totals: dict[str, int]) -> str:
    """The sizes as a table, in MB of a million bytes."""
    total = sum(totals.values())
    rows = [*totals.items(), ("all", total)]
    lines = [f"{name:<34}{size / 1e6:8.1f} MB{100 * size / max(total, 1):6.1f} %" for name, size in rows]
    return "\n".join(lines)


def too_large(totals: dict[str, int], limit: int = LIMIT_BYTES) -> str:
    """Message saying that the program is too large; empty when it is not."""
    total = sum(totals.values())
    if total <= limit:
        return ""
    return f"The program takes {total / 1e6:.1f} MB, more than the {limit / 1e6:.0f} MB allowed."


def check(folder: Path, limit: int = LIMIT_BYTES) -> Iterable[str]:
    """The report's lines. Raises SystemExit with the reason when the program is over the limit."""
    totals = sizes(folder)
    yield from report(totals).splitlines()
    words = too_large(totals, limit)
    if words:
        raise SystemExit(words)
