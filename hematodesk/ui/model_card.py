"""What a model package says of itself, as a page to read."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QCoreApplication, QLocale

from hematodesk.inference.package import ModelPackage
from hematodesk.inference.store import BrokenPackage
from hematodesk.ui.cell_words import percent
from hematodesk.ui.class_names import class_name


def _tr(text: str) -> str:
    return QCoreApplication.translate("ModelCard", text)


def card_html(package: ModelPackage | BrokenPackage) -> str:
    """The card as rich text."""
    if isinstance(package, BrokenPackage):
        error = package.error
        return (
            f"<h3>{escape(package.name or package.path.name)}</h3>"
            f"<p><b>{escape(_tr('This package cannot be used.'))}</b></p>"
            f"<p>{escape(error.message)}</p><p>{escape(error.remedy)}</p><p>{escape(error.code)}</p>"
        )
    manifest = package.manifest
    rows = [
        (_tr("Intended use"), manifest.intended_use),
        (_tr("Classes"), ", ".join(class_name(class_id) for class_id in package.class_ids)),
        (_tr("Licence"), manifest.licence),
        (_tr("Date"), manifest.date),
        (_tr("Looks at"), _crop_words(package)),
        (_tr("Abstains under"), percent(manifest.abstention.min_confidence)),
        (_tr("Trained on"), ", ".join(manifest.provenance.data)),
        (_tr("Split"), manifest.provenance.split),
        (_tr("Base weights"), manifest.provenance.base_weights),
        (_tr("Origin"), _tr("came with the program") if package.shipped else _tr("imported")),
        (_tr("SHA-256"), package.sha256),
    ]
    table = "".join(
        f"<tr><td style='padding:2px 16px 2px 0'>{escape(name)}</td>"
        f"<td style='padding:2px 0'>{escape(words)}</td></tr>"
        for name, words in rows
        if words
    )
    head = f"<h3>{escape(package.name)} {escape(package.version)}</h3>"
    return f"{head}<table>{table}</table>{_metrics_html(package)}"


def _crop_words(package: ModelPackage) -> str:
    spec = package.manifest.input
    if spec.crop.rule == "whole":
        return _tr("the whole image, {width} × {height} pixels").format(width=spec.width, height=spec.height)
    return _tr("each cell by itself, {width} × {height} pixels").format(width=spec.width, height=spec.height)


def _metrics_html(package: ModelPackage) -> str:
    if not package.manifest.metrics:
        return ""
    heads = (
        _tr("Measured on"),
        _tr("Accuracy"),
        _tr("Balanced"),
        _tr("Interval"),
        _tr("Images"),
        _tr("Sources"),
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
    titles = "".join(f"<th align='left' style='padding:2px 12px 2px 0'>{escape(head)}</th>" for head in heads)
    return f"<br><table><tr>{titles}</tr>{rows}</table>"


def _share(value: float) -> str:
    return _tr("{number} %").format(number=QLocale().toString(value * 100, "f", 1))
