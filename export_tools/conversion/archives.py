"""Unpacks a model that came in an archive, as Teachable Machine's downloads do."""

from __future__ import annotations

import contextlib
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from export_tools.conversion.foreign import foreign
from export_tools.conversion.keras_config import DAMAGED_REMEDY, ZIP_MAGIC
from hematodesk.domain.errors import ModelError
from hematodesk.domain.limits import MAX_MODEL_BYTES

_KERAS, _SAVED, _LABELS = "keras_model.h5", "saved_model.pb", "labels.txt"
_MOST_MEMBERS = 1_000
_PIECE = 2**20


@contextlib.contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The model to convert: the file itself, or what an archive holds, with its labels beside it.

    Of an archive only the model's own files and its labels are written, into a folder gone afterwards.
    Raises ModelError `model_unreadable` for an archive that is damaged, holds several models, or would
    become larger than a model may be.
    """
    if not _is_archive(path):
        yield path
        return
    with (
        foreign("model_unreadable", f"{path.name} is a damaged archive", DAMAGED_REMEDY),
        zipfile.ZipFile(path) as archive,
    ):
        names = archive.namelist()
    models = [name for name in names if PurePosixPath(name).name in (_KERAS, _SAVED)]
    if not models or "config.json" in names:
        yield path
        return
    if len(models) > 1 or len(names) > _MOST_MEMBERS:
        raise ModelError(
            "model_unreadable", f"{path.name} holds several models.", "Unpack it, and convert one of them."
        )
    with tempfile.TemporaryDirectory(prefix="hematodesk-") as made:
        folder = Path(made)
        place = PurePosixPath(models[0]).parent
        keras = PurePosixPath(models[0]).name == _KERAS
        target = folder / (_KERAS if keras else "model.savedmodel")
        wanted = {models[0]: target if keras else target / _SAVED}
        for name in names:
            inner = PurePosixPath(name)
            if inner.name == _LABELS and inner.parent in (place, place.parent):
                wanted[name] = folder / _LABELS
            elif not keras and inner.is_relative_to(place) and not name.endswith("/"):
                wanted[name] = target.joinpath(*_plain(inner.relative_to(place), path))
        with (
            foreign("model_unreadable", f"{path.name} is a damaged archive", DAMAGED_REMEDY),
            zipfile.ZipFile(path) as archive,
        ):
            left = MAX_MODEL_BYTES
            for name, file in wanted.items():
                left -= _write(archive, name, file, left, path)
        yield target


def _is_archive(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(4) == ZIP_MAGIC
    except (OSError, ValueError):
        # Whoever loads it says what is wrong.
        return False


def _plain(inner: PurePosixPath, path: Path) -> tuple[str, ...]:
    """The parts of a member's name that stay inside the folder, on every system."""
    if inner.is_absolute() or any(part == ".." or set(part) & set('\\:\0<>"|?*') for part in inner.parts):
        raise ModelError(
            "model_unreadable",
            f"{path.name} holds a file with the name {str(inner)[:80]!r}, which is not allowed.",
            DAMAGED_REMEDY,
        )
    return inner.parts


def _write(archive: zipfile.ZipFile, name: str, file: Path, most: int, path: Path) -> int:
    """Write one member and return its size. What the archive says of sizes is not believed."""
    file.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    with archive.open(name) as source, file.open("wb") as target:
        while piece := source.read(_PIECE):
            size += len(piece)
            if size > most:
                raise ModelError(
                    "model_unreadable",
                    f"{path.name} unpacks to more than {MAX_MODEL_BYTES // 2**20} MB.",
                    "Use a smaller network.",
                )
            target.write(piece)
    return size
