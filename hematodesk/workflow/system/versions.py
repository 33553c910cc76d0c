"""Which versions of the libraries that do the work are there."""

from __future__ import annotations

_LIBRARIES = (
    ("numpy",),
    # The program for graphics cards brings the second, which is the same with CUDA built in.
    ("onnxruntime", "onnxruntime-gpu"),
    ("opencv-python-headless",),
    ("PySide6-Essentials",),
)


def library_versions() -> list[tuple[str, str]]:
    """(name, version) of each library as it was installed; an empty version where it says none."""
    return [_found(names) for names in _LIBRARIES]


def _found(names: tuple[str, ...]) -> tuple[str, str]:
    # Here, as it brings the reading of mails along, and the window does not wait for that.
    from importlib import metadata

    for name in names:
        try:
            return name, metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return names[0], ""
