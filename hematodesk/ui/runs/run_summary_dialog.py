"""The summary of a batch run: counts by class, uncertain ones, failures with reasons.

Every line leads to its images: the list shows only those, a reason unfolds them, or the failed image
is opened.
"""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from hematodesk.domain.cells import ImageStatus
from hematodesk.domain.history import HistoryFilter, RunSummary
from hematodesk.ui.kit.class_names import class_name
from hematodesk.ui.kit.error_words import error_words
from hematodesk.ui.kit.plain_text import plain_tooltip
from hematodesk.ui.kit.theme import set_role
from hematodesk.ui.kit.words import images_words, number, rate_words, reason_words
from hematodesk.workflow.analysis.run_job import RunEnd

_TARGET = Qt.ItemDataRole.UserRole


class RunSummaryDialog(QDialog):
    """Not modal, and changes nothing.

    Signals:
        filter_wanted(HistoryFilter, str): list only these images; what they are, in words.
        image_wanted(int): open this image of the history.
    """

    filter_wanted = Signal(object, str)
    image_wanted = Signal(int)

    def __init__(self, summary: RunSummary, end: RunEnd, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("runSummary")
        self.setWindowTitle(self.tr("Summary of the batch"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        head = QLabel(self._head(end), self)
        head.setWordWrap(True)
        column.addWidget(head)
        self.tree = QTreeWidget(self)
        self.tree.setAccessibleName(self.tr("What the batch holds"))
        self.tree.setColumnCount(3)
        self.tree.setHeaderLabels([self.tr("What"), self.tr("Cells"), self.tr("Images")])
        self.tree.setUniformRowHeights(True)
        self._row = QSize(0, self.tree.fontMetrics().height() + 8)
        self.tree.header().setStretchLastSection(False)
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for place in (1, 2):
            self.tree.header().setSectionResizeMode(place, QHeaderView.ResizeMode.ResizeToContents)
        self._fill(summary)
        self.tree.itemClicked.connect(self._chosen)
        self.tree.itemActivated.connect(self._chosen)
        column.addWidget(self.tree, 1)
        hint = QLabel(self.tr("Click a line to see its images in the list."), self)
        set_role(hint, "muted")
        column.addWidget(hint)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
        self.resize(520, 440)

    def _head(self, end: RunEnd) -> str:
        words = images_words(end.done, end.summary.elapsed_s)
        named = end.summary.done - end.summary.reused
        if named and end.summary.elapsed_s > 0:
            rate = named / end.summary.elapsed_s
            words += ", " + self.tr("{rate} a second").format(rate=rate_words(rate))
        if end.summary.reused:
            words += ", " + self.tr("{count} of them known before").format(count=number(end.summary.reused))
        return words

    def _fill(self, summary: RunSummary) -> None:
        of_run = HistoryFilter(run_id=summary.run_id)
        self._line(self.tr("All images"), summary.cells, summary.images, of_run)
        for class_id, cells, images in summary.classes:
            self._line(class_name(class_id), cells, images, replace(of_run, class_id=class_id))
        if summary.uncertain:
            self._line(self.tr("Uncertain"), None, summary.uncertain, replace(of_run, uncertain_only=True))
        if summary.without_cells:
            chosen = replace(of_run, status=ImageStatus.NO_CELL)
            self._line(self.tr("No cell found"), None, summary.without_cells, chosen)
        if not summary.failed:
            return
        chosen = replace(of_run, status=ImageStatus.ERROR)
        failed = self._line(self.tr("Failed"), None, summary.failed, chosen)
        by_code: dict[str, list[QTreeWidgetItem]] = {}
        for failure in summary.failures:
            item = QTreeWidgetItem([error_words(failure.message) or failure.name, "", ""])
            item.setToolTip(0, plain_tooltip(error_words(failure.message)))
            item.setSizeHint(0, self._row)
            item.setData(0, _TARGET, failure.image_id)
            by_code.setdefault(failure.code, []).append(item)
        for code, items in sorted(by_code.items(), key=lambda each: -len(each[1])):
            reason = QTreeWidgetItem(failed, [reason_words(code), "", number(len(items))])
            reason.setToolTip(0, code)
            reason.setSizeHint(0, self._row)
            reason.setTextAlignment(2, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            reason.addChildren(items)
            reason.setExpanded(len(items) <= 20)
        failed.setExpanded(True)

    def _line(self, words: str, cells: int | None, images: int, target: HistoryFilter) -> QTreeWidgetItem:
        item = QTreeWidgetItem(self.tree, [words, "" if cells is None else number(cells), number(images)])
        item.setSizeHint(0, self._row)
        for place in (1, 2):
            item.setTextAlignment(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        item.setData(0, _TARGET, target)
        return item

    def _chosen(self, item: QTreeWidgetItem) -> None:
        target = item.data(0, _TARGET)
        if isinstance(target, HistoryFilter):
            self.filter_wanted.emit(target, item.text(0))
        elif isinstance(target, int):
            self.image_wanted.emit(target)
        else:
            item.setExpanded(not item.isExpanded())
