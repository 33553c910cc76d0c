"""The versions of the installed libraries."""

from __future__ import annotations

_LIBRARIES = (
    ("numpy",),
    # The build for graphics cards contains the second, the same with CUDA built in.
    ("onnxruntime", "onnxruntime-gpu"),
    ("opencv-python-headless",),
    ("PySide6-Essentials",),
)


def library_versions() -> list[tuple[str, str]]:
    """(name, version) of each library as it was installed; an empty version where it says none."""
    return [_found(names) for names in _LIBRARIES]


def _found(names: tuple[str, ...]) -> tuple[str, str]:
    # Imported late: it imports the email parser, which the window should not wait for.
    from importlib import metadata

    for name in names:
        try:
            return name, metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return names[0], ""
