"""The cards of the answer column: one for cells, one for messages."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontMetricsF
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from hematodesk.domain.cells import Cell, Prediction, Provenance, Review, Verdict
from hematodesk.domain.operators import Operator
from hematodesk.ui.kit.cell_words import label_words, milliseconds, percent, review_words, uncertain_words
from hematodesk.ui.kit.parts import AnswerCard, FitLabel, ShareBar
from hematodesk.ui.kit.plain_text import breakable, plain_label, plain_tooltip
from hematodesk.ui.kit.theme import GRID, class_colour, emphasis_font

_LINE_START = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


class CellCard(AnswerCard):
    """What is known of a cell, or of all cells of an image; each line has its place in both."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._status = FitLabel()
        self._caption = plain_label("muted")
        self._caption.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
        self._headline = FitLabel()
        self._number = FitLabel()
        self._number.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        for label in (self._status, self._headline, self._number):
            label.setAlignment(_LINE_START)
        self._bar = ShareBar()
        self._bar.setAccessibleName(self.tr("Confidence"))
        self._source = plain_label("muted")
        self._source.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._reason = plain_label()
        self._reason.setFont(emphasis_font(self.font()))
        self._reason.setWordWrap(True)
        self._reason.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._reason.setFixedHeight(round(QFontMetricsF(self._reason.font()).lineSpacing() * 2) + 4)
        self._column = column = QVBoxLayout(self)
        column.setSpacing(2)
        top = QHBoxLayout()
        top.addWidget(self._status, 1)
        top.addWidget(self._caption)
        sure = QHBoxLayout()
        sure.setSpacing(GRID)
        sure.addWidget(self._number)
        sure.addWidget(self._bar, 1)
        self._claim = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._claim.setSpacing(2)
        self._claim.addWidget(self._headline, 1)
        self._claim.addLayout(sure, 1)
        column.addLayout(top)
        column.addLayout(self._claim)
        column.addWidget(self._source)
        column.addWidget(self._reason)
        self.set_compact(False)

    def set_compact(self, compact: bool) -> None:
        """Where there is no height for more: small type, class and confidence in one line.

        The model's name is in the tooltips alone.
        """
        along, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._claim.setDirection(along if compact else down)
        for label in (self._status, self._headline, self._number):
            label.set_large(not compact)
        self._number.setFixedWidth(round(QFontMetricsF(self._number.font()).horizontalAdvance("<99 %")))
        self._source.setVisible(not compact)
        edge = 2 if compact else GRID
        self._column.setContentsMargins(GRID * 2 + 4, edge, GRID, edge)

    def show_cell(self, cell: Cell, caption: str, operator: Operator) -> None:
        """One cell; the operator's own reviews are told as "You"."""
        prediction, review, label, uncertain = cell.prediction, cell.review, cell.label, cell.uncertain
        colour = class_colour(label) if label is not None else None
        self.set_state(colour, uncertain=uncertain)
        self._caption.setText(caption)
        self._status.setText(self._status_word(review, uncertain))
        self._headline.setText(label_words(cell))
        # A confidence in another class than the one that stands would be read as one in that; the
        # ranking below still tells it.
        stands = prediction is not None and label == prediction.class_id
        self._show_confidence(prediction if stands else None, colour)
        self._show_source(prediction.provenance if prediction is not None else None)
        if review is not None:
            self._tell(review_words(review, prediction, operator))
        elif prediction is not None:
            self._tell(uncertain_words(prediction))
        else:
            self._tell(self.tr("No model has named this cell yet."))

    def show_count(self, cells: Sequence[Cell], next_key: str) -> None:
        """All cells of an image: how many, and what is open; `next_key` goes to the next open one."""
        self.set_state(None, uncertain=False)
        self._caption.setText(self.tr("None chosen"))
        self._status.setText("")
        self._headline.setText(self.tr("%n cells", "", len(cells)))
        self._show_confidence(None, None)
        named = next((cell.prediction for cell in cells if cell.prediction is not None), None)
        self._show_source(named.provenance if named is not None else None, with_time=False)
        reviewed = sum(cell.review is not None for cell in cells)
        words = self.tr("Uncertain: {uncertain}. Reviewed: {reviewed} of {count}.").format(
            uncertain=sum(cell.uncertain for cell in cells), reviewed=reviewed, count=len(cells)
        )
        if next_key and reviewed < len(cells):
            words += "\n" + self.tr("{key}: next one to review").format(key=next_key)
        self._tell(words)

    def _status_word(self, review: Review | None, uncertain: bool) -> str:
        if review is None:
            return self.tr("Uncertain") if uncertain else ""
        return {
            Verdict.AGREED: self.tr("✓ Agreed"),
            Verdict.CORRECTED: self.tr("✓ Corrected"),
            Verdict.REJECTED: self.tr("✓ Rejected"),
        }[review.verdict]

    def _show_confidence(self, prediction: Prediction | None, colour: QColor | None) -> None:
        """The confidence in the class that stands, with that class's colour."""
        confidence = prediction.confidence if prediction is not None else 0.0
        words = percent(confidence) if prediction is not None else ""
        self._bar.setVisible(prediction is not None)
        self._number.setText(words)
        self._bar.setAccessibleDescription(words)
        if prediction is not None and colour is not None:
            self._bar.set_share(confidence, colour, hatched=prediction.uncertain is not None)

    def _show_source(self, made_by: Provenance | None, *, with_time: bool = True) -> None:
        """The model's name; what only engineers ask for is in the tooltips of the name and the numbers."""
        words = tip = ""
        if made_by is not None:
            words = self.tr("Model: {model}").format(model=made_by.model)
            parts = [f"{made_by.model} {made_by.version}", made_by.provider.upper()]
            if with_time:
                parts.append(milliseconds(made_by.elapsed_ms))
            tip = " · ".join(parts) + "\n"
            tip += self.tr("Model digest {digest}\nProvider asked for: {requested}; in use: {active}").format(
                digest=made_by.sha256, requested=made_by.requested, active=made_by.provider
            )
        self._source.setText(words)
        tip = plain_tooltip(tip)
        for label in (self._source, self._bar, self._number):
            label.setToolTip(tip)

    def _tell(self, words: str) -> None:
        self._reason.setText(words)
        self._reason.setToolTip(plain_tooltip(words))


class MessageCard(AnswerCard):
    """Why there is no answer, and what to do."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = FitLabel()
        self._title.setAlignment(_LINE_START)
        self._text = plain_label()
        self._remedy = plain_label()
        self._remedy.setFont(emphasis_font(self.font()))
        self._code = plain_label("muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID * 2 + 4, GRID, GRID, GRID)
        column.setSpacing(GRID)
        column.addWidget(self._title)
        for label in (self._text, self._remedy, self._code):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            column.addWidget(label)
        column.addStretch(1)

    def show_message(self, title: str, text: str, remedy: str = "", code: str = "") -> None:
        """A few words, a sentence, what to do, and the error's code; what is empty is left out."""
        self._title.setText(title)
        for label, words in ((self._text, text), (self._remedy, remedy), (self._code, code)):
            label.setText(breakable(words))
            label.setVisible(bool(words))
