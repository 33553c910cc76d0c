"""The answer: the class in words, how sure, by which model, and the keys that review it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from hematodesk.domain.cells import Cell, Fault
from hematodesk.domain.operators import Operator
from hematodesk.ui.kit.cell_words import percents
from hematodesk.ui.kit.class_names import class_name, class_names
from hematodesk.ui.kit.error_words import error_words
from hematodesk.ui.kit.parts import ClassRow, KeyButton
from hematodesk.ui.kit.plain_text import plain_label
from hematodesk.ui.kit.theme import GRID, set_role
from hematodesk.ui.review.answer_card import CellCard, MessageCard
from hematodesk.ui.review.note_field import NoteField
from hematodesk.ui.review.why_box import WhyBox

CLASS_KEYS = 9
"""Classes with a digit for a key; further ones are chosen by mouse or Tab."""

_USUAL_ROWS = 4
_MOST_ROWS = 9.5
"""Of a package with more classes the rest is scrolled to, so that the buttons below stay in sight; half a
row shows that there is more."""


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
        self._operator = Operator.named("")
        self._review_key = ""
        self._read_only = False
        self._reviewable: Cell | None = None
        self._rows: list[ClassRow] = []
        self._standing: list[ClassRow] = []
        self._row_height = ClassRow().height()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(self.tr("Answer"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        body = QFrame()
        set_role(body, "panel")
        self._card = CellCard()
        self._message = MessageCard()
        self.why = WhyBox()
        self._stack = QStackedWidget()
        self._stack.addWidget(self._make_answer())
        self._stack.addWidget(self._message)
        column = QVBoxLayout(body)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GRID)
        column.addWidget(self._stack)
        column.addWidget(_line())
        column.addLayout(self._make_review())
        column.addWidget(_line())
        column.addWidget(self.why)
        column.addWidget(_line())
        column.addWidget(self._note_title)
        column.addWidget(self._note)
        column.addStretch(1)
        self.setWidget(body)
        # With the card at its largest the buttons come into sight from this height on.
        fixed = self._card.sizeHint().height() + round(_USUAL_ROWS * self._row_height)
        self._roomy = fixed + self._agree.sizeHint().height() + self._reject.sizeHint().height() + 6 * GRID
        self.show_nothing()

    # Building

    def _make_answer(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self._card)
        ranking = QFrame()
        set_role(ranking, "panel")
        self._row_column = QVBoxLayout(ranking)
        self._row_column.setContentsMargins(0, 0, 0, 0)
        self._row_column.setSpacing(0)
        self._ranking = _Ranking()
        self._ranking.setWidgetResizable(True)
        self._ranking.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._ranking.setFrameShape(QFrame.Shape.NoFrame)
        self._ranking.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._ranking.setAccessibleName(self.tr("Classes"))
        self._ranking.setWidget(ranking)
        # New rows have their places only after Qt has laid them out.
        self._ranking.verticalScrollBar().rangeChanged.connect(self._show_standing)
        column.addWidget(self._ranking)
        column.addStretch(1)
        self._ensure_rows(0)
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
        self._note_title = plain_label("muted")
        self._note_words = ""
        self._note = NoteField()
        self._note_title.setBuddy(self._note)
        self._note.setAccessibleName(self.tr("Note"))
        self._note.setFixedHeight(round(QFontMetricsF(self._note.font()).lineSpacing() * 3) + 2 * GRID)
        self._note.edited.connect(self.note_edited)
        self._note.left.connect(self.note_left)
        self._note.kept.connect(self._note_kept)
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
        """The classes a person may choose, in the order of their keys."""
        self._class_ids = tuple(class_ids)
        self._ensure_rows(len(self._class_ids))
        self._fill_rows([(class_id, 0.0, "", False) for class_id in self._class_ids])
        self._update_enabled()

    @property
    def class_ids(self) -> tuple[str, ...]:
        """The classes on offer, in the order of their keys."""
        return self._class_ids

    def set_operator(self, operator: Operator) -> None:
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
        self._show_message(self.tr("No model"), error_words(message), error_words(remedy))

    def show_fault(self, fault: Fault, *, note: str = "", note_key: object = None) -> None:
        """The image failed: why, and what to do."""
        code = self.tr("Code: {code}").format(code=fault.code)
        self._show_message(
            self.tr("Not read"), error_words(fault.message), error_words(fault.remedy), code, note, note_key
        )

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
        caption = self.tr("Cell {number} of {count}").format(number=number, count=count)
        self._card.show_cell(cell, caption, self._operator)
        shares = dict(cell.prediction.ranked) if cell.prediction is not None else {}
        words = dict(zip(shares, percents(shares.values()), strict=True))
        label = cell.label
        self._fill_rows(
            [
                (
                    class_id,
                    shares.get(class_id, 0.0),
                    words.get(class_id, ""),
                    class_id == label,
                )
                for class_id in self._in_order(shares)
            ]
        )
        self._note_words = self.tr("Note on this cell")
        self._note.show_note(note_key, cell.note)
        self._update_enabled()

    def show_cells(self, cells: Sequence[Cell], *, note: str = "", note_key: object = None) -> None:
        """An image with several cells and none chosen: how many of each class, and what is open.

        The note is the image's.
        """
        self._stack.setCurrentIndex(0)
        self._reviewable = None
        shown = [cell for cell in cells if not cell.removed]
        counts = Counter(label for cell in shown if (label := cell.label) is not None)
        self._card.show_count(shown, self._review_key)
        total = max(1, len(shown))
        self._fill_rows(
            [
                (class_id, counts[class_id] / total, str(counts[class_id]), False)
                for class_id in self._in_order(counts)
            ]
        )
        self._note_words = self.tr("Note on this image")
        self._note.show_note(note_key, note)
        self._update_enabled()

    def take_note_key(self, note_key: object) -> None:
        """What is shown is in the history now: its note can be saved with this key."""
        if self._stack.currentIndex() == 1:
            self._note_words = self.tr("Note on this image")
        self._note.show_note(note_key, "")

    def focus_note(self) -> None:
        """Put the keyboard into the note, if there is one to write."""
        if self._note.isEnabled():
            self._note.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.ensureWidgetVisible(self._note)

    def flush_note(self) -> None:
        """Send a note's change now."""
        self._note.flush()

    def send_notes(self) -> None:
        """Send every note that is not saved; the window calls it before it closes."""
        self._note.send_all()

    def unsaved_notes(self) -> dict[object, str]:
        """Notes that were refused or not sent yet, by the key each was shown with."""
        return self._note.unsaved

    def refused_notes(self) -> dict[object, str]:
        """Notes that could not be saved when they were last sent, by key."""
        return self._note.refused

    def refuse_note(self, note_key: object, text: str) -> None:
        """A note that was sent could not be saved; it stays here, marked, and is sent again later."""
        self._note.refuse(note_key, text)

    def forget_notes(self) -> None:
        """The history is another one: notes that could not be saved belong to nothing in it."""
        self._note.forget()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it is low (200 % on a laptop), the card gives way: the classes and Agree stay in sight."""
        super().resizeEvent(event)
        self._card.set_compact(self.height() < self._roomy)

    # Inside

    def _note_kept(self, kept: bool) -> None:
        words = self._note_words
        self._note_title.setText(self.tr("{note}: not saved").format(note=words) if kept else words)
        role = "strong" if kept else "muted"
        if self._note_title.property("role") != role:
            set_role(self._note_title, role)

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
        self._message.show_message(title, text, remedy, code)
        self._note_words = self.tr("Note on this image") if note_key is not None else self.tr("Note")
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
        # Before a model is loaded there are no rows yet; what stands below shall not move when they come.
        seen = min(max(count, _USUAL_ROWS), _MOST_ROWS)
        # It gives way on a small screen, so that the buttons below stay in sight.
        self._ranking.setMinimumHeight(round(min(seen, _USUAL_ROWS) * self._row_height))
        self._ranking.setMaximumHeight(round(seen * self._row_height))

    def _in_order(self, shown: Iterable[str]) -> list[str]:
        """The classes on offer and those shown, in one order for every cell: a class keeps its place.

        Those that are not on offer follow by their names.
        """
        others = sorted(set(shown) - set(self._class_ids), key=class_name)
        return [*self._class_ids, *others]

    def _fill_rows(self, filled: Sequence[tuple[str, float, str, bool]]) -> None:
        self._ensure_rows(max(len(filled), len(self._class_ids)))
        names = class_names([class_id for class_id, *_ in filled])
        for row, name, (class_id, share, number, stands) in zip(self._rows, names, filled, strict=False):
            position = self._class_ids.index(class_id) if class_id in self._class_ids else CLASS_KEYS
            key = str(position + 1) if position < CLASS_KEYS else ""
            row.show_class(class_id, name, key, share, number, stands=stands)
        self._standing = [row for row, each in zip(self._rows, filled, strict=False) if each[3]]
        self._show_standing()

    def _show_standing(self) -> None:
        """Scroll to the class that stands, where there are more classes than room."""
        for row in self._standing:
            if not row.isHidden():
                self._ranking.ensureWidgetVisible(row, 0, 0)

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


class _Ranking(QScrollArea):
    """Asks for all the height it may have; on a small screen it gives way, and scrolls."""

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self.maximumHeight())


def _line() -> QFrame:
    line = QFrame()
    set_role(line, "line")
    return line
