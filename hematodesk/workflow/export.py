"""Export of the history or a part of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.errors import ExportError
from hematodesk.domain.history import HistoryFilter, HistoryImage

if TYPE_CHECKING:
    from hematodesk.storage.history import History


class ExportFormat(StrEnum):
    """What an export can be."""

    CSV = "csv"
    JSON = "json"


def export_history(
    history: History,
    target: Path,
    export_format: ExportFormat | str,
    selection: HistoryFilter | Sequence[int] | None = None,
    cancel: CancelToken | None = None,
) -> int:
    """Write images to a file, whole or not at all; returns how many.

    Args:
        selection: a filter, the images' ids, or None for everything.

    Raises ExportError, HistoryError, Cancelled (the target is then untouched).
    """
    _refuse_history_itself(history, target)
    from hematodesk.reporting.json_export import write_json
    from hematodesk.reporting.table import write_csv

    write = write_csv if ExportFormat(export_format) is ExportFormat.CSV else write_json
    chosen = selection if selection is not None else HistoryFilter()
    counted = _Counted(history.export_rows(chosen), cancel)
    write(counted, target)
    return counted.count


def _refuse_history_itself(history: History, target: Path) -> None:
    """An export must not take the place of the history, nor of the files that SQLite keeps beside it."""
    own = history.path
    if target.name.startswith(own.name) and target.parent.resolve() == own.parent.resolve():
        raise ExportError(
            "export_unwritable",
            f"{target.name} belongs to the history itself.",
            "Choose another name or folder.",
        )


class _Counted:
    """Counts what passes through, and stops when cancelled."""

    def __init__(self, images: Iterable[HistoryImage], cancel: CancelToken | None) -> None:
        self._images = images
        self._cancel = cancel
        self.count = 0

    def __iter__(self) -> Iterator[HistoryImage]:
        for image in self._images:
            if self._cancel is not None:
                self._cancel.check()
            self.count += 1
            yield image
