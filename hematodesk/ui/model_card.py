"""What a model package says of itself, as a page to read."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QLocale

from hematodesk.inference.package import ModelPackage
from hematodesk.inference.store import BrokenPackage
from hematodesk.ui.cell_words import percent
from hematodesk.ui.class_names import class_name
from hematodesk.ui.translation import translate


def card_html(package: ModelPackage | BrokenPackage) -> str:
    """The card as rich text."""
    if isinstance(package, BrokenPackage):
        error = package.error
        unusable = translate("ModelCard", "This package cannot be used.")
        return (
            f"<h3>{escape(package.name or package.path.name)}</h3>"
            f"<p><b>{escape(unusable)}</b></p>"
            f"<p>{escape(error.message)}</p><p>{escape(error.remedy)}</p><p>{escape(error.code)}</p>"
        )
    manifest = package.manifest
    rows = [
        (translate("ModelCard", "Intended use"), manifest.intended_use),
        (
            translate("ModelCard", "Classes"),
            ", ".join(class_name(class_id) for class_id in package.class_ids),
        ),
        (translate("ModelCard", "Licence"), manifest.licence),
        (translate("ModelCard", "Date"), manifest.date),
        (translate("ModelCard", "Looks at"), _crop_words(package)),
        (translate("ModelCard", "Abstains under"), percent(manifest.abstention.min_confidence)),
        (translate("ModelCard", "Trained on"), ", ".join(manifest.provenance.data)),
        (translate("ModelCard", "Split"), manifest.provenance.split),
        (translate("ModelCard", "Base weights"), manifest.provenance.base_weights),
        (
            translate("ModelCard", "Origin"),
            translate("ModelCard", "came with the program")
            if package.shipped
            else translate("ModelCard", "imported"),
        ),
        (translate("ModelCard", "SHA-256"), package.sha256),
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
        return translate("ModelCard", "the whole image, {width} × {height} pixels").format(
            width=spec.width, height=spec.height
        )
    return translate("ModelCard", "each cell by itself, {width} × {height} pixels").format(
        width=spec.width, height=spec.height
    )


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
    titles = "".join(f"<th align='left' style='padding:2px 12px 2px 0'>{escape(head)}</th>" for head in heads)
    return f"<br><table><tr>{titles}</tr>{rows}</table>"


def _share(value: float) -> str:
    return translate("ModelCard", "{number} %").format(number=QLocale().toString(value * 100, "f", 1))
