"""JSON for other systems: everything the history knows of each image."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hematodesk import __version__
from hematodesk.domain.cells import Cell, Prediction, now_utc
from hematodesk.domain.history import HistoryImage
from hematodesk.reporting.text_file import replacing

SCHEMA = 1


def write_json(images: Iterable[HistoryImage], target: Path) -> None:
    """One document: `{"schema", "program", "exported_at", "images": [...]}`, an image a line.

    Streams, so that a history of any length fits into memory. Raises ExportError.
    """
    head = {"schema": SCHEMA, "program": f"hematodesk {__version__}", "exported_at": now_utc()}
    with replacing(target) as stream:
        stream.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "images": [')
        separator = "\n"
        for image in images:
            stream.write(separator + json.dumps(image_document(image), ensure_ascii=False, allow_nan=False))
            separator = ",\n"
        stream.write("\n]}\n")


def image_document(image: HistoryImage) -> dict[str, Any]:
    """One image with its cells, removed ones included and marked, as plain JSON values."""
    result = image.result
    return {
        "name": result.name,
        "path": result.path,
        "sha256": result.digest,
        "width": result.width,
        "height": result.height,
        "session": image.session_id,
        "analysed_at": result.created_at,
        "elapsed_ms": round(result.elapsed_ms, 3),
        "status": result.status.value,
        "error": {"code": result.fault.code, "message": result.fault.message} if result.fault else None,
        "notices": list(result.notices),
        "red_cell_diameter": result.red_cell_diameter,
        "note": image.note,
        "cells": [_cell_document(cell) for cell in result.cells],
    }


def _cell_document(cell: Cell) -> dict[str, Any]:
    review = cell.review
    return {
        "box": cell.box.as_list(),
        "origin": cell.origin.value,
        "score": round(cell.score, 6),
        "removed": cell.removed,
        "label": cell.label,
        "note": cell.note,
        "prediction": _prediction_document(cell.prediction) if cell.prediction else None,
        "review": {
            "verdict": review.verdict.value,
            "class": review.class_id,
            "operator": review.operator,
            "at": review.created_at,
        }
        if review
        else None,
    }


def _prediction_document(prediction: Prediction) -> dict[str, Any]:
    made = prediction.provenance
    return {
        "class": prediction.class_id,
        "confidence": round(prediction.confidence, 6),
        "probabilities": {class_id: round(p, 6) for class_id, p in prediction.ranked},
        "uncertain": prediction.uncertain.value if prediction.uncertain else None,
        "model": {"name": made.model, "version": made.version, "sha256": made.sha256},
        "provider": {"requested": made.requested, "active": made.provider},
        "elapsed_ms": round(made.elapsed_ms, 3),
        "at": made.created_at,
    }
