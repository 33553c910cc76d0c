"""Two packages side by side on the image that is open in the window.

It stays open while the person goes from image to image: each one is compared as it comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from hematodesk.domain.cells import Cell, CellOrigin, Prediction
from hematodesk.domain.errors import HematodeskError
from hematodesk.domain.packages import ModelPackage
from hematodesk.ui.kit.cell_words import percent, uncertain_short, uncertain_words
from hematodesk.ui.kit.class_names import class_name, learn_names
from hematodesk.ui.kit.class_swatch import SWATCH, class_swatch
from hematodesk.ui.kit.error_words import error_words
from hematodesk.ui.kit.image_view import ImageView
from hematodesk.ui.kit.plain_text import plain_label, plain_tooltip
from hematodesk.ui.kit.theme import emphasis_font
from hematodesk.ui.state.model_state import ModelState
from hematodesk.ui.state.task_lanes import Lane, TaskLanes, Ticket
from hematodesk.ui.state.viewer_state import Viewer, ViewState
from hematodesk.workflow.models.model_service import LoadedClassifier
from hematodesk.workflow.review.compare import ComparedCell, compare


class CompareDialog(QDialog):
    """Left the model in use, right another one; both can be chosen."""

    def __init__(
        self, model_state: ModelState, viewer: Viewer, lanes: TaskLanes, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("compare")
        self.setWindowTitle(self.tr("Compare two models"))
        self._model_state, self._viewer, self._lanes = model_state, viewer, lanes
        self._ticket: Ticket | None = None
        self._opened: dict[str, LoadedClassifier] = {}
        self._rows: tuple[ComparedCell, ...] = ()
        self._shown_image: object = None
        self.choices = (QComboBox(self), QComboBox(self))
        self.views = (ImageView(self), ImageView(self))
        self.table = QTableWidget(0, 4, self)
        self.summary = plain_label()
        self._lay_out()
        self._words()
        for view in self.views:
            view.cell_chosen.connect(self._choose)
        self.table.itemSelectionChanged.connect(self._row_chosen)
        for choice in self.choices:
            choice.activated.connect(self.compare)
        viewer.changed.connect(self.compare)
        self.finished.connect(self._stop)
        self.resize(1080, 720)
        lanes.run(Lane.DECODING, lambda _ticket: self._usable(), done=self._listed, owner=self)

    def _lay_out(self) -> None:
        sides = QHBoxLayout()
        sides.setSpacing(16)
        for choice, view in zip(self.choices, self.views, strict=True):
            column = QVBoxLayout()
            column.setSpacing(8)
            column.addWidget(choice)
            view.setMinimumSize(QSize(200, 160))
            column.addWidget(view, 1)
            sides.addLayout(column, 1)
        upper = QWidget(self)
        upper.setLayout(sides)
        sides.setContentsMargins(0, 0, 0, 0)
        self.summary.setWordWrap(True)
        self.summary.setFont(emphasis_font(self.font()))
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.setIconSize(QSize(SWATCH, SWATCH))
        head = self.table.horizontalHeader()
        head.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        head.setSectionResizeMode(3, QHeaderView.ResizeMode.ResizeToContents)
        lower = QWidget(self)
        column = QVBoxLayout(lower)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.summary)
        column.addWidget(self.table, 1)
        split = QSplitter(Qt.Orientation.Vertical, self)
        split.setChildrenCollapsible(False)
        split.addWidget(upper)
        split.addWidget(lower)
        split.setSizes([420, 240])
        split.setStretchFactor(0, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 16, 16, 16)
        whole.addWidget(split)

    def _words(self) -> None:
        self.choices[0].setAccessibleName(self.tr("First model"))
        self.choices[1].setAccessibleName(self.tr("Second model"))
        self.views[0].setAccessibleName(self.tr("The image as the first model names it"))
        self.views[1].setAccessibleName(self.tr("The image as the second model names it"))
        self.table.setAccessibleName(self.tr("Cells and both answers"))

    # The packages

    def _usable(self) -> list[tuple[ModelPackage, str]]:
        """Packages with what finds them again; reads the disk, so it is called on a lane."""
        service = self._model_state.service
        return [
            (each, service.reference(each)) for each in service.packages() if isinstance(each, ModelPackage)
        ]

    def _listed(self, listed: Sequence[tuple[ModelPackage, str]]) -> None:
        usable = [package for package, _reference in listed]
        for package in usable:
            learn_names(package.manifest.classes)
        loaded = self._model_state.loaded
        first = next((i for i, each in enumerate(usable) if loaded and each == loaded.package), 0)
        for choice in self.choices:
            for package, reference in listed:
                name = f"{package.name} {package.version}"
                if not package.shipped:
                    # A shipped one may have the same name and version.
                    name = self.tr("{model}, imported").format(model=name)
                choice.addItem(name, reference)
            choice.setEnabled(len(usable) > 1)
        self.choices[0].setCurrentIndex(first)
        self.choices[1].setCurrentIndex(_partner(usable, first))
        if len(usable) < 2:
            self._say(
                self.tr("There is only one model. Import another one from the Models menu to compare them.")
            )
        else:
            self.compare()

    # Comparing

    def compare(self) -> None:
        """Ask both packages about the image that is open now; what comes late for another is dropped."""
        references = [str(choice.currentData()) for choice in self.choices if choice.currentData()]
        if len(references) < 2:
            return
        self._stop()
        viewer = self._viewer
        pixels, result = viewer.pixels, viewer.result
        if pixels is None or viewer.preview or viewer.state is not ViewState.SHOWN or result is None:
            self._fill(())
            self._put(None)
            self._say(self.tr("Open an image in the window: both models then name its cells here."))
            return
        self._put(pixels)
        cells, diameter = result.cells, result.red_cell_diameter

        def work(ticket: Ticket) -> tuple[ComparedCell, ...]:
            one, two = (self._open(reference) for reference in references)
            return compare(pixels, cells, diameter, one, two, ticket.token)

        def came(rows: tuple[ComparedCell, ...]) -> None:
            if self._ticket is ticket:
                self._fill(rows)

        def failed(error: HematodeskError) -> None:
            if self._ticket is ticket:
                self._fill(())
                self._say(f"{error_words(error.message)} {error_words(error.remedy)}".strip())

        # On the lane of the one image that a person waits for: the model in use is not asked twice at once.
        ticket = self._lanes.run(Lane.INFERENCE, work, done=came, failed=failed, owner=self)
        self._ticket = ticket

    def _open(self, reference: str) -> LoadedClassifier:
        """Called on the inference lane, where jobs run one after the other."""
        if reference not in self._opened:
            self._opened[reference] = self._model_state.service.open_beside(reference)
        return self._opened[reference]

    # Showing

    def _put(self, pixels: object) -> None:
        if pixels is self._shown_image:
            return
        self._shown_image = pixels
        for view in self.views:
            view.set_image(self._viewer.pixels if pixels is not None else None, self._viewer.name)
            view.fit()

    def _say(self, words: str) -> None:
        self.summary.setText(words)

    def _fill(self, rows: tuple[ComparedCell, ...]) -> None:
        self._rows = rows
        for side, view in enumerate(self.views):
            view.set_cells([_answered(row, side) for row in rows])
        names = [choice.currentText() for choice in self.choices]
        self.table.setHorizontalHeaderLabels([self.tr("Cell"), *names, self.tr("Same name")])
        self.table.setRowCount(len(rows))
        for index, row in enumerate(rows):
            whole = row.cell.origin is CellOrigin.WHOLE_IMAGE
            self._set(index, 0, self.tr("Whole image") if whole else str(index + 1))
            self._set_prediction(index, 1, row.one)
            self._set_prediction(index, 2, row.two)
            same = {True: self.tr("same"), False: self._difference(row), None: "–"}[row.same]
            self._set(index, 3, same, strong=row.same is False)
        asked = [row for row in rows if row.same is not None]
        if not rows:
            self._say(self.tr("No white cell was found in this image."))
        elif not asked:
            self._say(self.tr("One of the models looks at single cells, the other one at the whole image."))
        else:
            same_count = sum(row.same is True for row in asked)
            self._say(
                self.tr("The same name for {same} of {count} cell(s).", "", len(asked)).format(
                    same=same_count, count=len(asked)
                )
            )

    def _difference(self, row: ComparedCell) -> str:
        """ "differs", or which of the two could not have given the other one's name."""
        for mine, other in ((row.one, row.two), (row.two, row.one)):
            if mine is not None and other is not None and mine.class_id not in dict(other.ranked):
                return self.tr("{model} lacks that class").format(model=other.provenance.model)
        return self.tr("differs")

    def _set(self, row: int, column: int, words: str, *, strong: bool = False) -> QTableWidgetItem:
        item = QTableWidgetItem(words)
        if strong:
            item.setFont(emphasis_font(self.table.font()))
        self.table.setItem(row, column, item)
        return item

    def _set_prediction(self, row: int, column: int, prediction: Prediction | None) -> None:
        if prediction is None:
            self._set(row, column, "–").setToolTip(self.tr("This model does not look at this."))
            return
        words = f"{class_name(prediction.class_id)}  {percent(prediction.confidence)}"
        if prediction.uncertain is not None:
            words = self.tr("{answer}, uncertain: {reason}").format(
                answer=words, reason=uncertain_short(prediction)
            )
        item = self._set(row, column, words)
        item.setIcon(class_swatch(prediction.class_id))
        ranking = "\n".join(f"{class_name(name)}  {percent(share)}" for name, share in prediction.ranked)
        tip = "\n".join(part for part in (ranking, uncertain_words(prediction)) if part)
        item.setToolTip(plain_tooltip(tip))

    def _choose(self, index: int) -> None:
        for view in self.views:
            view.choose_cell(index)
        if index >= 0:
            self.table.selectRow(index)
        else:
            self.table.clearSelection()

    def _row_chosen(self) -> None:
        chosen = self.table.selectionModel().selectedRows()
        index = chosen[0].row() if chosen else -1
        for view in self.views:
            view.choose_cell(index)

    def _stop(self) -> None:
        """Cancel the comparison under way."""
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None


def _partner(packages: Sequence[ModelPackage], first: int) -> int:
    """The package that is most worth comparing: one that looks at the same thing and shares most classes."""
    mine = packages[first]

    def likeness(index: int) -> tuple[bool, int]:
        other = packages[index]
        same_crop = other.manifest.input.crop.rule == mine.manifest.input.crop.rule
        return same_crop, len(set(other.class_ids) & set(mine.class_ids))

    others = [index for index in range(len(packages)) if index != first]
    return max(others, key=likeness, default=first)


def _answered(row: ComparedCell, side: int) -> Cell:
    """The cell as one side's view shows it; hidden where that package has no answer."""
    prediction = (row.one, row.two)[side]
    return replace(row.cell, prediction=prediction, removed=prediction is None)
