"""One flat row a cell: the columns of the history's tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hematodesk.domain.cells import Cell
from hematodesk.domain.history import HistoryImage

COLUMNS = (
    "image",
    "path",
    "image_sha256",
    "width",
    "height",
    "session",
    "analysed_at",
    "status",
    "error_code",
    "error_message",
    "error_remedy",
    "image_note",
    "cell",
    "origin",
    "x",
    "y",
    "w",
    "h",
    "label",
    "predicted",
    "confidence",
    "probabilities",
    "uncertain",
    "uncertain_reason",
    "review",
    "reviewer",
    "reviewed_at",
    "cell_note",
    "model",
    "model_version",
    "model_sha256",
    "provider_requested",
    "provider",
    "cell_ms",
    "image_ms",
)

Value = str | int | float | bool | None


def image_rows(image: HistoryImage) -> Iterator[dict[str, Value]]:
    """One row for each cell that was not removed; one row without a cell when there is none.

    Probabilities are written in full: rounded ones could be shown as another percentage than the
    window's.
    """
    result = image.result
    base: dict[str, Value] = dict.fromkeys(COLUMNS)
    base |= {
        "image": result.name,
        "path": result.path,
        "image_sha256": result.digest,
        "width": result.width,
        "height": result.height,
        "session": image.session_id,
        "analysed_at": result.created_at,
        "status": result.status.value,
        "error_code": result.fault.code if result.fault else None,
        "error_message": result.fault.message if result.fault else None,
        "error_remedy": result.fault.remedy if result.fault else None,
        "image_note": image.note or None,
        "image_ms": result.elapsed_ms,
    }
    cells = [cell for cell in result.cells if not cell.removed]
    if not cells:
        yield base
    for number, cell in enumerate(cells, start=1):
        yield base | _cell_values(number, cell)


def table_rows(images: Iterable[HistoryImage]) -> Iterator[dict[str, Value]]:
    """The rows of many images, one after the other."""
    for image in images:
        yield from image_rows(image)


def _cell_values(number: int, cell: Cell) -> dict[str, Value]:
    values: dict[str, Value] = {
        "cell": number,
        "origin": cell.origin.value,
        "x": cell.box.x,
        "y": cell.box.y,
        "w": cell.box.w,
        "h": cell.box.h,
        "label": cell.label,
        "uncertain": cell.uncertain,
        "cell_note": cell.note or None,
    }
    prediction, review = cell.prediction, cell.review
    if prediction is not None:
        made = prediction.provenance
        values |= {
            "predicted": prediction.class_id,
            "confidence": prediction.confidence,
            "probabilities": " ".join(f"{class_id}={p!r}" for class_id, p in prediction.ranked),
            "uncertain_reason": prediction.uncertain.value if prediction.uncertain else None,
            "model": made.model,
            "model_version": made.version,
            "model_sha256": made.sha256,
            "provider_requested": made.requested,
            "provider": made.provider,
            "cell_ms": made.elapsed_ms,
        }
    if review is not None:
        values |= {
            "review": review.verdict.value,
            "reviewer": review.operator.name,
            "reviewed_at": review.created_at,
        }
    return values
