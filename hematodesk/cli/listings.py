"""The output of `self-test`, `models` and `history`: lines for people, or one JSON object a line."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

from hematodesk.cli.output import TextSink
from hematodesk.cli.result_format import columns, printable
from hematodesk.workflow.self_test import Check

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hematodesk.domain.errors import ModelError
    from hematodesk.domain.history import ImageSummary, ListedCell
    from hematodesk.domain.packages import Listed, PackageCheck


def write_checks(checks: Iterable[Check], output: TextSink, *, as_json: bool) -> list[str]:
    """Write each check of the self-test as soon as it is done; returns the names of the failed ones."""
    failed = []
    for check in checks:
        if as_json:
            document = {"check": check.name, "ok": check.ok, "code": check.code or None}
            _write_json(output, {**document, "detail": check.detail, "remedy": check.remedy})
        else:
            words = f"{_mark(check.ok)}  {check.name:<16}  {check.detail} {check.remedy}"
            output.write(printable(words.rstrip()) + "\n")
        output.flush()
        if not check.ok:
            failed.append(check.name)
    return failed


def write_packages(packages: Iterable[Listed], output: TextSink, *, as_json: bool) -> bool:
    """Write the available packages; returns whether one of them is usable."""
    usable = False
    for each in packages:
        error: ModelError | None = getattr(each, "error", None)
        usable = usable or error is None
        classes: list[str] = list(getattr(each, "class_ids", ()))
        origin = "shipped" if each.shipped else "imported"
        if as_json:
            document: dict[str, Any] = {"name": each.name, "version": each.version, "origin": origin}
            document |= {"file": str(each.path), "sha256": getattr(each, "sha256", None)}
            _write_json(output, {**document, "classes": classes, "error": _error(error)})
        else:
            words = ", ".join(classes) if error is None else f"{error.code}: {error.message}"
            output.write(f"{each.name:<16}  {each.version:<10}  {origin:<8}  {printable(words)}\n")
    output.flush()
    return usable


def write_package_checks(checks: Iterable[PackageCheck], output: TextSink, *, as_json: bool) -> None:
    """Write the results of `models verify`."""
    for check in checks:
        error = check.error
        if as_json:
            document = {"name": check.name, "version": check.version, "file": str(check.path)}
            _write_json(output, {**document, "ok": check.whole, "error": _error(error)})
        else:
            words = "whole" if error is None else f"{error.code}: {error.message} {error.remedy}"
            output.write(f"{_mark(check.whole)}  {check.name} {check.version}  {printable(words)}\n")
    output.flush()


def write_history(images: Iterable[ImageSummary], output: TextSink, *, limit: int, as_json: bool) -> None:
    """Write at most `limit` images of the history's list; 0 writes all."""
    for image in islice(images, limit or None):
        if as_json:
            _write_json(output, _summary_document(image))
        else:
            output.write(_summary_line(image))
    output.flush()


def write_cells(cells: Iterable[ListedCell], output: TextSink, *, limit: int, as_json: bool) -> None:
    """Write at most `limit` cells; 0 writes all."""
    for cell in islice(cells, limit or None):
        if as_json:
            _write_json(output, _cell_document(cell))
        else:
            output.write(_cell_line(cell))
    output.flush()


def _cell_document(listed: ListedCell) -> dict[str, Any]:
    cell = listed.cell
    prediction, review = cell.prediction, cell.review
    made = prediction.provenance if prediction is not None else None
    return {
        "image": listed.image_id,
        "cell": listed.number,
        "session": listed.session_id,
        "name": listed.image_name,
        "analysed_at": listed.analysed_at,
        "box": [cell.box.x, cell.box.y, cell.box.w, cell.box.h],
        "label": listed.label,
        "review": None if review is None else review.verdict.value,
        "predicted": None if prediction is None else prediction.class_id,
        "confidence": None if prediction is None else round(prediction.confidence, 6),
        "uncertain": cell.uncertain,
        "model": None if made is None else {"name": made.model, "version": made.version},
    }


def _cell_line(listed: ListedCell) -> str:
    cell = listed.cell
    label = "no cell" if listed.rejected else listed.label or "unidentified"
    words = "" if cell.review is None else f"  review {cell.review.verdict.value}"
    if cell.prediction is not None:
        made = cell.prediction.provenance
        told = f"{cell.prediction.class_id} {cell.prediction.confidence:.1%}, {made.model} {made.version}"
        words = f"  {printable(told)}{words}"
    where = f"{columns(listed.image_name)}  cell {listed.number:<3}"
    return f"{listed.analysed_at[:19]}Z  {where}  {printable(label):<20}{words}".rstrip() + "\n"


def _summary_document(image: ImageSummary) -> dict[str, Any]:
    return {
        "id": image.id,
        "session": image.session_id,
        "name": image.name,
        "status": image.status.value,
        "analysed_at": image.created_at,
        "cells": image.cell_count,
        "uncertain": image.uncertain_count,
        "labels": dict(image.labels),
        "confidence": None if image.confidence is None else round(image.confidence, 6),
        "review": image.review_state.value,
        "error": image.fault_code or None,
    }


def _summary_line(image: ImageSummary) -> str:
    labels = ", ".join(f"{class_id} {count}" for class_id, count in image.labels)
    words = labels or image.fault_code or image.status.value
    uncertain = f", {image.uncertain_count} uncertain" if image.uncertain_count else ""
    review = f"review {image.review_state.value}"
    return f"{image.created_at[:19]}Z  {columns(image.name)}  {review:<13}  {words}{uncertain}\n"


def _write_json(output: TextSink, document: dict[str, Any]) -> None:
    output.write(json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n")


def _error(error: ModelError | None) -> dict[str, str] | None:
    return None if error is None else {"code": error.code, "message": error.message}


def _mark(ok: bool) -> str:
    return "ok  " if ok else "FAIL"
