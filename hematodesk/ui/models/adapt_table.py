"""The reviewed cells by class, and before and after beside them once that is known."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QLocale, QSize, Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from hematodesk.domain.comparison import Comparison, Share, Verdict
from hematodesk.ui.kit.cell_words import percent
from hematodesk.ui.kit.class_names import class_name
from hematodesk.ui.kit.class_swatch import SWATCH, class_swatch
from hematodesk.ui.kit.theme import emphasis_font
from hematodesk.ui.kit.translation import translate
from hematodesk.workflow.models.adaptation import Proposal
from hematodesk.workflow.models.reviewed_cells import LEAST_CELLS, LEAST_IMAGES, ClassCount, ReviewedCells

_ROW_MARGIN = 10


class AdaptTable(QTableWidget):
    """One row a class; with a proposal also rows for all cells."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 5, parent)
        self.setAccessibleName(self.tr("Reviewed cells by class"))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setIconSize(QSize(SWATCH, SWATCH))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + _ROW_MARGIN)
        self.setHorizontalHeaderLabels(
            [self.tr("Class"), self.tr("Cells"), self.tr("Images"), self.tr("Before"), self.tr("After")]
        )
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column in range(5):
            self._mode(column, QHeaderView.ResizeMode.ResizeToContents)
        self._mode(0, QHeaderView.ResizeMode.Stretch)

    def _mode(self, column: int, mode: QHeaderView.ResizeMode) -> None:
        self.horizontalHeader().setSectionResizeMode(column, mode)

    def show_counts(self, reviewed: ReviewedCells) -> None:
        """What there is to learn from; a class with too few cells says so."""
        self.setRowCount(0)
        for column in (3, 4):
            self.setColumnHidden(column, True)
        for each in reviewed.counts:
            item = self._row(each.class_id, each.cells, each.images)
            if not each.enough:
                self._mark_few(item, each)

    def _mark_few(self, item: QTableWidgetItem, count: ClassCount) -> None:
        item.setText(self.tr("{name}, too few yet").format(name=item.text()))
        words = self.tr("Fewer than {cells} cells of {images} images prove little.")
        if not count.known:
            words += " " + self.tr("The model does not know this class, so these cells are left out.")
        item.setToolTip(words.format(cells=LEAST_CELLS, images=LEAST_IMAGES))

    def show_proposal(self, proposal: Proposal) -> None:
        """Before and after: classes, then all cells."""
        self.setRowCount(0)
        for column in (3, 4):
            self.setColumnHidden(column, False)
        change = proposal.comparison
        for each in change.classes:
            item = self._row(each.class_id, each.after.cells, each.after.images)
            self._answers(each.before, each.after)
            if each.class_id in proposal.new_classes:
                item.setText(self.tr("{name}, new").format(name=item.text()))
        self._row("", change.after.cells, change.after.images, words=self.tr("All cells"))
        self._answers(change.before, change.after)
        self._plain(self.tr("Mean of the classes"), change.balanced_before, change.balanced_after)
        self._plain(self.tr("Answered “uncertain”"), proposal.uncertain_before, proposal.uncertain_after)
        for row in range(len(change.classes), len(change.classes) + 2):
            for column in range(5):
                if (found := self.item(row, column)) is not None:
                    found.setFont(emphasis_font(self.font()))

    def _row(self, class_id: str, cells: int, images: int, *, words: str = "") -> QTableWidgetItem:
        row = self.rowCount()
        self.insertRow(row)
        item = self._set(row, 0, words or class_name(class_id))
        if class_id:
            item.setIcon(class_swatch(class_id))
        self._set(row, 1, QLocale().toString(cells))
        self._set(row, 2, QLocale().toString(images))
        return item

    def _answers(self, before: Share, after: Share) -> None:
        row = self.rowCount() - 1
        self._set(row, 3, share_words(before))
        self._set(row, 4, share_words(after))

    def _plain(self, words: str, before: float, after: float) -> None:
        row = self.rowCount()
        self.insertRow(row)
        for column, text in enumerate((words, "", "", percent(before), percent(after))):
            self._set(row, column, text)

    def _set(self, row: int, column: int, words: str) -> QTableWidgetItem:
        item = QTableWidgetItem(words)
        self.setItem(row, column, item)
        return item

    def words(self) -> list[list[str]]:
        """The texts of all cells that show, row by row."""
        columns = [column for column in range(5) if not self.isColumnHidden(column)]
        return [
            [found.text() if (found := self.item(row, column)) else "" for column in columns]
            for row in range(self.rowCount())
        ]


def share_words(share: Share) -> str:
    """A share with its interval: 75 % (55 to 88 %)."""
    low, high = (round(end * 100) for end in share.interval)
    return translate("AdaptTable", "{share}  ({low} to {high} %)").format(
        share=percent(share.value), low=low, high=high
    )


def verdict_words(change: Comparison, old: str) -> str:
    """Take it or keep the old one."""
    if change.verdict is Verdict.BETTER:
        return translate("AdaptTable", "The adapted model is better on this lab's cells, beyond chance.")
    if change.verdict is Verdict.LIKELY:
        return translate(
            "AdaptTable",
            "The adapted model is likely better; with so few cells the gain may still be chance.",
        )
    return translate(
        "AdaptTable", "The adapted model is not better on this lab's cells: better keep {model}."
    ).format(model=old)


def change_words(proposal: Proposal) -> str:
    """What changed, how it was measured, and which images were missing."""
    change, number = proposal.comparison, QLocale().toString
    low, high, middle = (
        f"{'+' if value > 0 else ''}{number(value * 100, 'f', 1)}"
        for value in (*change.difference, change.balanced_after - change.balanced_before)
    )
    parts = [
        translate(
            "AdaptTable",
            "Wrong answers that became right: {mended}; right ones that became wrong: {spoiled}. The mean "
            "of the classes changes by {middle} points (95 % interval {low} to {high}).",
        ).format(mended=change.mended, spoiled=change.spoiled, middle=middle, low=low, high=high),
        translate(
            "AdaptTable",
            "Each cell was answered by a model that never saw its image. Images of one patient or slide "
            "cannot be told apart here, so another patient's may fare worse.",
        ),
    ]
    if proposal.map_lost:
        parts.append(translate("AdaptTable", "The new model cannot show why: its evidence map is left out."))
    parts += _left_out(proposal)
    return "\n".join(parts)


def _left_out(proposal: Proposal) -> Sequence[str]:
    names = [name for listed in proposal.unread.values() for name in listed]
    if not names:
        return ()
    shown = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
    return (
        translate(
            "AdaptTable",
            "Cells left out, since their images have moved or changed: {cells} ({names})",
        ).format(cells=proposal.unread_cells, names=shown),
    )
