"""JSON for other systems and for importing: everything that the history knows of each image.

The document, schema 2: `{"schema", "program", "exported_at", "sessions": [...], "images": [...]}`.
An image's error carries, beside its words in English, the templates and data that they were made of; both
may be missing, as they are in files of older versions.
A text that holds half a surrogate pair, as names of files that are no UTF-8 do, is written with
U+FFFD in its place, and whole as hexadecimal UTF-8 (surrogates passed) under the same key with
`_bytes` behind it, so that every JSON reader takes the document and nothing is lost.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hematodesk import __version__
from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.cells import Cell, Fault, Prediction, Review, now_utc
from hematodesk.domain.history import Session
from hematodesk.domain.records import CellRecord, ImageRecord, Withdrawal
from hematodesk.domain.text_file import MARKED, replacing

SCHEMA = 2
BYTES = "_bytes"


def write_json(
    sessions: Sequence[Session],
    records: Iterable[ImageRecord],
    target: Path,
    *,
    thumbnails: bool = True,
    cancel: CancelToken | None = None,
) -> None:
    """Write the document, a session and an image a line; without thumbnails it holds no pixel.

    Streams, so that a history of any length fits into memory. Raises ExportError.
    """
    head = {"schema": SCHEMA, "program": f"hematodesk {__version__}", "exported_at": now_utc()}
    with replacing(target, cancel=cancel) as stream:
        stream.write(json.dumps(head)[:-1])
        for name, documents in (
            ("sessions", map(_session_document, sessions)),
            ("images", (record_document(record, thumbnail=thumbnails) for record in records)),
        ):
            stream.write(f', "{name}": [')
            separator = "\n"
            for document in documents:
                stream.write(separator + _line(document))
                separator = ",\n"
            stream.write("\n]")
        stream.write("}\n")


def _line(document: dict[str, Any]) -> str:
    words = json.dumps(document, ensure_ascii=False, allow_nan=False)
    if words.isascii():
        return words
    try:
        words.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(_fit(document), ensure_ascii=False, allow_nan=False)
    return words


def _fit(value: Any) -> Any:
    """The value with lone surrogates replaced, and its exact bytes beside it."""
    if isinstance(value, str):
        return _marked(value)
    if isinstance(value, list):
        return [_fit(each) for each in value]
    if isinstance(value, dict):
        fitted: dict[str, Any] = {}
        for key, each in value.items():
            fitted[_marked(key)] = _fit(each)
            if isinstance(each, str) and _marked(each) != each:
                fitted[key + BYTES] = each.encode("utf-8", "surrogatepass").hex()
        return fitted
    return value


def _marked(text: str) -> str:
    return text.encode("utf-8", MARKED).decode("utf-8")


def _session_document(session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "operator": session.operator.name,
        "started_at": session.started_at,
        "ended_at": session.ended_at,
    }


def record_document(record: ImageRecord, *, thumbnail: bool = True) -> dict[str, Any]:
    """One image with its cells, removed ones included and marked, as plain JSON values.

    Numbers are written in full: what is rounded here could be shown as another percentage.
    """
    image, result = record.image, record.image.result
    return {
        "name": result.name,
        "path": result.path,
        "sha256": result.digest,
        "width": result.width,
        "height": result.height,
        "session": image.session_id,
        "analysed_at": result.created_at,
        "elapsed_ms": result.elapsed_ms,
        "status": result.status.value,
        "error": _fault_document(result.fault) if result.fault else None,
        "notices": list(result.notices),
        "red_cell_diameter": result.red_cell_diameter,
        "note": image.note,
        "cells": [_cell_document(each) for each in record.cells],
        "thumbnail": base64.b64encode(result.thumbnail).decode("ascii") if thumbnail else "",
    }


def _fault_document(fault: Fault) -> dict[str, Any]:
    """The fault's words and, where they are known, the templates and data that they were made of."""
    document = {"code": fault.code, "message": fault.message, "remedy": fault.remedy}
    templates = fault.templates()
    return document | {"templates": templates} if templates else document


def _cell_document(record: CellRecord) -> dict[str, Any]:
    cell: Cell = record.cell
    return {
        "box": cell.box.as_list(),
        "origin": cell.origin.value,
        "score": cell.score,
        "removed": cell.removed,
        "label": cell.label,
        "uncertain": cell.uncertain,
        "note": cell.note,
        "prediction": _prediction_document(cell.prediction) if cell.prediction else None,
        "review": _verdict_document(cell.review) if cell.review else None,
        "earlier_predictions": [_prediction_document(each) for each in record.earlier_predictions],
        "earlier_reviews": [_verdict_document(each) for each in record.earlier_verdicts],
    }


def _verdict_document(verdict: Review | Withdrawal) -> dict[str, Any]:
    """A review; a withdrawal is a verdict of null with the time."""
    if isinstance(verdict, Withdrawal):
        return {"verdict": None, "at": verdict.created_at}
    return {
        "verdict": verdict.verdict.value,
        "class": verdict.class_id,
        "operator": verdict.operator.name,
        "at": verdict.created_at,
    }


def _prediction_document(prediction: Prediction) -> dict[str, Any]:
    made = prediction.provenance
    return {
        "class": prediction.class_id,
        "confidence": prediction.confidence,
        "probabilities": dict(prediction.ranked),
        "uncertain": prediction.uncertain.value if prediction.uncertain else None,
        "model": {"name": made.model, "version": made.version, "sha256": made.sha256},
        "provider": {"requested": made.requested, "active": made.provider},
        "elapsed_ms": made.elapsed_ms,
        "at": made.created_at,
    }
