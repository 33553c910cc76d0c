"""The charts and tables that lie beside a package, as one page to look through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import QImage, QTextDocument

from hematodesk.domain.errors import HematodeskError
from hematodesk.domain.messages import reason_of
from hematodesk.domain.packages import ReportPart
from hematodesk.ui.kit.error_words import error_words
from hematodesk.ui.kit.image_pyramid import as_qimage
from hematodesk.ui.kit.translation import QT_TRANSLATE_NOOP, translate
from hematodesk.ui.models.model_card import SUMMARY

ReadPicture = Callable[[Path], npt.NDArray[np.uint8]]
"""Decodes a picture file: uint8 (H, W, 3) RGB. Raises ImageError."""

_KINDS = {
    "curves": QT_TRANSLATE_NOOP("ModelCharts", "Loss and accuracy, pass by pass"),
    "confusion": QT_TRANSLATE_NOOP("ModelCharts", "Confusion matrix"),
    "classification": QT_TRANSLATE_NOOP("ModelCharts", "Classification report"),
    "reliability": QT_TRANSLATE_NOOP("ModelCharts", "Reliability diagram"),
    "risk_coverage": QT_TRANSLATE_NOOP("ModelCharts", "Accuracy of the surest answers"),
}


@dataclass(frozen=True)
class LoadedPart:
    """A part as it is shown: a picture, or text, or the sentence that says why there is neither."""

    part: ReportPart
    picture: QImage | None = None
    text: str = ""
    fault: str = ""


def load_parts(parts: Sequence[ReportPart], read: ReadPicture) -> list[LoadedPart]:
    """Read them all; for a worker thread. Pictures are decoded where the images of strangers are."""
    return [_load(part, read) for part in parts]


def _load(part: ReportPart, read: ReadPicture) -> LoadedPart:
    try:
        if part.picture:
            # The array goes when this function returns.
            return LoadedPart(part, as_qimage(read(part.path)).copy())
        return LoadedPart(part, text=part.path.read_text(encoding="utf-8", errors="replace"))
    except HematodeskError as error:
        return LoadedPart(part, fault=error_words(error.message))
    except OSError as fault:
        return LoadedPart(part, fault=error_words(reason_of(fault)))


def charts_html(name: str, loaded: Sequence[LoadedPart], room: QSize) -> str:
    """The page; its pictures are the resources `chart:0` and so on, each no larger than the room."""
    back = escape(translate("ModelCard", "Back to the summary"))
    title = escape(translate("ModelCharts", "{model}: charts").format(model=name))
    pieces = [f"<p><a href='{SUMMARY}'>{back}</a></p><h3>{title}</h3>"]
    for index, each in enumerate(loaded):
        pieces.append(f"<p style='margin-top:16px'><b>{escape(part_words(each.part))}</b></p>")
        if each.picture is not None:
            size = _fitting(each.picture, room)
            pieces.append(f"<p><img src='chart:{index}' width='{size.width()}' height='{size.height()}'></p>")
        elif each.text:
            pieces.append(f"<pre>{escape(each.text)}</pre>")
        else:
            pieces.append(f"<p>{escape(each.fault)}</p>")
    return "".join(pieces)


def give_pictures(document: QTextDocument, loaded: Sequence[LoadedPart], room: QSize, ratio: float) -> None:
    """Put the pictures where `charts_html` looks for them, in the dots that the screen shows."""
    for index, each in enumerate(loaded):
        if each.picture is None:
            continue
        picture, dots = each.picture, _fitting(each.picture, room) * ratio
        if picture.width() > dots.width():
            picture = picture.scaled(
                dots, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
        kind = QTextDocument.ResourceType.ImageResource.value
        document.addResource(kind, QUrl(f"chart:{index}"), picture)


def _fitting(picture: QImage, room: QSize) -> QSize:
    """Its own size, or as much as there is room: a chart is seen at one look."""
    size = picture.size()
    fits = size.width() <= room.width() and size.height() <= room.height()
    return size if fits else size.scaled(room, Qt.AspectRatioMode.KeepAspectRatio)


def part_words(part: ReportPart) -> str:
    """What a chart is, and of what: "test: Confusion matrix"."""
    kind = _KINDS.get(part.kind)
    words = translate("ModelCharts", kind) if kind is not None else part.kind.replace("_", " ")
    if part.of:
        words = f"{words}, {part.of.replace('_', ' ')}"
    return f"{part.section.replace('_', ' ')}: {words}" if part.section else words
