"""A model package's metadata as a page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from PySide6.QtCore import QLocale

from hematodesk.domain.classes import CELL_CLASSES
from hematodesk.domain.packages import BrokenPackage, ModelPackage
from hematodesk.ui.kit.cell_words import percent
from hematodesk.ui.kit.class_names import class_name
from hematodesk.ui.kit.error_words import error_words
from hematodesk.ui.kit.translation import translate

WHOLE_CARD = "card:whole"
SUMMARY = "card:summary"
CHARTS = "card:charts"

_BLOCKS = "▁▂▃▄▅▆▇█"


def card_file(package: ModelPackage | BrokenPackage) -> Path | None:
    """The long card (Markdown) that lies beside a package that came with the program; None without one."""
    place = package.path.with_name(f"{package.name}.md")
    return place if package.shipped and place.is_file() else None


def whole_card(markdown: str) -> str:
    """The long card, with the way back to the summary above it."""
    back = translate("ModelCard", "Back to the summary")
    return f"[{back}]({SUMMARY})\n\n{markdown}"


def card_html(package: ModelPackage | BrokenPackage, charts: int = 0) -> str:
    """The card as rich text; `charts` is how many charts and tables lie beside the package."""
    if isinstance(package, BrokenPackage):
        error = package.error
        unusable = translate("ModelCard", "This package cannot be used.")
        return (
            f"<h3>{escape(package.name or package.path.name)}</h3>"
            f"<p><b>{escape(unusable)}</b></p>"
            f"<p>{escape(error_words(error.message))}</p><p>{escape(error_words(error.remedy))}</p>"
            f"<p>{escape(error.code)}</p>"
        )
    manifest = package.manifest
    # First what it is for and how good it is: that is what one package is chosen over another for.
    first = [
        (translate("ModelCard", "Intended use"), manifest.intended_use),
        (
            translate("ModelCard", "Classes"),
            ", ".join(
                class_name(each.id) if each.id in CELL_CLASSES else each.display for each in manifest.classes
            ),
        ),
        (translate("ModelCard", "Trained on"), "; ".join(manifest.provenance.data)),
    ]
    rows = [
        (translate("ModelCard", "Licence"), manifest.licence),
        (translate("ModelCard", "Date"), manifest.date),
        (translate("ModelCard", "Looks at"), _crop_words(package)),
        (translate("ModelCard", "Abstains under"), percent(manifest.abstention.min_confidence)),
        (translate("ModelCard", "Split"), manifest.provenance.split),
        (translate("ModelCard", "Base weights"), manifest.provenance.base_weights),
        (
            translate("ModelCard", "Origin"),
            translate("ModelCard", "came with the program")
            if package.shipped
            else translate("ModelCard", "imported"),
        ),
        (translate("ModelCard", "SHA-256"), package.sha256),
        (translate("ModelCard", "SHA-256 of its parent"), manifest.provenance.parent_sha256 or ""),
    ]
    head = f"<h3>{escape(package.name)} {escape(package.version)}</h3>"
    links = []
    if charts:
        links.append((CHARTS, translate("ModelCard", "See the charts: right and wrong, class by class")))
    if card_file(package) is not None:
        words = translate("ModelCard", "Read the whole card: every figure, what was tried, what it cannot do")
        links.append((WHOLE_CARD, words))
    more = "<br>".join(f"<a href='{link}'>{escape(words)}</a>" for link, words in links)
    more = f"<p>{more}</p>" if more else ""
    return (
        f"{head}{_table_html(first)}{_metrics_html(package)}{_curves_html(package)}{more}{_table_html(rows)}"
    )


def _table_html(rows: Sequence[tuple[str, str]]) -> str:
    cells = "".join(
        f"<tr><td style='padding:2px 16px 2px 0'>{escape(name)}</td>"
        f"<td style='padding:2px 0'>{escape(words)}</td></tr>"
        for name, words in rows
        if words
    )
    return f"<table>{cells}</table>"


def _crop_words(package: ModelPackage) -> str:
    spec = package.manifest.input
    if spec.crop.rule == "whole":
        return translate("ModelCard", "the whole image, {width} × {height} pixels").format(
            width=spec.width, height=spec.height
        )
    return translate("ModelCard", "each cell by itself, {width} × {height} pixels").format(
        width=spec.width, height=spec.height
    )


def _curves_html(package: ModelPackage) -> str:
    """How training went, one row a figure: its course in eight steps of height, first and last value."""
    rows = [
        (
            curve.name.replace("_", " "),
            f"{_course(curve.values)}  {_short(curve.values[0])} → {_short(curve.values[-1])}",
        )
        for curve in package.manifest.curves
    ]
    if not rows:
        return ""
    head = translate("ModelCard", "Training, pass by pass")
    return f"<p><b>{escape(head)}</b></p>{_table_html(rows)}"


def _short(value: float) -> str:
    return QLocale().toString(value, "g", 3)


def _course(values: Sequence[float]) -> str:
    """At most 40 values as blocks between the lowest and the highest."""
    step = max(1, -(-len(values) // 40))
    seen = values[::step]
    low, high = min(seen), max(seen)
    return "".join(_BLOCKS[round((value - low) / (high - low) * 7) if high > low else 0] for value in seen)


def _metrics_html(package: ModelPackage) -> str:
    if not package.manifest.metrics:
        return ""
    heads = (
        translate("ModelCard", "Measured on"),
        translate("ModelCard", "Accuracy"),
        translate("ModelCard", "Balanced"),
        translate("ModelCard", "Interval"),
        translate("ModelCard", "Images"),
        translate("ModelCard", "Sources"),
    )
    number = QLocale().toString
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td style='padding:2px 12px 2px 0'>{escape(value)}</td>"
            for value in (
                metric.data,
                _share(metric.accuracy),
                _share(metric.balanced_accuracy),
                f"{_share(metric.interval[0])} – {_share(metric.interval[1])}",
                number(metric.images),
                number(metric.source_images),
            )
        )
        + "</tr>"
        for metric in package.manifest.metrics
    )
    titles = "".join(
        f"<th align='left' style='padding:2px 12px 2px 0; white-space:nowrap'>{escape(head)}</th>"
        for head in heads
    )
    note = translate("ModelCard", "The interval is the accuracy's, at 95 %, over the source images.")
    warning = translate(
        "ModelCard",
        "These figures hold for images like those. Another laboratory's stain, microscope or camera can "
        "lower them much: review a hundred of your own cells, and Models, Adapt to this lab, tells how many "
        "it names rightly there.",
    )
    return f"<p><table><tr>{titles}</tr>{rows}</table>{escape(note)}</p><p>{escape(warning)}</p>"


def _share(value: float) -> str:
    return translate("ModelCard", "{number} %").format(number=QLocale().toString(value * 100, "f", 1))
