"""Copies images, or their cells, into folders named after classes, ready for training."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.cells import Cell
from hematodesk.domain.errors import ExportError
from hematodesk.domain.file_names import name_key, safe_name
from hematodesk.domain.files import Rights, new_folder_within, sweep_left_over, write_whole
from hematodesk.domain.history import HistoryImage
from hematodesk.domain.limits import MAX_FILE_BYTES
from hematodesk.domain.messages import N_, ClassId, Message, counted, listed, reason_of
from hematodesk.domain.targets import check_target
from hematodesk.workflow.analysis.analyser import cut_cell
from hematodesk.workflow.analysis.sources import suffix_of
from hematodesk.workflow.exports.cell_pictures import read_again

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from hematodesk.domain.manifest import CropRule
    from hematodesk.imaging.reader import ImageReader
    from hematodesk.reporting.rows import Value

LABELS, ORIGINALS = "labels.csv", "originals.csv"
_COLUMNS = (
    "file",
    "class",
    "image",
    "image_sha256",
    "cell",
    "x",
    "y",
    "w",
    "h",
    "reviewed",
    "verdict",
    "reviewer",
    "reviewed_at",
    "uncertain",
    "predicted",
    "confidence",
    "model",
    "model_version",
    "model_sha256",
)
OUTSIDE = N_("Errors", "cells outside their image")
UNREVIEWED = N_("Errors", "cells that nobody has reviewed")
IMAGE_GONE = N_("Errors", "cells whose image is gone or has changed")
WITHOUT_CLASS = N_("Errors", "cells without a class")
GONE = N_("Errors", "images that are gone or have changed")
UNREAD = N_("Errors", "images that could not be read")
ANALYSED_AGAIN = N_("Errors", "images that were analysed again later")
SEVERAL_CLASSES = N_("Errors", "images with cells of several classes (cells can be copied)")

_ONE = {
    OUTSIDE: N_("Errors", "cell outside its image"),
    UNREVIEWED: N_("Errors", "cell that nobody has reviewed"),
    IMAGE_GONE: N_("Errors", "cell whose image is gone or has changed"),
    WITHOUT_CLASS: N_("Errors", "cell without a class"),
    GONE: N_("Errors", "image that is gone or has changed"),
    UNREAD: N_("Errors", "image that could not be read"),
    ANALYSED_AGAIN: N_("Errors", "image that was analysed again later"),
    SEVERAL_CLASSES: N_("Errors", "image with cells of several classes (cells can be copied)"),
}
"""The reasons of `FolderOutcome.left_out`, said of one."""
_SPARE_BYTES = 16 * 1024 * 1024
_DIGITS = 12
_FULL = (errno.ENOSPC, errno.EDQUOT) if hasattr(errno, "EDQUOT") else (errno.ENOSPC,)


@dataclass(frozen=True, slots=True)
class FolderOptions:
    """What is copied.

    Attributes:
        crops: each cell cut out as its package sees it, in PNG; else whole image files as they are.
        reviewed_only: only what a person has reviewed.
    """

    crops: bool = True
    reviewed_only: bool = True


@dataclass(slots=True)
class FolderOutcome:
    """What was written: files by class, and what was left out, by reason: a template said of several."""

    files: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)

    def notices(self) -> tuple[str, ...]:
        """How many files of each class were written, and what was left out, in sentences."""
        return (self._written(), *([self._left_out()] if self.left_out else []))

    def _written(self) -> Message:
        if not self.classes:
            return counted(self.files, N_("Errors", "1 file."), N_("Errors", "{count} files."))
        each = self.classes.most_common()
        counts = listed(Message("{class_id} {count}", class_id=ClassId(name), count=n) for name, n in each)
        one, many = N_("Errors", "1 file: {counts}."), N_("Errors", "{count} files: {counts}.")
        return counted(self.files, one, many, counts=counts)

    def _left_out(self) -> Message:
        parts = [
            Message("{count} {what}", count=count, what=counted(count, _ONE[reason], reason))
            for reason, count in self.left_out.most_common()
        ]
        return Message(N_("Errors", "Left out: {counts}."), counts=listed(parts))


@dataclass(frozen=True, slots=True)
class PackageCut:
    """A package's way of cropping, without its session."""

    input_size: int
    crop_rule: CropRule


@dataclass(frozen=True, slots=True)
class CutRules:
    """How packages crop: by the digest of a package, and for cells of an unavailable package."""

    by_sha256: Mapping[str, PackageCut]
    otherwise: PackageCut


class FolderWriter:
    """Writes one set of class folders into an empty folder: all of it is there at the end, or nothing.

    It is put together in a folder of its own inside, and moved up when it is complete. What an export
    that was killed left there does not keep the next one from the folder.

    Args:
        rules: how cells are cropped; None for whole images.
        latest: the id of the newest image of each digest, so that one analysed twice counts once.
    """

    def __init__(
        self,
        target: Path,
        options: FolderOptions,
        reader: ImageReader,
        rules: CutRules | None,
        latest: Mapping[str, int],
    ) -> None:
        self._target = target
        self._options = options
        self._reader = reader
        self._rules = rules
        self._latest = latest
        self._folders: dict[str, str] = {}
        self._names: set[str] = set()
        self._labels: list[dict[str, Value]] = []
        self._work = target
        self.outcome = FolderOutcome()

    def write(self, images: Iterable[HistoryImage], cancel: CancelToken | None) -> FolderOutcome:
        """Write everything.

        Raises ExportError (target_not_empty, export_full, export_unwritable), Cancelled.
        """
        with self._worded():
            made = self._begin()
        try:
            with self._worded(), new_folder_within(self._target) as self._work:
                for image in images:
                    if cancel is not None:
                        cancel.check()
                    self._take(image)
                self._write_tables()
                self._move_up()
        except BaseException:
            if made:
                with contextlib.suppress(OSError):
                    self._target.rmdir()
            raise
        return self.outcome

    def _begin(self) -> bool:
        """Whether the folder had to be made."""
        check_target(self._target)
        if self._target.is_dir():
            sweep_left_over(self._target)
        if self._target.exists() and (not self._target.is_dir() or any(self._target.iterdir())):
            raise ExportError(
                "target_not_empty",
                N_("Errors", "“{name}” is not an empty folder."),
                N_(
                    "Errors",
                    "Choose an empty folder, or the name of a new one: nothing of yours is mixed up or "
                    "replaced.",
                ),
                name=self._target.name,
            )
        if self._target.exists():
            return False
        self._target.mkdir()
        return True

    @contextlib.contextmanager
    def _worded(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in _FULL:
                raise ExportError(
                    "export_full",
                    N_("Errors", "There is no room left on the disk of “{name}”."),
                    N_(
                        "Errors",
                        "Make room or choose another disk; what was copied so far was taken away again.",
                    ),
                    name=self._target.name,
                ) from error
            raise ExportError(
                "export_unwritable",
                N_("Errors", "“{name}” cannot be written: {reason}."),
                N_("Errors", "Check the rights of the folder, or choose another."),
                name=self._target.name,
                reason=reason_of(error),
            ) from error

    def _take(self, image: HistoryImage) -> None:
        result = image.result
        if result.fault is not None or not result.digest:
            self.outcome.left_out[UNREAD] += 1
            return
        if self._latest.get(result.digest, image.id) != image.id:
            self.outcome.left_out[ANALYSED_AGAIN] += 1
            return
        wanted = [
            (number, cell)
            for number, cell in enumerate((cell for cell in result.cells if not cell.removed), start=1)
            if self._wanted(cell)
        ]
        if not wanted:
            return
        if self._options.crops:
            self._take_cells(image, wanted)
        else:
            self._take_whole(image, wanted)

    def _wanted(self, cell: Cell) -> bool:
        if cell.review is None and self._options.reviewed_only:
            self.outcome.left_out[UNREVIEWED] += 1
            return False
        if cell.label is None:
            self.outcome.left_out[WITHOUT_CLASS] += 1
            return False
        return True

    def _take_cells(self, image: HistoryImage, wanted: list[tuple[int, Cell]]) -> None:
        from hematodesk.imaging.read import encode_png

        pixels = read_again(image.result, self._reader).pixels
        if pixels is None:
            self.outcome.left_out[IMAGE_GONE] += len(wanted)
            return
        for number, cell in wanted:
            crop = self._crop(pixels, cell, image.result.red_cell_diameter)
            if crop is None:
                self.outcome.left_out[OUTSIDE] += 1
                continue
            self._put(image, number, cell, f"-cell{number}.png", encode_png(crop))

    def _crop(
        self, pixels: npt.NDArray[np.uint8], cell: Cell, red_cell_diameter: float | None
    ) -> npt.NDArray[np.uint8] | None:
        made = cell.prediction.provenance.sha256 if cell.prediction is not None else ""
        assert self._rules is not None
        rule = self._rules.by_sha256.get(made, self._rules.otherwise)
        try:
            return cut_cell(pixels, cell, red_cell_diameter, rule).crop
        except ValueError:
            return None

    def _take_whole(self, image: HistoryImage, wanted: list[tuple[int, Cell]]) -> None:
        if len({cell.label for _, cell in wanted}) > 1:
            self.outcome.left_out[SEVERAL_CLASSES] += 1
            return
        data = _same_bytes(image)
        suffix = suffix_of(data)
        if not suffix:
            self.outcome.left_out[GONE] += 1
            return
        number, cell = wanted[0]
        self._put(image, number, cell, suffix, data)

    def _put(self, image: HistoryImage, number: int, cell: Cell, ending: str, data: bytes) -> None:
        """Write one file; its name carries the image's digest, so that equal names stay apart."""
        assert cell.label is not None
        if shutil.disk_usage(self._target).free < len(data) + _SPARE_BYTES:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        folder = self._folder(cell.label)
        stem = safe_name(Path(image.result.name).stem)
        name = f"{stem}-{image.result.digest[:_DIGITS]}{ending}"
        while name_key(f"{folder}/{name}") in self._names:
            name = f"{stem}-{image.result.digest[:_DIGITS]}-{len(self._names)}{ending}"
        self._names.add(name_key(f"{folder}/{name}"))
        write_whole(self._work / folder / name, data, Rights.USUAL)
        self.outcome.files += 1
        self.outcome.classes[cell.label] += 1
        self._labels.append(_label_row(f"{folder}/{name}", image, number, cell))

    def _folder(self, class_id: str) -> str:
        known = self._folders.get(class_id)
        if known is not None:
            return known
        base = name = safe_name(class_id, 60, "class")
        taken = {name_key(each) for each in self._folders.values()}
        count = 1
        while name_key(name) in taken:
            count += 1
            name = f"{base}_{count}"
        self._folders[class_id] = name
        (self._work / name).mkdir()
        return name

    def _write_tables(self) -> None:
        from hematodesk.reporting.table import write_table

        write_table(self._labels, _COLUMNS, self._work / LABELS)
        # Cells of one image must stay together when data are split: this table relates them.
        originals = ({"file": row["file"], "original": row["image_sha256"]} for row in self._labels)
        write_table(originals, ("file", "original"), self._work / ORIGINALS)

    def _move_up(self) -> None:
        """Put the complete set in its place; the tables, which name the others, come last."""
        moved: list[Path] = []
        try:
            for name in (*self._folders.values(), LABELS, ORIGINALS):
                moved.append((self._work / name).rename(self._target / name))
        except BaseException:
            for path in moved:
                with contextlib.suppress(OSError):
                    path.rename(self._work / path.name)
            raise


def _same_bytes(image: HistoryImage) -> bytes:
    """The file's bytes as they were analysed; empty when it is gone or was replaced."""
    path = Path(image.result.path)
    try:
        if not image.result.path or not path.is_file() or path.stat().st_size > MAX_FILE_BYTES:
            return b""
        data = path.read_bytes()
    except OSError:
        # The source is gone; faults of the target are raised.
        return b""
    return data if hashlib.sha256(data).hexdigest() == image.result.digest else b""


def _label_row(file: str, image: HistoryImage, number: int, cell: Cell) -> dict[str, Value]:
    result, review, prediction = image.result, cell.review, cell.prediction
    row: dict[str, Value] = {
        "file": file,
        "class": cell.label,
        "image": result.name,
        "image_sha256": result.digest,
        "cell": number,
        "x": cell.box.x,
        "y": cell.box.y,
        "w": cell.box.w,
        "h": cell.box.h,
        "reviewed": review is not None,
        "uncertain": cell.uncertain,
    }
    if review is not None:
        row |= {
            "verdict": review.verdict.value,
            "reviewer": review.operator.name,
            "reviewed_at": review.created_at,
        }
    if prediction is not None:
        made = prediction.provenance
        row |= {
            "predicted": prediction.class_id,
            "confidence": prediction.confidence,
            "model": made.model,
            "model_version": made.version,
            "model_sha256": made.sha256,
        }
    return row


def newest_of_each(images: Callable[[], Iterable[HistoryImage]]) -> dict[str, int]:
    """The id of the newest image of each digest."""
    latest: dict[str, int] = {}
    for image in images():
        if image.result.digest:
            latest[image.result.digest] = max(image.id, latest.get(image.result.digest, 0))
    return latest
