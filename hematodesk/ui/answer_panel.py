"""The answer: the class in words, how sure, by which model, and the keys that review it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from hematodesk.domain.cells import Cell, Fault, Prediction, Provenance, Verdict
from hematodesk.ui.answer_parts import AnswerCard, ClassRow, FitLabel, KeyButton, NoteField, ShareBar
from hematodesk.ui.cell_words import milliseconds, percent, review_words, uncertain_words
from hematodesk.ui.class_names import class_name
from hematodesk.ui.theme import GRID, class_colour, emphasis_font, set_role, tokens

CLASS_KEYS = 9
"""Classes with a digit for a key; further ones are chosen by mouse or Tab."""


class AnswerPanel(QScrollArea):
    """The right column. It shows and asks; the window decides, and owns the shortcuts shown here.

    One of the `show_…` methods at a time says what is shown; the layout stays the same in each
    state. The order of `set_classes` gives the classes their keys 1 to 9.

    Signals:
        agree_requested(): the prediction is right.
        class_chosen(str): the cell is of that class (it may be the predicted one).
        reject_requested(): it is no cell.
        clear_requested(): take the review back.
        note_edited(object, str): the `note_key` the note was shown with, and its text. A change not
            yet sent is sent before another note is shown, so it never lands on another cell.
        note_left(): the person finished the note; give the keyboard back to the image.
    """

    agree_requested = Signal()
    class_chosen = Signal(str)
    reject_requested = Signal()
    clear_requested = Signal()
    note_edited = Signal(object, str)
    note_left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._class_ids: tuple[str, ...] = ()
        self._operator = ""
        self._review_key = ""
        self._read_only = False
        self._reviewable: Cell | None = None
        self._rows: list[ClassRow] = []
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(self.tr("Answer"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        body = QFrame()
        set_role(body, "panel")
        self._stack = QStackedWidget()
        self._stack.addWidget(self._make_answer())
        self._stack.addWidget(self._make_message())
        column = QVBoxLayout(body)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GRID)
        column.addWidget(self._stack)
        column.addWidget(_line())
        column.addLayout(self._make_review())
        column.addWidget(_line())
        column.addWidget(self._note_title)
        column.addWidget(self._note)
        column.addStretch(1)
        self.setWidget(body)
        self.show_nothing()

    # Building

    def _make_answer(self) -> QWidget:
        self._status = FitLabel()
        self._status.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        self._caption = _muted("")
        self._caption.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
        self._headline = FitLabel()
        self._headline.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        self._number = FitLabel()
        self._number.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        self._number.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._number.setFixedWidth(round(QFontMetricsF(self._number.font()).horizontalAdvance("<99 %")))
        self._bar = ShareBar()
        self._bar.setAccessibleName(self.tr("Confidence"))
        self._source = _muted("")
        self._source.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._reason = QLabel()
        self._reason.setFont(emphasis_font(self.font()))
        self._reason.setWordWrap(True)
        self._reason.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._reason.setFixedHeight(round(QFontMetricsF(self._reason.font()).lineSpacing() * 2) + 4)
        self._card = AnswerCard()
        inside = QVBoxLayout(self._card)
        inside.setContentsMargins(GRID * 2 + 4, GRID, GRID, GRID)
        inside.setSpacing(2)
        top = QHBoxLayout()
        top.addWidget(self._status, 1)
        top.addWidget(self._caption)
        inside.addLayout(top)
        inside.addWidget(self._headline)
        sure = QHBoxLayout()
        sure.setSpacing(GRID)
        sure.addWidget(self._number)
        sure.addWidget(self._bar, 1)
        inside.addLayout(sure)
        inside.addWidget(self._source)
        inside.addSpacing(4)
        inside.addWidget(self._reason)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self._card)
        self._row_column = QVBoxLayout()
        self._row_column.setSpacing(0)
        column.addLayout(self._row_column)
        column.addStretch(1)
        return page

    def _make_message(self) -> QWidget:
        page = AnswerCard()
        self._message_title = FitLabel()
        self._message_title.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        self._message = QLabel()
        self._remedy = QLabel()
        self._remedy.setFont(emphasis_font(self.font()))
        self._code = _muted("")
        column = QVBoxLayout(page)
        column.setContentsMargins(GRID * 2 + 4, GRID, GRID, GRID)
        column.setSpacing(GRID)
        column.addWidget(self._message_title)
        for label in (self._message, self._remedy, self._code):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            column.addWidget(label)
        column.addStretch(1)
        return page

    def _make_review(self) -> QVBoxLayout:
        self._agree = KeyButton(self.tr("Agree"))
        set_role(self._agree, "primary")
        self._reject = KeyButton(self.tr("No cell"))
        self._reject.setToolTip(self.tr("This is no white cell: the prediction is rejected"))
        self._clear = KeyButton(self.tr("Take back"))
        self._clear.setToolTip(self.tr("Take the review back: the prediction stands again"))
        self._agree.clicked.connect(self._agree_clicked)
        self._reject.clicked.connect(self._reject_clicked)
        self._clear.clicked.connect(self._clear_clicked)
        self._note_title = _muted(self.tr("Note"))
        self._note = NoteField()
        self._note_title.setBuddy(self._note)
        self._note.setAccessibleName(self.tr("Note"))
        self._note.setFixedHeight(round(QFontMetricsF(self._note.font()).lineSpacing() * 3) + 2 * GRID)
        self._note.edited.connect(self.note_edited)
        self._note.left.connect(self.note_left)
        column = QVBoxLayout()
        column.setSpacing(GRID)
        column.addWidget(self._agree)
        second = QHBoxLayout()
        second.setSpacing(GRID)
        second.addWidget(self._reject, 1)
        second.addWidget(self._clear, 1)
        column.addLayout(second)
        return column

    # What the window tells once

    def set_classes(self, class_ids: Sequence[str]) -> None:
        """The classes a person may choose, in the order of their keys: usually the package's."""
        self._class_ids = tuple(class_ids)
        self._ensure_rows(len(self._class_ids))
        self._fill_rows([(class_id, 0.0, "", False) for class_id in self._class_ids])
        self._update_enabled()

    def set_operator(self, operator: str) -> None:
        """Who sits here: that person's reviews are told as "You"."""
        self._operator = operator

    def set_key_hints(self, *, agree: str, reject: str, clear: str, next_open: str) -> None:
        """The keys shown on the buttons, as the person's keyboard calls them; empty shows none."""
        self._agree.set_key(agree)
        self._reject.set_key(reject)
        self._clear.set_key(clear)
        self._review_key = next_open

    def set_read_only(self, read_only: bool) -> None:
        """Whether reviews and notes can be saved at all; without, the controls are shown but rest."""
        self._read_only = read_only
        self._note.setReadOnly(read_only)
        self._update_enabled()

    # States

    def show_nothing(self) -> None:
        """No image is open."""
        self._show_message(self.tr("No image"), self.tr("Open an image or choose one from the history."))

    def show_loading(self, model: str = "") -> None:
        """The model is being loaded."""
        text = self.tr("The model {model} is being loaded.").format(model=model) if model else ""
        self._show_message(self.tr("Loading…"), text or self.tr("The model is being loaded."))

    def show_working(self, name: str = "") -> None:
        """An image is being read and its cells are being named."""
        self._show_message(self.tr("Working…"), name)

    def show_no_model(self, message: str, remedy: str = "") -> None:
        """There is no usable model; cells can still be looked at."""
        self._show_message(self.tr("No model"), message, remedy)

    def show_fault(self, fault: Fault, *, note: str = "", note_key: object = None) -> None:
        """The image failed: why, and what to do."""
        code = self.tr("Code: {code}").format(code=fault.code)
        self._show_message(self.tr("Not read"), fault.message, fault.remedy, code, note, note_key)

    def show_no_cell(self, *, note: str = "", note_key: object = None) -> None:
        """The image was read and shows no white cell."""
        self._show_message(
            self.tr("No cell found"),
            self.tr("No white cell was found in this image."),
            self.tr("Drag a box around one to add it: hold Shift, or press A first."),
            "",
            note,
            note_key,
        )

    def show_cell(self, cell: Cell, number: int, count: int, *, note_key: object = None) -> None:
        """A chosen cell, with its own note.

        Args:
            number, count: "cell 2 of 5", counted without removed ones.
            note_key: comes back with `note_edited`; None when the note cannot be saved (yet).
        """
        self._stack.setCurrentIndex(0)
        self._reviewable = cell
        prediction, review = cell.prediction, cell.review
        self._caption.setText(self.tr("Cell {number} of {count}").format(number=number, count=count))
        colour = class_colour(cell.label) if cell.label is not None else None
        self._card.set_state(colour, uncertain=cell.uncertain)
        self._status.setText(self._status_word(cell))
        self._headline.setText(self._headline_word(cell))
        self._show_confidence(prediction, faint=cell.label is None or not _predicted_stands(cell))
        self._show_source(prediction.provenance if prediction is not None else None)
        if review is not None:
            self._tell(review_words(review, prediction, self._operator))
        elif prediction is not None:
            self._tell(uncertain_words(prediction))
        else:
            self._tell(self.tr("This cell is being named."))
        shares = dict(prediction.ranked) if prediction is not None else {}
        self._fill_rows(
            [
                (class_id, share, percent(share), class_id == cell.label)
                for class_id, share in sorted(shares.items(), key=lambda item: -item[1])
            ]
            + [
                (class_id, 0.0, "", class_id == cell.label)
                for class_id in self._class_ids
                if class_id not in shares
            ]
        )
        self._note_title.setText(self.tr("Note on this cell"))
        self._note.show_note(note_key, cell.note)
        self._update_enabled()

    def show_cells(self, cells: Sequence[Cell], *, note: str = "", note_key: object = None) -> None:
        """An image with several cells and none chosen: how many of each class, and what is open.

        The note is the image's.
        """
        self._stack.setCurrentIndex(0)
        self._reviewable = None
        shown = [cell for cell in cells if not cell.removed]
        counts = Counter(cell.label for cell in shown if cell.label is not None)
        self._card.set_state(None, uncertain=False)
        self._status.setText("")
        self._caption.setText(self.tr("None chosen"))
        self._headline.setText(self.tr("%n cells", "", len(shown)))
        self._number.setText("")
        self._bar.set_share(0.0, QColor())
        self._bar.setVisible(False)
        first = next((cell.prediction for cell in shown if cell.prediction is not None), None)
        self._show_source(first.provenance if first is not None else None)
        reviewed = sum(cell.review is not None for cell in shown)
        words = self.tr("Uncertain: {uncertain}. Reviewed: {reviewed} of {count}.").format(
            uncertain=sum(cell.uncertain for cell in shown), reviewed=reviewed, count=len(shown)
        )
        if self._review_key and reviewed < len(shown):
            words += "\n" + self.tr("{key}: next one to review").format(key=self._review_key)
        self._tell(words)
        # Most first; equal counts and classes of other packages keep the order of the keys.
        known = list(dict.fromkeys([*self._class_ids, *counts]))
        order = sorted(known, key=lambda class_id: -counts[class_id])
        total = max(1, len(shown))
        self._fill_rows(
            [(class_id, counts[class_id] / total, str(counts[class_id]), False) for class_id in order]
        )
        self._note_title.setText(self.tr("Note on this image"))
        self._note.show_note(note_key, note)
        self._update_enabled()

    def focus_note(self) -> None:
        """Put the keyboard into the note, if there is one to write."""
        if self._note.isEnabled():
            self._note.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.ensureWidgetVisible(self._note)

    def flush_note(self) -> None:
        """Send a note's change now; the window calls it before it closes."""
        self._note.flush()

    # Inside

    def _status_word(self, cell: Cell) -> str:
        if cell.review is not None:
            if cell.review.verdict is Verdict.AGREED:
                return self.tr("✓ Agreed")
            if cell.review.verdict is Verdict.REJECTED:
                return self.tr("✓ Rejected")
            return self.tr("✓ Corrected")
        return self.tr("Uncertain") if cell.uncertain else ""

    def _headline_word(self, cell: Cell) -> str:
        if cell.label is not None:
            name = class_name(cell.label)
            return self.tr("{class_name}?").format(class_name=name) if cell.uncertain else name
        return self.tr("No cell") if cell.review is not None else self.tr("Working…")

    def _show_confidence(self, prediction: Prediction | None, *, faint: bool) -> None:
        self._bar.setVisible(prediction is not None)
        if prediction is None:
            self._number.setText("")
            return
        self._number.setText(percent(prediction.confidence))
        self._number.setEnabled(not faint)
        colour = QColor(tokens().disabled) if faint else class_colour(prediction.class_id)
        self._bar.set_share(prediction.confidence, colour, hatched=prediction.uncertain is not None)
        self._bar.setAccessibleDescription(percent(prediction.confidence))

    def _show_source(self, made_by: Provenance | None) -> None:
        if made_by is None:
            self._source.setText("")
            self._source.setToolTip("")
            return
        self._source.setText(
            self.tr("{model} {version} · {provider} · {time}").format(
                model=made_by.model,
                version=made_by.version,
                provider=made_by.provider.upper(),
                time=milliseconds(made_by.elapsed_ms),
            )
        )
        self._source.setToolTip(
            self.tr("Model digest {digest}\nProvider asked for: {requested}; in use: {active}").format(
                digest=made_by.sha256, requested=made_by.requested, active=made_by.provider
            )
        )

    def _tell(self, words: str) -> None:
        self._reason.setText(words)
        self._reason.setToolTip(words)

    def _show_message(
        self,
        title: str,
        text: str,
        remedy: str = "",
        code: str = "",
        note: str = "",
        note_key: object = None,
    ) -> None:
        self._stack.setCurrentIndex(1)
        self._reviewable = None
        self._message_title.setText(title)
        for label, words in ((self._message, text), (self._remedy, remedy), (self._code, code)):
            label.setText(words)
            label.setVisible(bool(words))
        self._note_title.setText(self.tr("Note on this image") if note_key is not None else self.tr("Note"))
        self._note.show_note(note_key, note)
        self._update_enabled()

    def _ensure_rows(self, count: int) -> None:
        while len(self._rows) < count:
            row = ClassRow()
            row.clicked.connect(self._row_clicked)
            self._row_column.addWidget(row)
            self._rows.append(row)
        for index, row in enumerate(self._rows):
            row.setVisible(index < count)

    def _fill_rows(self, filled: Sequence[tuple[str, float, str, bool]]) -> None:
        self._ensure_rows(max(len(filled), len(self._class_ids)))
        for row, (class_id, share, number, stands) in zip(self._rows, filled, strict=False):
            position = self._class_ids.index(class_id) if class_id in self._class_ids else CLASS_KEYS
            key = str(position + 1) if position < CLASS_KEYS else ""
            row.show_class(class_id, class_name(class_id), key, share, number, stands=stands)

    def _update_enabled(self) -> None:
        cell = self._reviewable if not self._read_only else None
        self._agree.setEnabled(cell is not None and cell.prediction is not None)
        self._reject.setEnabled(cell is not None)
        self._clear.setEnabled(cell is not None and cell.review is not None)
        for row in self._rows:
            row.setEnabled(cell is not None)

    def _agree_clicked(self) -> None:
        self.agree_requested.emit()

    def _reject_clicked(self) -> None:
        self.reject_requested.emit()

    def _clear_clicked(self) -> None:
        self.clear_requested.emit()

    def _row_clicked(self) -> None:
        row = self.sender()
        if isinstance(row, ClassRow):
            self.class_chosen.emit(row.class_id)

    def sizeHint(self) -> QSize:
        """Wide enough for the longest class name in the large size, shrunk a little."""
        return QSize(GRID * 40, GRID * 70)

    def minimumSizeHint(self) -> QSize:
        """Narrow enough for 200 % scaling on a 1366 pixel screen."""
        return QSize(GRID * 28, GRID * 20)


def _predicted_stands(cell: Cell) -> bool:
    return cell.prediction is not None and cell.label == cell.prediction.class_id


def _muted(text: str) -> QLabel:
    label = QLabel(text)
    set_role(label, "muted")
    return label


def _line() -> QFrame:
    line = QFrame()
    set_role(line, "line")
    return line
