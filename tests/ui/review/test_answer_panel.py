"""The answer column in each of its states, and what it asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QLabel,
    QLineEdit,
    QMainWindow,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from hematodesk.domain.cells import Fault, UncertainReason, Verdict
from hematodesk.domain.classes import CELL_CLASSES, WBC4
from hematodesk.domain.limits import MAX_NOTE_CHARACTERS
from hematodesk.domain.operators import Operator
from hematodesk.ui.kit.cell_words import milliseconds, percent
from hematodesk.ui.kit.parts import ClassRow, FitLabel, ShareBar
from hematodesk.ui.kit.plain_text import breakable, plain_tooltip
from hematodesk.ui.kit.theme import Theme
from hematodesk.ui.review.answer_panel import AnswerPanel

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(qtbot: QtBot) -> Iterator[AnswerPanel]:
    made = AnswerPanel()
    qtbot.addWidget(made)
    made.set_classes(WBC4)
    made.set_operator(Operator.named("ada"))
    made.set_key_hints(agree="Enter", reject="X", clear="C", next_open="U")
    made.resize(300, 700)
    made.show()
    qtbot.waitExposed(made)
    yield made


def texts(panel: AnswerPanel) -> str:
    """All words in sight, top to bottom."""
    labels = [label for label in panel.findChildren(QLabel) if label.isVisible() and label.text()]
    labels.sort(key=lambda label: (label.mapTo(panel, label.rect().topLeft()).y(), label.x()))
    return "\n".join(label.text() for label in labels).replace("\u200b", "")


def rows(panel: AnswerPanel) -> list[ClassRow]:
    shown = [row for row in panel.findChildren(ClassRow) if row.isVisible()]
    return sorted(shown, key=lambda row: row.y())


def button(panel: AnswerPanel, text: str) -> QPushButton:
    (found,) = [one for one in panel.findChildren(QPushButton) if one.text() == text]
    return found


def in_sight(widget: QWidget) -> bool:
    """Whether no row of its pixels is covered or scrolled away."""
    return widget.visibleRegion().boundingRect().height() == widget.height()


def note(panel: AnswerPanel) -> QPlainTextEdit:
    (found,) = panel.findChildren(QPlainTextEdit)
    return found


def test_a_sure_cell(panel: AnswerPanel, samples: Any) -> None:
    panel.show_cell(samples.cell(), 2, 5, note_key=7)
    words = texts(panel)
    assert "Neutrophil" in words and "97 %" in words and "Cell 2 of 5" in words
    assert "Model: wbc4" in words
    assert "Uncertain" not in words
    assert [row.accessibleName() for row in rows(panel)] == [
        "Eosinophil, <1 %, key 1",
        "Lymphocyte, 1 %, key 2",
        "Monocyte, 2 %, key 3",
        "Neutrophil, 97 %, key 4, the label",
    ]


def test_what_engineers_ask_for_is_in_the_tooltips_of_the_numbers(panel: AnswerPanel, samples: Any) -> None:
    panel.show_cell(samples.cell(), 2, 5)
    words = texts(panel)
    for engineers in ("1.0.0", "CPU", "ms", "abab"):
        assert engineers not in words
    number = next(label for label in panel.findChildren(FitLabel) if label.text() == "97 %")
    for widget in (number, panel.findChildren(ShareBar)[0]):
        assert "wbc4 1.0.0 · CPU · 18 ms" in widget.toolTip() and "abab" in widget.toolTip()


def test_the_classes_keep_one_order_for_every_cell_and_for_the_image(
    panel: AnswerPanel, samples: Any
) -> None:
    def shown() -> list[tuple[str, str]]:
        return [(row.class_id, row.accessibleName().split("key ")[1][0]) for row in rows(panel)]

    order = [(class_id, str(key)) for key, class_id in enumerate(WBC4, start=1)]
    panel.show_cell(samples.cell(), 1, 2)
    assert shown() == order
    panel.show_cell(samples.cell(prediction=samples.unsure), 2, 2)
    assert shown() == order
    panel.show_cell(samples.unnamed(), 2, 2)
    assert shown() == order
    panel.show_cells([samples.cell(), samples.cell(prediction=samples.unsure)])
    assert shown() == order


def test_an_uncertain_cell_says_so_large_and_why(panel: AnswerPanel, samples: Any) -> None:
    panel.show_cell(samples.cell(prediction=samples.unsure), 1, 1)
    large = [label.text() for label in panel.findChildren(FitLabel) if label.isVisible()]
    assert large == ["Uncertain", "Lymphocyte?", "47 %"]
    assert "The model is not sure enough of any class." in texts(panel)
    unfamiliar = samples.prediction(("monocyte", 0.9), uncertain=UncertainReason.UNFAMILIAR)
    panel.show_cell(samples.cell(prediction=unfamiliar), 1, 1)
    assert "The model has seen nothing like this cell in training." in texts(panel)


def test_many_classes_scroll_by_themselves_and_leave_the_buttons_in_sight(
    panel: AnswerPanel, samples: Any, qtbot: QtBot
) -> None:
    names = [f"kind_{number}" for number in range(200)]
    panel.set_classes(names)
    told = samples.prediction(
        ("kind_7", 0.9), *((name, 0.1 / 199) for name in names[::-1] if name != "kind_7")
    )
    panel.show_cell(samples.cell(prediction=told), 1, 1)
    shown = rows(panel)
    assert [row.class_id for row in shown] == names
    agree = button(panel, "Agree")
    qtbot.waitUntil(lambda: in_sight(agree) and in_sight(shown[7]))
    # The last one is out of sight until the keyboard gets to it.
    assert not in_sight(shown[-1])
    shown[-2].setFocus()
    QTest.keyClick(shown[-2], Qt.Key.Key_Tab)
    assert shown[-1].hasFocus()
    qtbot.waitUntil(lambda: in_sight(shown[-1]))
    for named in ("kind_3", "kind_150"):
        another = samples.prediction((named, 0.9), *((name, 0.1 / 199) for name in names if name != named))
        panel.show_cell(samples.cell(prediction=another), 1, 1)
        qtbot.waitUntil(lambda named=named: in_sight(rows(panel)[names.index(named)]))


@pytest.mark.parametrize("count", [2, 9])
def test_few_classes_are_all_in_sight(panel: AnswerPanel, samples: Any, qtbot: QtBot, count: int) -> None:
    names = [f"kind_{number}" for number in range(count)]
    panel.resize(300, 900)
    panel.set_classes(names)
    panel.show_cell(samples.cell(prediction=samples.prediction(*((name, 1 / count) for name in names))), 1, 1)
    shown = rows(panel)
    assert len(shown) == count
    qtbot.waitUntil(lambda: all(in_sight(row) for row in shown))


@pytest.mark.parametrize(
    ("verdict", "class_id", "operator", "large", "said"),
    [
        (Verdict.AGREED, "neutrophil", "ada", "Neutrophil", "You: Neutrophil, as the model said"),
        (Verdict.CORRECTED, "monocyte", "ada", "Monocyte", "You: Monocyte (model said Neutrophil)"),
        (Verdict.REJECTED, None, "ada", "No cell", "You: no cell (model said Neutrophil)"),
        (Verdict.CORRECTED, "basophil", "ben", "Basophil", "ben: Basophil (model said Neutrophil)"),
    ],
)
def test_a_reviewed_cell_tells_who_said_what(
    panel: AnswerPanel,
    samples: Any,
    verdict: Verdict,
    class_id: str | None,
    operator: str,
    large: str,
    said: str,
) -> None:
    panel.show_cell(samples.cell(review=samples.review(verdict, class_id, operator)), 1, 1)
    assert large in [label.text() for label in panel.findChildren(FitLabel) if label.isVisible()]
    assert said in texts(panel)
    # The model's confidence in its own class never stands beside another one.
    bars = [bar.isVisible() for bar in panel.findChildren(ShareBar)]
    assert bars == [verdict is Verdict.AGREED]
    assert button(panel, "Take back").isEnabled()


def test_a_review_ends_the_uncertainty(panel: AnswerPanel, samples: Any) -> None:
    agreed = samples.review(Verdict.AGREED, "lymphocyte")
    panel.show_cell(samples.cell(prediction=samples.unsure, review=agreed), 1, 1)
    assert "Uncertain" not in texts(panel) and "Lymphocyte?" not in texts(panel)


def test_classes_the_model_lacks_can_be_chosen(qtbot: QtBot, panel: AnswerPanel, samples: Any) -> None:
    panel.set_classes((*WBC4, "basophil"))
    panel.show_cell(samples.cell(), 1, 1)
    row = rows(panel)[-1]
    assert row.accessibleName() == "Basophil, key 5"
    with qtbot.waitSignal(panel.class_chosen) as chosen:
        QTest.mouseClick(row, LEFT)
    assert chosen.args == ["basophil"]


def test_another_package_s_class_is_shown_without_a_key(panel: AnswerPanel, samples: Any) -> None:
    strange = samples.prediction(("blast_cell", 0.9), ("neutrophil", 0.1))
    panel.show_cell(samples.cell(prediction=strange), 1, 1)
    assert [row.accessibleName() for row in rows(panel)][3:] == [
        "Neutrophil, 10 %, key 4",
        "Blast cell, 90 %, the label",
    ]
    panel.show_cell(samples.cell(), 1, 1)
    assert len(rows(panel)) == 4


@pytest.mark.parametrize(
    ("text", "signal"),
    [("Agree", "agree_requested"), ("No cell", "reject_requested"), ("Take back", "clear_requested")],
)
def test_the_buttons_ask_by_mouse_and_keyboard(
    qtbot: QtBot, panel: AnswerPanel, samples: Any, text: str, signal: str
) -> None:
    panel.show_cell(samples.cell(review=samples.review(Verdict.AGREED, "neutrophil")), 1, 1)
    with qtbot.waitSignal(getattr(panel, signal)):
        QTest.mouseClick(button(panel, text), LEFT)
    with qtbot.waitSignal(getattr(panel, signal)):
        QTest.keyClick(button(panel, text), Qt.Key.Key_Space)


def test_what_cannot_be_done_rests(panel: AnswerPanel, samples: Any) -> None:
    panel.show_cell(samples.cell(), 1, 1)
    assert button(panel, "Agree").isEnabled() and not button(panel, "Take back").isEnabled()
    panel.show_cell(samples.unnamed(), 1, 1)
    assert not button(panel, "Agree").isEnabled() and button(panel, "No cell").isEnabled()
    assert "No model has named this cell yet." in texts(panel)
    panel.set_read_only(True)
    panel.show_cell(samples.cell(), 1, 1)
    assert not any(row.isEnabled() for row in rows(panel)) and not button(panel, "No cell").isEnabled()
    assert note(panel).isReadOnly()


def test_many_cells_are_counted_by_class(panel: AnswerPanel, samples: Any) -> None:
    cells = [
        samples.cell(),
        samples.cell(),
        samples.cell(prediction=samples.unsure),
        samples.cell(review=samples.review(Verdict.REJECTED, None)),
        samples.cell(removed=True),
    ]
    panel.show_cells(cells, note="smudged", note_key=3)
    words = texts(panel)
    assert (
        "4 cells" in words and "Uncertain: 1. Reviewed: 1 of 4." in words and "U: next one to review" in words
    )
    assert [row.accessibleName() for row in rows(panel)] == [
        "Eosinophil, 0, key 1",
        "Lymphocyte, 1, key 2",
        "Monocyte, 0, key 3",
        "Neutrophil, 2, key 4",
    ]
    assert not any(row.isEnabled() for row in rows(panel))
    assert note(panel).toPlainText() == "smudged" and "Note on this image" in words


def test_messages_say_what_and_what_to_do(panel: AnswerPanel) -> None:
    panel.show_nothing()
    assert "Open an image or choose one from the history." in texts(panel)
    panel.show_loading("wbc4")
    assert "The model wbc4 is being loaded." in texts(panel)
    panel.show_working("smear_02")
    assert "Working…" in texts(panel) and "smear_02" in texts(panel)
    panel.show_fault(Fault("image_truncated", "smear.jpeg ends too early.", "Copy it again."))
    words = texts(panel)
    assert "Not read\nsmear.jpeg ends too early.\nCopy it again.\nCode: image_truncated" in words
    panel.show_no_cell(note_key=1)
    assert "No cell found" in texts(panel) and "hold Shift" in texts(panel) and "Code" not in texts(panel)
    panel.show_no_model("No usable model is installed.", "Import one.")
    assert "No usable model is installed." in texts(panel)
    assert not button(panel, "Agree").isEnabled() and not note(panel).isEnabled()


def test_nothing_jumps_between_states(panel: AnswerPanel, samples: Any) -> None:
    places = set()
    panel.set_classes(())
    states = (
        panel.show_loading,
        lambda: panel.set_classes(WBC4),
        lambda: panel.show_cell(samples.cell(), 1, 3),
        lambda: panel.show_cell(samples.cell(prediction=samples.unsure), 2, 3),
        lambda: panel.show_cell(samples.cell(review=samples.review(Verdict.CORRECTED, "monocyte")), 2, 3),
        lambda: panel.show_cells([samples.cell(), samples.cell()]),
        panel.show_nothing,
        panel.show_no_cell,
        lambda: panel.show_fault(Fault("x", "A sentence that tells what happened to this file.", "Do it.")),
        panel.show_working,
        lambda: panel.show_cell(samples.unnamed(), 2, 3),
    )
    for state in states:
        state()
        QTest.qWait(0)
        places.add((button(panel, "Agree").y(), note(panel).y(), note(panel).height()))
    assert len(places) == 1


@pytest.mark.parametrize(("width", "height", "compact"), [(256, 312, True), (256, 460, False)])
def test_the_verdicts_and_the_classes_are_in_sight_on_a_low_screen(
    theme: Theme, panel: AnswerPanel, samples: Any, qtbot: QtBot, width: int, height: int, compact: bool
) -> None:
    """1366x768 at 200 % leaves the column 316 pixels below menu and title, at 150 % some 460."""
    panel.resize(width, height)
    panel.show_cell(samples.cell(prediction=samples.unsure), 1, 1)
    verdicts = button(panel, "Agree"), button(panel, "No cell")
    qtbot.waitUntil(lambda: all(in_sight(each) for each in (*verdicts, *rows(panel))))
    shown = [label for label in panel.findChildren(FitLabel) if label.isVisible()]
    assert [label.text() for label in shown] == ["Uncertain", "Lymphocyte?", "47 %"]
    assert ("Model: wbc4" in texts(panel)) is not compact
    assert "wbc4" in shown[2].toolTip()
    panel.resize(width, 900)
    qtbot.waitUntil(lambda: "Model: wbc4" in texts(panel))


def test_the_longest_answers_fit_a_narrow_column(panel: AnswerPanel, samples: Any) -> None:
    panel.set_classes(tuple(CELL_CLASSES)[:8])
    panel.resize(260, 720)
    wide = samples.prediction(("immature_granulocyte", 0.6), uncertain=UncertainReason.LOW_CONFIDENCE)
    panel.show_cell(samples.cell(prediction=wide), 388, 500)
    QTest.qWait(0)
    body = panel.widget()
    assert body is not None and body.width() <= 260
    assert panel.verticalScrollBar().maximum() == 0
    for label in panel.findChildren(QLabel):
        if label.isVisible() and label.wordWrap():
            assert label.heightForWidth(label.width()) <= label.height(), label.text()


# The note


def test_a_note_is_sent_after_a_pause(qtbot: QtBot, panel: AnswerPanel, samples: Any) -> None:
    panel.show_cell(samples.cell(note="old"), 1, 1, note_key=("cell", 4))
    panel.focus_note()
    assert note(panel).toPlainText() == "old"
    QTest.keyClick(note(panel), Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    with qtbot.waitSignal(panel.note_edited) as edited:
        QTest.keyClicks(note(panel), "er 1")
    assert edited.args == [("cell", 4), "older 1"]


def test_an_unsent_note_goes_to_its_own_cell(panel: AnswerPanel, samples: Any) -> None:
    sent: list[tuple[object, str]] = []
    panel.note_edited.connect(lambda key, text: sent.append((key, text)))
    panel.show_cell(samples.cell(), 1, 2, note_key=1)
    panel.focus_note()
    QTest.keyClicks(note(panel), "blurred")
    panel.show_cell(samples.cell(note="other"), 2, 2, note_key=2)
    assert sent == [(1, "blurred")] and note(panel).toPlainText() == "other"


def test_showing_the_same_cell_again_keeps_what_is_typed(panel: AnswerPanel, samples: Any) -> None:
    panel.show_cell(samples.cell(), 1, 1, note_key=1)
    panel.activateWindow()
    panel.focus_note()
    QTest.keyClicks(note(panel), "half a se")
    panel.show_cell(samples.cell(review=samples.review(Verdict.AGREED, "neutrophil")), 1, 1, note_key=1)
    assert note(panel).toPlainText() == "half a se"
    panel.flush_note()


def test_leaving_the_note_sends_it(qtbot: QtBot, samples: Any) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    panel, other = AnswerPanel(), QLineEdit()
    column = QVBoxLayout(window)
    column.addWidget(panel)
    column.addWidget(other)
    panel.show_cell(samples.cell(), 1, 1, note_key=1)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    panel.focus_note()
    QTest.keyClicks(note(panel), "a")
    with qtbot.waitSignal(panel.note_edited, timeout=300):
        other.setFocus()
    panel.focus_note()
    with qtbot.waitSignal(panel.note_left):
        QTest.keyClick(note(panel), Qt.Key.Key_Escape)


def test_the_window_s_keys_write_in_the_note(qtbot: QtBot, samples: Any) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    panel = AnswerPanel()
    window.setCentralWidget(panel)
    pressed: list[str] = []
    for keys in ("1", "X", "Return", "Delete", "Left", "?", "+", "Space"):
        action = QAction(keys, window)
        action.setShortcut(QKeySequence(keys))
        action.triggered.connect(lambda _checked, keys=keys: pressed.append(keys))
        window.addAction(action)
    panel.show_cell(samples.cell(), 1, 1, note_key=1)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    panel.focus_note()
    QTest.keyClicks(note(panel), "1x?+ ")
    QTest.keyClick(note(panel), Qt.Key.Key_Return)
    QTest.keyClick(note(panel), Qt.Key.Key_Left)
    QTest.keyClick(note(panel), Qt.Key.Key_Delete)
    assert pressed == [] and note(panel).toPlainText() == "1x?+ "
    panel.flush_note()


def test_a_note_has_a_limit(panel: AnswerPanel, samples: Any) -> None:
    panel.show_cell(samples.cell(note="x" * (MAX_NOTE_CHARACTERS - 1)), 1, 1, note_key=1)
    panel.focus_note()
    QTest.keyClick(note(panel), Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(note(panel), "yz")
    assert len(note(panel).toPlainText()) == MAX_NOTE_CHARACTERS and note(panel).toPlainText().endswith("xy")
    panel.flush_note()


# Numbers in words


@pytest.mark.parametrize(
    ("share", "words"),
    [(1.0, "100 %"), (0.998, "99 %"), (0.47, "47 %"), (0.004, "<1 %"), (0.0002, "0 %"), (0.0, "0 %")],
)
def test_percent_claims_no_certainty(qapp: object, share: float, words: str) -> None:
    assert percent(share) == words


@pytest.mark.parametrize(("elapsed", "words"), [(4.23, "4.2 ms"), (17.6, "18 ms"), (12_340.0, "12.3 s")])
def test_times_are_short(qapp: object, elapsed: float, words: str) -> None:
    assert milliseconds(elapsed) == words


def test_names_from_files_are_never_markup(panel: AnswerPanel) -> None:
    panel.show_fault(Fault("x", "<b>smear</b>.png is damaged.", ""))
    assert "<b>smear</b>.png is damaged." in texts(panel)
    labels = [label for label in panel.findChildren(QLabel) if "<b>" in label.text()]
    assert labels and all(label.textFormat() == Qt.TextFormat.PlainText for label in labels)
    assert plain_tooltip("<b>x</b>") == "<qt>&lt;b&gt;x&lt;/b&gt;</qt>" and plain_tooltip("a < b") == "a < b"


def test_long_names_and_reasons_are_not_cut(qtbot: QtBot, panel: AnswerPanel) -> None:
    name = "patient_series_" + "x" * 60 + "-2026.11.21_field_0001.jpeg"
    panel.show_fault(Fault("image_truncated", f"{name} ends early. " * 3, "Copy it again from the archive."))
    panel.resize(240, 700)
    qtbot.waitUntil(lambda: panel.widget().width() <= 240)
    shown = [label for label in panel.findChildren(QLabel) if label.isVisible() and label.wordWrap()]
    for label in shown:
        assert label.heightForWidth(label.width()) <= label.height(), label.text()
        assert label.minimumSizeHint().width() <= label.width()
    assert breakable(name).replace("\u200b", "") == name
