"""Reads hematodesk's own history: the cells that a person reviewed, as labelled images."""

from __future__ import annotations

import sys
from pathlib import Path

from export_tools.data.records import Record
from export_tools.data.tables import SourceError
from hematodesk.domain.cells import Cell, CellOrigin, ImageResult
from hematodesk.domain.history import HistoryFilter
from hematodesk.storage.history import History
from hematodesk.workflow.analysis.sources import digest_of
from hematodesk.workflow.models.reviewed_cells import keep_latest

HISTORY = "history.sqlite3"


def read_history(path: Path) -> list[Record]:
    """The reviewed cells of a data folder, or of a history's file, with the class that the review gives.

    Cells that were rejected, removed or not reviewed are left out; the review of a whole image counts
    where none of its cells was reviewed. The group is the picture's digest. Pictures that have moved, have
    changed since, or were never kept are left out and named on standard error.

    Raises SourceError `source_unknown` when nothing is left, HistoryError when it cannot be opened.
    """
    file = path / HISTORY if path.is_dir() else path
    if not file.stat().st_size:
        # Opening an empty file would turn it into a history.
        raise SourceError("source_unknown", f"{file} is empty.", "Give hematodesk's data folder.")
    history = History.open(file)
    try:
        pictures: dict[str, tuple[ImageResult, list[Cell]]] = {}
        for image in history.export_rows(HistoryFilter()):
            reviewed = [each for each in image.result.cells if each.review is not None and not each.removed]
            if reviewed:
                key = image.result.digest or f"never read {image.id}"
                place = pictures.setdefault(key, (image.result, []))
                # The same bytes may exist at several paths; one that still has them is enough.
                if not _there(place[0]) and _there(image.result):
                    pictures[key] = (image.result, place[1])
                for cell in reviewed:
                    keep_latest(pictures[key][1], cell)
    finally:
        history.close()
    source = f"reviewed {path.name if path.is_dir() else path.parent.name}"
    records, lost = [], []
    for digest, (result, cells) in pictures.items():
        if not _there(result):
            lost.append(result.name)
            continue
        boxed = [each for each in cells if each.origin is not CellOrigin.WHOLE_IMAGE]
        for cell in boxed or cells:
            if cell.label is not None:
                records.append(
                    Record(
                        file=Path(result.path),
                        box=None if cell.origin is CellOrigin.WHOLE_IMAGE else cell.box,
                        class_id=cell.label,
                        source=source,
                        group=f"digest:{digest}",
                        original=f"{result.name} {digest[:12]}",
                        red_cell=result.red_cell_diameter,
                    )
                )
    if lost:
        print(f"left out, moved or changed since: {', '.join(sorted(lost))}", file=sys.stderr)
    if not records:
        raise SourceError(
            "source_unknown",
            f"The history {file} holds no reviewed cell whose picture is still there.",
            "Review cells in hematodesk, and keep the pictures where they were.",
        )
    return records


def _there(result: ImageResult) -> bool:
    return bool(result.path and result.digest) and digest_of(Path(result.path)) == result.digest
