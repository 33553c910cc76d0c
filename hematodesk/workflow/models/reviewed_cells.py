"""Collects the history's reviewed cells as training data, with a model's embeddings of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hematodesk.domain.cells import Cell, CellOrigin, ImageResult
from hematodesk.domain.errors import ImageError, ModelError
from hematodesk.domain.history import HistoryFilter, ReviewState
from hematodesk.domain.linear_head import Labelled
from hematodesk.domain.messages import N_, ClassId, Message, counted, listed
from hematodesk.workflow.analysis.analyser import EmbeddingClassifier, cut_cell
from hematodesk.workflow.analysis.sources import reopen

if TYPE_CHECKING:
    from hematodesk.domain.cancel import CancelToken
    from hematodesk.domain.packages import ModelPackage
    from hematodesk.imaging.reader import ImageReader
    from hematodesk.storage.history import History

LEAST_CELLS, LEAST_IMAGES, LEAST_CLASSES = 10, 5, 2
"""What a class needs to be counted on, and how many such classes it takes. With fewer than ten cells of five
images the five folds of the check cannot each leave some out, and 95 % Wilson's interval of a class's share
is wider than 50 points: no improvement could be shown."""

MOST_CELLS = 200
"""Newest cells of each class that are used: more hardly change a linear head and take longer."""

_SHOWN_NAMES = 3

_SAME_CELL = 0.5
"""Boxes in one picture that overlap so much are one cell that was reviewed twice."""


@dataclass(frozen=True, slots=True)
class ClassCount:
    """How many reviewed cells a class has, of how many images, and whether the model knows the class."""

    class_id: str
    cells: int
    images: int
    known: bool

    @property
    def enough(self) -> bool:
        """Whether the class can be counted on."""
        return self.cells >= LEAST_CELLS and self.images >= LEAST_IMAGES


@dataclass(frozen=True, slots=True)
class ReviewedImage:
    """One picture and its reviewed cells with the class that stands for each; the result holds no cells."""

    result: ImageResult
    cells: tuple[tuple[Cell, str], ...]


@dataclass(frozen=True, slots=True)
class ReviewedCells:
    """The available training data, before any picture is read.

    Attributes:
        class_ids: the model's classes, then new ones of which there are enough cells.
        images: newest first.
        counts: of each class that was reviewed, those left out too, in the order of `class_ids`.
        rejected: cells that are no cell by review. other_kind: reviews of whole images, for a model
            that looks at cells, and the other way round. surplus: older ones over MOST_CELLS.
        whole: whether the model looks at whole images.
    """

    class_ids: tuple[str, ...]
    images: tuple[ReviewedImage, ...]
    counts: tuple[ClassCount, ...]
    rejected: int = 0
    other_kind: int = 0
    surplus: int = 0
    whole: bool = False

    @property
    def left_out(self) -> str:
        """Messages about reviews that cannot be used; empty where all can."""
        told = []
        if self.other_kind:
            of_cells = N_(
                "Errors", "Reviews of single cells, while this model looks at whole images: {count}."
            )
            of_images = N_(
                "Errors", "Reviews of whole images, while this model looks at single cells: {count}."
            )
            told.append(Message(of_cells if self.whole else of_images, count=self.other_kind))
        if self.rejected:
            told.append(Message(N_("Errors", "Rejected as no cell: {count}."), count=self.rejected))
        return listed(told, " ")

    @property
    def cells(self) -> int:
        """How many cells there are to learn from."""
        return sum(len(image.cells) for image in self.images)


@dataclass(frozen=True, slots=True, eq=False)
class SeenCells:
    """A model's embeddings of the reviewed cells.

    Attributes:
        labelled: embeddings, classes, and the picture's digest as the group.
        strangeness: (N,) values of the familiarity output, or None.
        unread: picture names by error code: moved, changed, not kept.
        unread_cells: how many reviewed cells those held.
    """

    labelled: Labelled
    strangeness: npt.NDArray[np.float64] | None
    unread: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unread_cells: int = 0


def find_reviewed(history: History, chosen: HistoryFilter, package: ModelPackage) -> ReviewedCells:
    """The cells that a person agreed to or corrected; one reviewed twice counts once, by its latest review.

    Raises HistoryError.
    """
    whole = package.manifest.input.crop.rule == "whole"
    rejected = other_kind = 0
    found: dict[str, tuple[ImageResult, list[Cell]]] = {}
    for image_id, result in sorted(_reviewed(history, chosen), key=lambda each: -each[0]):
        for cell in result.cells:
            if not cell.removed and cell.review is not None:
                # A picture without a digest was never read; it stays its own group.
                _, known = found.setdefault(result.digest or f"#{image_id}", (replace(result, cells=()), []))
                keep_latest(known, cell)
    pictures: dict[str, tuple[ImageResult, list[tuple[Cell, str]]]] = {}
    for key, (result, known) in found.items():
        pictures[key] = (result, [])
        for cell in known:
            if cell.label is None:
                rejected += 1
            elif (cell.origin is CellOrigin.WHOLE_IMAGE) != whole:
                other_kind += 1
            else:
                pictures[key][1].append((cell, cell.label))
    counts = _counted((class_id, key) for key, (_, cells) in pictures.items() for _, class_id in cells)
    known_ids = package.class_ids
    listed = [
        ClassCount(class_id, *counts[class_id], class_id in known_ids)
        for class_id in (*known_ids, *sorted(set(counts) - set(known_ids)))
        if class_id in counts
    ]
    class_ids = (*known_ids, *(each.class_id for each in listed if not each.known and each.enough))
    taken: Counter[str] = Counter()
    images, surplus = [], 0
    for result, cells in pictures.values():
        kept = []
        for cell, class_id in cells:
            if class_id not in class_ids:
                continue
            if taken[class_id] >= MOST_CELLS:
                surplus += 1
                continue
            taken[class_id] += 1
            kept.append((cell, class_id))
        if kept:
            images.append(ReviewedImage(result, tuple(kept)))
    return ReviewedCells(class_ids, tuple(images), tuple(listed), rejected, other_kind, surplus, whole)


def require_enough(counts: Sequence[ClassCount], left_out: str = "") -> None:
    """Raise ModelError `adapt_too_few` unless there are enough, naming what is missing.

    Args:
        left_out: sentences on those that could not serve.
    """
    enough = [each.class_id for each in counts if each.enough]
    if len(enough) >= LEAST_CLASSES:
        return
    none = Message(N_("Errors", "none"))
    there = listed(map(_there, counts)) if counts else none
    needed = {"cells": LEAST_CELLS, "images": LEAST_IMAGES, "classes": LEAST_CLASSES}
    remedy = N_("Errors", "Review more cells, those that the model named rightly too, then try again.")
    if not left_out:
        raise ModelError(
            "adapt_too_few",
            N_(
                "Errors",
                "There are too few reviewed cells: at least {cells} cells of {images} images are needed in "
                "{classes} classes; there are {there}.",
            ),
            remedy,
            there=there,
            **needed,
        )
    raise ModelError(
        "adapt_too_few",
        N_(
            "Errors",
            "There are too few reviewed cells: at least {cells} cells of {images} images are needed in "
            "{classes} classes; there are {there}. {words}",
        ),
        remedy,
        there=there,
        words=left_out,
        **needed,
    )


def _there(each: ClassCount) -> Message:
    one = N_("Errors", "{class_id} {cells} of 1 image")
    many = N_("Errors", "{class_id} {cells} of {images} images")
    template = one if each.images == 1 else many
    return Message(template, class_id=ClassId(each.class_id), cells=each.cells, images=each.images)


def see_cells(
    reviewed: ReviewedCells,
    classifier: EmbeddingClassifier,
    reader: ImageReader,
    *,
    cancel: CancelToken | None = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> SeenCells:
    """Read the pictures, crop the cells as the model needs them, and embed them.

    A picture that is missing, or has another digest now, is skipped and named.

    Args:
        progress: called with (pictures done, pictures).

    Raises Cancelled, ModelError (adapt_too_few when nothing can be read).
    """
    place = {class_id: index for index, class_id in enumerate(reviewed.class_ids)}
    embeddings, strange, truth, groups = [], [], [], []
    unread: defaultdict[str, list[str]] = defaultdict(list)
    unread_cells = 0
    for done, image in enumerate(reviewed.images):
        if cancel is not None:
            cancel.check()
        progress(done, len(reviewed.images))
        result = image.result
        try:
            pixels = reopen(result, reader).pixels
        except (ImageError, MemoryError) as error:
            code = error.code if isinstance(error, ImageError) else "out_of_memory"
            unread[code].append(result.name)
            unread_cells += len(image.cells)
            continue
        crops = [cut_cell(pixels, cell, result.red_cell_diameter, classifier).crop for cell, _ in image.cells]
        seen, strangeness = classifier.embed(crops, cancel)
        embeddings.append(seen)
        if strangeness is not None:
            strange.append(strangeness)
        truth += [place[class_id] for _, class_id in image.cells]
        groups += [result.digest or result.path] * len(image.cells)
    progress(len(reviewed.images), len(reviewed.images))
    if not embeddings:
        require_enough((), unread_words(unread, unread_cells))
    return SeenCells(
        Labelled(np.concatenate(embeddings).astype(np.float64), np.array(truth, np.int64), tuple(groups)),
        np.concatenate(strange).astype(np.float64) if strange else None,
        {code: tuple(names) for code, names in unread.items()},
        unread_cells,
    )


def unread_words(unread: Mapping[str, Sequence[str]], cells: int) -> str:
    """A sentence on the pictures that could not be read again; empty when all could. See SeenCells."""
    names = [name for listed in unread.values() for name in listed]
    if not names:
        return ""
    shown: str = ", ".join(names[:_SHOWN_NAMES])
    if len(names) > _SHOWN_NAMES:
        more = N_("Errors", "{names} and {count} more")
        shown = Message(more, names=shown, count=len(names) - _SHOWN_NAMES)
    one = N_(
        "Errors",
        "1 reviewed cell was left out, since its image is not where it was or has changed: {names}.",
    )
    many = N_(
        "Errors",
        "{count} reviewed cells were left out, since their images are not where they were or have changed: "
        "{names}.",
    )
    return counted(cells, one, many, names=shown)


def counts_of(labelled: Labelled, class_ids: Sequence[str], known: int) -> tuple[ClassCount, ...]:
    """The counts of what could be read; the first `known` classes are the model's own."""
    counts = _counted(
        (class_ids[index], group)
        for index, group in zip(labelled.truth.tolist(), labelled.groups, strict=True)
    )
    return tuple(
        ClassCount(class_id, *counts[class_id], index < known)
        for index, class_id in enumerate(class_ids)
        if class_id in counts
    )


def keep_latest(known: list[Cell], cell: Cell) -> None:
    """Add a reviewed cell to a picture's cells, replacing the same cell with an older review."""
    for at, other in enumerate(known):
        alike = (other.origin is CellOrigin.WHOLE_IMAGE) == (cell.origin is CellOrigin.WHOLE_IMAGE)
        if alike and cell.box.iou(other.box) >= _SAME_CELL:
            known[at] = max(other, cell, key=_reviewed_at)
            return
    known.append(cell)


def _reviewed_at(cell: Cell) -> str:
    return cell.review.created_at if cell.review is not None else ""


def _counted(cells: Iterable[tuple[str, str]]) -> dict[str, tuple[int, int]]:
    """(cells, pictures) by class, of (class, picture) pairs."""
    counts: Counter[str] = Counter()
    pictures: defaultdict[str, set[str]] = defaultdict(set)
    for class_id, picture in cells:
        counts[class_id] += 1
        pictures[class_id].add(picture)
    return {class_id: (count, len(pictures[class_id])) for class_id, count in counts.items()}


def _reviewed(history: History, chosen: HistoryFilter) -> Iterable[tuple[int, ImageResult]]:
    for state in (ReviewState.PARTLY, ReviewState.DONE):
        for image in history.export_rows(replace(chosen, review_state=state)):
            yield image.id, image.result
