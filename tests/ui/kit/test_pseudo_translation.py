"""The window in a language a third longer: nothing is cut, and no text was forgotten.

Every text comes through a translator that accents all vowels, lengthens by 38 % and puts brackets around.
A word of two and more letters with a plain vowel on the screen therefore never went through the
translation, unless it is a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QRect, Qt, QTranslator
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QComboBox,
    QDialog,
    QGroupBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QStyle,
    QStyleOptionComboBox,
    QStyleOptionFrame,
    QTabBar,
    QTextBrowser,
    QToolButton,
    QTreeWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from hematodesk.domain.errors import HematodeskError
from hematodesk.imaging import capture
from hematodesk.ui.image.drop_zone import RecentButton
from hematodesk.ui.kit.banners import Level, Notice
from hematodesk.ui.kit.parts import ClassRow, FitLabel
from hematodesk.ui.main_window import MainWindow
from hematodesk.ui.shell.error_report import ErrorReport
from hematodesk.workflow.exports.export import EXPORT_FORMATS

_LONGER = 0.38
_PADDING = "öné twö thréé föúr fívé síx sévén éíght níné tén élévén twélvé "
_ACCENTED = str.maketrans("aeiouyAEIOUY", "áéíóúýÁÉÍÓÚÝ")
_KEPT = re.compile(r"\{\w*\}|%n|%\d|\*\.\w+|&[lg]t;|<[^>]*>|&amp;")
_WORD = re.compile(r"[^\W\d_]{2,}")

# What is no text of ours: the program's and the tests' names, codes of errors, formats, keys.
_NAMES = {
    *(
        "hematodesk",
        "tiny",
        "second",
        "ada",
        "field",
        "plain",
        "broken",
        "png",
        "jpg",
        "jpeg",
        "TIFF",
        "onnx",
    ),
    *(
        "Ctrl",
        "Shift",
        "Alt",
        "Esc",
        "Tab",
        "Enter",
        "Return",
        "Delete",
        "Del",
        "Left",
        "Right",
        "Space",
        "Ins",
    ),
    *("CPU", "CUDA", "SHA", "JSON", "PDF", "CSV", "XLSX", "MIT", "JPEG", "BMP", "WebP", "PNG", "AVI"),
    *("English", "Español", "logit", "MB", "px", "Meta"),
    *("Python", "Qt", "PySide", "numpy", "opencv", "onnxruntime", "headless", "Essentials", "SQLite", "ONNX"),
    *("Runtime", "OpenCV", "NumPy", "LGPL", "BSD", "Apache", "PSF", "public", "domain"),
}

# Error codes, digests, folders of the tests, what the tests' package says of itself, licences and parts.
_FOREIGN = re.compile(
    r"\b[a-z]+(?:_[a-z]+)+\b|\b[0-9a-f]{12,}\b|\S*/pytest-\S*|Tests of the window|\n(?:none|nothing)(?=\n)|"
    r"BSD-3-Clause|opencv-python-headless|asked for: auto|: (?:cpu|auto)\b"
)

_SHRUNK = 0.55
"""How small the large line may become."""

_ELIDED_BY_DESIGN = (ClassRow, RecentButton)


def pseudo(text: str) -> str:
    """The text longer, accented and in brackets; what is filled in later stays."""
    parts = _KEPT.split(text)
    kept = [*_KEPT.findall(text), ""]
    body = "".join(part.translate(_ACCENTED) + hole for part, hole in zip(parts, kept, strict=True))
    more = max(0, round(len(text) * _LONGER) - 2)
    return f"[{body}{(' ' + _PADDING * (1 + more // len(_PADDING)))[:more].rstrip()}]"


class PseudoTranslator(QTranslator):
    """Lengthens every text but the names of keys, from which shortcuts are read."""

    def isEmpty(self) -> bool:
        return False

    def translate(self, context: str, text: str, disambiguation: Any = None, n: int = -1) -> str:
        del disambiguation, n
        return text if context in ("QShortcut", "QIODevice") or not text.strip() else pseudo(text)


@pytest.fixture
def longer(qapp: QApplication) -> Iterator[None]:
    """The program in a language that is a third longer."""
    translator = PseudoTranslator()
    QCoreApplication.installTranslator(translator)
    yield
    QCoreApplication.removeTranslator(translator)


# What is on the screen


def own_text(widget: QWidget) -> str:
    """The text a widget shows by itself."""
    if isinstance(widget, QLabel | QAbstractButton):
        return widget.text()
    if isinstance(widget, QGroupBox):
        return widget.title()
    if isinstance(widget, QLineEdit):
        return widget.placeholderText()
    if isinstance(widget, QComboBox):
        return widget.currentText()
    return ""


def all_texts(root: QWidget) -> Iterator[tuple[str, str]]:
    """(where, text) of everything that a person can read or hear in a window."""
    for widget in [root, *root.findChildren(QWidget)]:
        where = f"{type(widget).__name__} {widget.objectName()}".strip()
        told = [own_text(widget), widget.toolTip(), widget.accessibleName(), widget.accessibleDescription()]
        if widget.isWindow():
            told.append(widget.windowTitle())
        if isinstance(widget, QComboBox):
            told += [widget.itemText(index) for index in range(widget.count())]
        if isinstance(widget, QTabBar):
            told += [widget.tabText(index) for index in range(widget.count())]
        if isinstance(widget, QTextBrowser):
            told.append(widget.toPlainText())
        if isinstance(widget, QHeaderView) and widget.model() is not None:
            told += [
                str(widget.model().headerData(section, widget.orientation()) or "")
                for section in range(widget.count())
                if widget.orientation() is Qt.Orientation.Horizontal
            ]
        yield from ((where, text) for text in told if text)
    for action in root.findChildren(QAction):
        yield f"QAction {action.objectName()}", action.text()


def forgotten(root: QWidget) -> list[str]:
    """The texts of a window with words that no translation gave."""
    found = set()
    for where, text in all_texts(root):
        plain = re.sub(r"<[^>]*>|&(?=\w)", "", _FOREIGN.sub("", text.replace("\u200b", "")))
        words = [word for word in _WORD.findall(plain) if re.search("[aeiouAEIOU]", word)]
        strange = [word for word in words if word not in _NAMES]
        # A word with an accent in it did go through the translation.
        strange = [word for word in strange if not re.search("[áéíóúýÁÉÍÓÚÝö]", word)]
        if strange:
            found.add(f"{where}: {text!r} ({', '.join(strange)})")
    return sorted(found)


def _room(widget: QWidget) -> tuple[int, int]:
    return widget.contentsRect().width(), widget.contentsRect().height()


def _label_cut(label: QLabel) -> bool:
    width, height = _room(label)
    if label.wordWrap():
        return label.heightForWidth(label.width()) > label.height() + 1 or _longest_word(label) > width
    needed = label.sizeHint()
    return needed.width() > label.width() + 1 or needed.height() > label.height() + 1 or height <= 0


def _longest_word(label: QLabel) -> int:
    if label.textFormat() == Qt.TextFormat.RichText:
        return 0
    metrics = label.fontMetrics()
    return max((metrics.horizontalAdvance(word) for word in re.split(r"[\s\u200b]", label.text())), default=0)


def _combo_cut(box: QComboBox) -> bool:
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    field = box.style().subControlRect(
        QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, box
    )
    return box.fontMetrics().horizontalAdvance(box.currentText()) > field.width() + 1


def _line_cut(line: QLineEdit) -> bool:
    option = QStyleOptionFrame()
    line.initStyleOption(option)
    field = line.style().subElementRect(QStyle.SubElement.SE_LineEditContents, option, line)
    return line.fontMetrics().horizontalAdvance(line.placeholderText()) > field.width()


def _header_cut(header: QHeaderView) -> list[str]:
    if header.orientation() is not Qt.Orientation.Horizontal or header.model() is None:
        return []
    titles = [
        (section, str(header.model().headerData(section, header.orientation()) or ""))
        for section in range(header.count())
        if not header.isSectionHidden(section)
    ]
    return [
        title
        for section, title in titles
        if title and header.sectionSize(section) < header.fontMetrics().horizontalAdvance(title) + 4
    ]


def _is_cut(widget: QWidget) -> bool:
    if isinstance(widget, QLabel):
        return _label_cut(widget)
    if isinstance(widget, QComboBox):
        return _combo_cut(widget)
    if isinstance(widget, QLineEdit):
        return not widget.text() and _line_cut(widget)
    if isinstance(widget, QAbstractButton | QGroupBox):
        # With a key, minimumSizeHint has room for both side by side.
        hint = widget.minimumSizeHint()
        return hint.width() > widget.width() + 1 or hint.height() > widget.height() + 1
    return False


def _outside(widget: QWidget, root: QWidget) -> bool:
    """Whether part of it lies where nobody can see or scroll to."""
    parent = widget.parentWidget()
    rect = widget.rect()
    while parent is not None and widget is not root:
        rect = QRect(widget.mapTo(parent, rect.topLeft()), rect.size())
        if isinstance(parent.parentWidget(), QAbstractScrollArea):
            return False
        if not parent.rect().adjusted(-1, -1, 1, 1).contains(rect):
            return True
        widget, parent = parent, parent.parentWidget()
    return False


def cut(root: QWidget) -> list[str]:
    """The texts of a window that do not fit."""
    found = []
    for widget in root.findChildren(QWidget):
        if not widget.isVisibleTo(root):
            continue
        where = f"{type(widget).__name__} {widget.objectName()}".strip()
        if isinstance(widget, QHeaderView):
            found += [f"{where}: {title!r}" for title in _header_cut(widget)]
        text = own_text(widget)
        if not text.strip() or (isinstance(widget, QToolButton) and not widget.text()):
            continue
        told = widget.toolTip() + widget.accessibleName()
        if isinstance(widget, FitLabel):
            shrunk = widget.fontMetrics().horizontalAdvance(text) * _SHRUNK
            if shrunk > widget.width() and text not in widget.toolTip():
                found.append(f"{where}: {text!r} in {widget.width()}, however small")
        elif type(widget).__name__ == "_Line" or isinstance(widget, _ELIDED_BY_DESIGN):
            if not told and _is_cut(widget):
                found.append(f"{where}: {text!r} is elided, and nothing tells the whole")
        elif isinstance(widget, QComboBox | QLineEdit) and text in widget.toolTip():
            pass  # A narrow choice may show the beginning alone where its tooltip tells the rest.
        elif _is_cut(widget) or _outside(widget, root):
            size = f"{widget.width()} x {widget.height()}"
            found.append(f"{where}: {text!r} in {size}, wants {widget.sizeHint().toTuple()}")
    return sorted(set(found))


def judged(root: QWidget) -> None:
    """Fail when a text of a window is cut or was forgotten."""
    QApplication.processEvents()
    wrong = [f"not translatable: {line}" for line in forgotten(root)] + [f"cut: {line}" for line in cut(root)]
    assert not wrong, "\n".join(wrong)


# The windows


def narrowest(window: MainWindow, width: int = 1366, height: int = 768) -> None:
    """The outer columns as narrow as they go."""
    window.resize(width, height)
    window.columns.setSizes([1, 10_000, 1])
    QApplication.processEvents()


def smallest(dialog: QDialog) -> None:
    """As small as a person can make it."""
    dialog.resize(dialog.minimumSizeHint())
    QApplication.processEvents()


def test_the_rule_finds_what_it_looks_for(qtbot: QtBot, longer) -> None:
    box = QWidget()
    qtbot.addWidget(box)
    box.resize(300, 200)
    tight, forgot, fine = QPushButton(pseudo("Go on with it"), box), QLabel("Forgotten", box), QLabel(box)
    tight.setGeometry(0, 0, 40, 30)
    fine.setText(QCoreApplication.translate("Anything", "All well in {place}").format(place="field.jpg"))
    fine.adjustSize()
    fine.move(0, 100)
    forgot.adjustSize()
    forgot.move(0, 50)
    box.show()
    assert [line.split(":")[0] for line in cut(box)] == ["QPushButton"]
    assert ["Forgotten" in line for line in forgotten(box)] == [True]
    tight.move(290, 0)
    tight.resize(tight.sizeHint())
    assert len(cut(box)) == 1, "half of it lies outside"


def test_the_empty_window(bench, longer) -> None:
    window = bench.show()
    narrowest(window)
    judged(window)


def test_the_window_with_images(bench, qtbot: QtBot, longer) -> None:
    broken = bench.folder / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff nothing")
    window = bench.show(start=[bench.field(), *bench.plain(2), broken])
    narrowest(window)
    assert window.panel.model.rowCount() > 4
    for row in range(window.panel.model.rowCount()):
        window.panel.list.setCurrentIndex(window.panel.model.index(row))
        bench.rest(window)
        judged(window)


def test_the_window_in_every_state_of_a_cell(bench, qtbot: QtBot, longer) -> None:
    bench.ship_model(with_map=True)
    window = bench.show(start=[bench.field()])
    narrowest(window)
    for action in ("show_why", "agree", "clear_review", "reject", "undo", "add_cell", "shortcuts"):
        window.actions_[action].trigger()
        bench.rest(window)
        judged(window)
    window.overlay.close_overlay()


def test_banners(bench, longer) -> None:
    window = bench.show(start=[bench.field()])
    narrowest(window)
    said = "“field.jpg” is a damaged JPEG file: its end is missing."
    error = HematodeskError("image_damaged", said, "Export it again from its source.")
    window.banners.show_error(error)
    words = QCoreApplication.translate("Notices", "Images are named, but nothing is saved in this session.")
    button = QCoreApplication.translate("Notices", "Import a model…")
    window.banners.show_notice(
        Notice("no_model", words, words, Level.WARNING, button, lambda: None, cause="model_missing")
    )
    judged(window)


def test_a_window_without_a_model(empty_bench, longer) -> None:
    window = empty_bench.show(start=[empty_bench.field()])
    narrowest(window)
    judged(window)


@pytest.mark.parametrize("name", ["settings", "models", "about", "compare_models", "adapt", "export"])
def test_dialogs(bench, qtbot: QtBot, longer, name: str) -> None:
    bench.ship_model("second", with_map=True)
    window = bench.show(start=[bench.field()])
    window.actions_[name].trigger()
    bench.rest(window)
    (dialog,) = [each for each in window.findChildren(QDialog) if each.isVisible()]
    for _ in range(len(EXPORT_FORMATS) if name == "export" else 1):
        smallest(dialog)
        judged(dialog)
        if name == "export":
            box: Any = dialog
            box.format.setCurrentIndex((box.format.currentIndex() + 1) % box.format.count())
    if name == "models":
        trees = dialog.findChildren(QTreeWidget)
        assert trees or dialog.findChildren(QTextBrowser)
    dialog.close()


def test_the_list_of_backups(bench, longer) -> None:
    window = bench.show(start=[bench.field()])
    window.actions_["restore"].trigger()
    bench.rest(window)
    dialog = window.dialogs.open_now["restore"]
    smallest(dialog)
    judged(dialog)
    dialog.close()


def test_the_manuals_window(bench, longer) -> None:
    """Its pages are in their own language; what stands around them is not."""
    window = bench.show()
    window.services.settings.set("language", "es", save=False)
    window.actions_["manual"].trigger()
    bench.rest(window)
    dialog = window.dialogs.open_now["manual"]
    dialog.search.setText("nothing like this")
    smallest(dialog)
    assert [line for line in forgotten(dialog) if not line.startswith(("ManualView", "QListWidget"))] == []
    assert cut(dialog) == []
    dialog.close()


def test_the_live_picture(bench, longer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture, "list_cameras", lambda: [])
    window = bench.show()
    window.actions_["live"].trigger()
    bench.rest(window)
    dialog = window.dialogs.open_now["live"]
    smallest(dialog)
    judged(dialog)
    dialog.close()


def test_the_summary_of_a_batch(bench, longer) -> None:
    window = bench.show(start=[bench.field("a.jpg"), *bench.plain(3)])
    bench.rest(window)
    window.actions_["run_summary"].trigger()
    bench.rest(window)
    dialog = window.dialogs.open_now["run_summary"]
    smallest(dialog)
    judged(dialog)
    dialog.close()


def test_questions_and_reports(bench, qtbot: QtBot, longer) -> None:
    window = bench.show(start=[bench.field()])
    window.review.ask_delete(3, lambda: None)
    (dialog,) = [each for each in window.findChildren(QDialog) if each.isVisible()]
    judged(dialog)
    dialog.close()
    report = ErrorReport("", window)
    report.show()
    smallest(report)
    judged(report)
    report.close()
    report.deleteLater()
