"""A cell and its numbers in words, the same in tooltips, the answer and for screen readers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QCoreApplication, QLocale

from hematodesk.domain.cells import Cell, Prediction, Review, UncertainReason, Verdict
from hematodesk.domain.operators import Operator
from hematodesk.ui.kit.class_names import class_name

translate = QCoreApplication.translate
"""Called by this name so that the translation tools find the texts."""


def percent(share: float) -> str:
    """A probability as a whole percentage; 100 % only when nothing is left over, like 0 %.

    Rounding 0.998 up to "100 %" would claim a certainty that no model has.
    """
    whole = round(share * 100)
    if whole == 100 and share < 1:
        whole = 99
    if whole == 0 and share >= 0.001:
        return translate("CellWords", "<1 %")
    return translate("CellWords", "{number} %").format(number=QLocale().toString(whole))


def percents(shares: Iterable[float]) -> list[str]:
    """Several probabilities; see percent."""
    return [percent(share) for share in shares]


def milliseconds(elapsed: float) -> str:
    """A time taken, in milliseconds, or in seconds from ten seconds on."""
    if elapsed >= 10_000:
        return translate("CellWords", "{number} s").format(number=QLocale().toString(elapsed / 1000, "f", 1))
    if elapsed < 10:
        return translate("CellWords", "{number} ms").format(number=QLocale().toString(elapsed, "f", 1))
    return translate("CellWords", "{number} ms").format(number=QLocale().toString(round(elapsed)))


def uncertain_words(prediction: Prediction) -> str:
    """Why the model abstains, as a sentence; empty when it does not."""
    if prediction.uncertain is UncertainReason.LOW_CONFIDENCE:
        return translate("CellWords", "The model is not sure enough of any class.")
    if prediction.uncertain is UncertainReason.UNFAMILIAR:
        return translate("CellWords", "The model has seen nothing like this cell in training.")
    return ""


def uncertain_short(prediction: Prediction) -> str:
    """The reason in two or three words, for a table; empty when the model does not abstain."""
    if prediction.uncertain is UncertainReason.LOW_CONFIDENCE:
        return translate("CellWords", "not sure enough")
    if prediction.uncertain is UncertainReason.UNFAMILIAR:
        return translate("CellWords", "nothing like it in training")
    return ""


def review_words(review: Review, prediction: Prediction | None, operator: Operator) -> str:
    """Who said what of a prediction: "You: Monocyte (model said Neutrophil)".

    Args:
        operator: the present operator, whose own reviews are shown as "You".
    """
    who = translate("CellWords", "You") if review.operator.id == operator.id else review.operator.name
    model = class_name(prediction.class_id) if prediction is not None else ""
    if review.verdict is Verdict.REJECTED or review.class_id is None:
        said = translate("CellWords", "no cell")
    else:
        said = class_name(review.class_id)
    if not model:
        return translate("CellWords", "{who}: {said}").format(who=who, said=said)
    if review.verdict is Verdict.AGREED:
        return translate("CellWords", "{who}: {said}, as the model said").format(who=who, said=said)
    return translate("CellWords", "{who}: {said} (model said {model})").format(
        who=who, said=said, model=model
    )


def label_words(cell: Cell) -> str:
    """The class that stands: "Neutrophil", "Monocyte?" while uncertain, "No cell", "Not named"."""
    label = cell.label
    if label is None:
        no_cell, not_named = translate("CellWords", "No cell"), translate("CellWords", "Not named")
        return no_cell if cell.review is not None else not_named
    name = class_name(label)
    return translate("CellWords", "{class_name}?").format(class_name=name) if cell.uncertain else name


def cell_sentence(cell: Cell) -> str:
    """A cell in one line: label, confidence with its model's name, uncertain, reviewed."""
    parts: list[str] = []
    prediction, label = cell.prediction, cell.label
    name = class_name(label) if label is not None else ""
    if label is not None:
        parts.append(name)
    elif cell.review is not None:
        parts.append(translate("CellWords", "No cell"))
    else:
        parts.append(translate("CellWords", "Not named yet"))
    if cell.review is not None:
        parts.append(translate("CellWords", "reviewed"))
    elif cell.uncertain:
        parts.append(translate("CellWords", "uncertain"))
    if prediction is not None:
        class_id = prediction.class_id
        parts.append(
            translate("CellWords", "{model} says {class_name}, {percent}").format(
                model=f"{prediction.provenance.model} {prediction.provenance.version}",
                class_name=name if class_id == label else class_name(class_id),
                percent=percent(prediction.confidence),
            )
        )
    return ", ".join(parts)


def image_sentence(name: str, size: tuple[int, int], cells: Sequence[Cell], current: int) -> str:
    """An image and its chosen cell, for screen readers.

    Args:
        size: (width, height) in pixels.
        cells: all cells; removed ones are not told.
        current: index of the chosen cell, -1 for none.
    """
    shown = [index for index, cell in enumerate(cells) if not cell.removed]
    words = translate("CellWords", "{name}, {width} by {height} pixels. Cells: {count}.").format(
        name=name, width=size[0], height=size[1], count=len(shown)
    )
    if current in shown:
        words += " " + translate("CellWords", "Chosen: cell {number} of {count}, {cell}.").format(
            number=shown.index(current) + 1, count=len(shown), cell=cell_sentence(cells[current])
        )
    return words
