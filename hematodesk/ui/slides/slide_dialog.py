"""A whole slide in a window of its own: overview, magnifier, and the scan of a chosen area."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, QRectF, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QHBoxLayout, QProgressBar, QPushButton, QSplitter, QVBoxLayout, QWidget

from hematodesk.domain.errors import HematodeskError
from hematodesk.domain.slide_formats import SLIDE_FORMATS
from hematodesk.domain.slide_regions import MAX_REGION_SIDE, SlideRegion
from hematodesk.ui.kit.error_words import error_words
from hematodesk.ui.kit.plain_text import plain_label
from hematodesk.ui.kit.theme import emphasis_font, set_role
from hematodesk.ui.slides.slide_magnifier import SlideMagnifier
from hematodesk.ui.slides.slide_map import SlideMap
from hematodesk.ui.slides.slide_tiles import SlideTiles
from hematodesk.ui.state.task_lanes import Lane, TaskLanes, Ticket
from hematodesk.workflow.analysis.slide_scan import ScanPlan, cells_are_small, fields_of, plan_scan
from hematodesk.workflow.services import Services

if TYPE_CHECKING:
    from hematodesk.workflow.analysis.slide_view import SlideLook


class SlideDialog(QDialog):
    """Signals:
    scan_requested(ScanPlan): these fields are to be named.
    image_requested(ScanPlan): its one field is to be opened as an image.
    stop_requested: the runs under way are to be stopped.
    """

    scan_requested = Signal(object)
    image_requested = Signal(object)
    stop_requested = Signal()

    def __init__(self, services: Services, lanes: TaskLanes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("slide")
        self._services, self._lanes = services, lanes
        self._look: SlideLook | None = None
        self._planning: Ticket | None = None
        self.tiles = SlideTiles(services, lanes, self)
        self.map = SlideMap(self)
        self.magnifier = SlideMagnifier(self.tiles, self)
        self.facts = plain_label("muted")
        self.facts.setWordWrap(True)
        self.advice = plain_label()
        self.advice.setWordWrap(True)
        self.words = plain_label()
        self.words.setFont(emphasis_font(self.font()))
        self.words.setWordWrap(True)
        self.outcome = plain_label("muted")
        self.outcome.setWordWrap(True)
        self.progress = QProgressBar(self)
        self.progress.setAccessibleName(self.tr("Progress of the scan"))
        self.whole_button = QPushButton(self.tr("&Whole slide"), self)
        self.image_button = QPushButton(self.tr("&Open as one image"), self)
        self.scan_button = QPushButton(self.tr("&Scan this area"), self)
        set_role(self.scan_button, "primary")
        self.stop_button = QPushButton(self.tr("S&top the scan"), self)
        self._lay_out()
        self._join()
        self.show_progress(None)
        self.resize(1180, 760)

    def _lay_out(self) -> None:
        self.columns = QSplitter(Qt.Orientation.Horizontal, self)
        self.columns.setChildrenCollapsible(False)
        for view in (self.map, self.magnifier):
            self.columns.addWidget(view)
        self.columns.setStretchFactor(0, 2)
        self.columns.setStretchFactor(1, 3)
        self.columns.setSizes([470, 700])
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.progress, 1)
        buttons.addWidget(self.stop_button)
        buttons.addStretch(1)
        for button in (self.whole_button, self.image_button, self.scan_button):
            buttons.addWidget(button)
        for button in (self.whole_button, self.image_button, self.scan_button, self.stop_button):
            button.setAutoDefault(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addWidget(self.facts)
        column.addWidget(self.advice)
        column.addWidget(self.columns, 1)
        column.addWidget(self.words)
        column.addWidget(self.outcome)
        column.addLayout(buttons)

    def _join(self) -> None:
        self.map.place_chosen.connect(self.magnifier.go_to)
        self.map.area_changed.connect(self._area_changed)
        self.magnifier.moved.connect(lambda: self.map.set_looks(self.magnifier.shown))
        self.tiles.failed.connect(self._tell)
        self.whole_button.clicked.connect(self.map.choose_whole)
        self.image_button.clicked.connect(lambda: self._plan(as_image=True))
        self.scan_button.clicked.connect(lambda: self._plan(as_image=False))
        self.stop_button.clicked.connect(self.stop_requested)
        for keys, zoom in (("0", self.magnifier.zoom_actual), ("F", self.magnifier.fit)):
            QShortcut(QKeySequence(keys), self).activated.connect(zoom)
        self.finished.connect(self._close_slide)

    # The slide

    def show_slide(self, look: SlideLook) -> None:
        """Show another slide."""
        self._forget_plan()
        self._look = look
        self.setWindowTitle(self.tr("Whole slide: {name}").format(name=look.path.name))
        self.facts.setText(self._facts(look))
        advice = []
        if cells_are_small(look.info):
            advice.append(
                self.tr("Cells are small in this slide: it was scanned with an objective below 20×.")
            )
        if look.overview is None:
            advice.append(self.tr("It holds no smaller picture of itself, so there is no overview."))
        self.advice.setText(" ".join(advice))
        self.advice.setVisible(bool(advice))
        self.outcome.clear()
        self.map.show_slide(look)
        self.magnifier.show_slide(look)
        self._area_changed(None)
        self.map.setFocus()

    def _facts(self, look: SlideLook) -> str:
        info, locale = look.info, QLocale()
        facts = [
            SLIDE_FORMATS[info.vendor].name,
            self.tr("{width} × {height} pixels").format(
                width=locale.toString(info.width), height=locale.toString(info.height)
            ),
        ]
        if info.objective is not None:
            facts.append(self.tr("objective {power}×").format(power=locale.toString(info.objective, "g", 4)))
        if info.um_per_px is not None:
            facts.append(self.tr("{size} µm a pixel").format(size=locale.toString(info.um_per_px, "g", 3)))
        return " · ".join(facts)

    def _close_slide(self) -> None:
        self._forget_plan()
        self.tiles.close()

    # The area

    def _area_changed(self, area: SlideRegion | None) -> None:
        self._forget_plan()
        self.magnifier.set_region(QRectF(area.x, area.y, area.width, area.height) if area else None)
        self._set_buttons()
        if area is None:
            self.words.setText(self.tr("Drag over the overview to choose an area. A click shows a place."))
            return
        locale = QLocale()
        # Not listed for a whole slide at each movement: rows times columns.
        across = len(fields_of(SlideRegion(0, 0, area.width, 1)))
        down = len(fields_of(SlideRegion(0, 0, 1, area.height)))
        self.words.setText(
            self.tr(
                "Area of {width} × {height} pixels at {x}, {y}. Fields at full resolution: {count}."
            ).format(
                width=locale.toString(area.width),
                height=locale.toString(area.height),
                x=locale.toString(area.x),
                y=locale.toString(area.y),
                count=locale.toString(across * down),
            )
        )

    def _set_buttons(self) -> None:
        area, planning = self.map.area, self._planning is not None
        self.scan_button.setEnabled(area is not None and not planning)
        small = area is not None and max(area.width, area.height) <= MAX_REGION_SIDE
        self.image_button.setEnabled(small and not planning)

    def _plan(self, *, as_image: bool) -> None:
        area, look = self.map.area, self._look
        if area is None or look is None:
            return
        if as_image:
            self.image_requested.emit(ScanPlan(look.path, area, (area,), 0))
            return
        services, path = self._services, look.path
        self.outcome.setText(self.tr("Looking for empty glass…"))

        def done(plan: ScanPlan) -> None:
            if self._planning is ticket:
                self._planning = None
                self._set_buttons()
                self._begin(plan)

        def failed(error: HematodeskError) -> None:
            if self._planning is ticket:
                self._planning = None
                self._set_buttons()
                self._tell(error)

        ticket = self._lanes.run(
            Lane.DECODING,
            lambda _ticket: plan_scan(services.slides, path, area),
            done=done,
            failed=failed,
            owner=self,
        )
        self._planning = ticket
        self._set_buttons()

    def _begin(self, plan: ScanPlan) -> None:
        locale = QLocale()
        if not plan.fields:
            self.outcome.setText(self.tr("There is only empty glass in this area."))
            return
        said = self.tr("Fields that are scanned: {count}.").format(count=locale.toString(len(plan.fields)))
        if plan.skipped:
            said += " " + self.tr("Left out as empty glass: {count}.").format(
                count=locale.toString(plan.skipped)
            )
        self.outcome.setText(said)
        self.scan_requested.emit(plan)

    def _forget_plan(self) -> None:
        if self._planning is not None:
            self._planning.cancel()
            self._planning = None
            self.outcome.clear()

    def _tell(self, error: HematodeskError) -> None:
        self.outcome.setText(f"{error_words(error.message)} {error_words(error.remedy)}".strip())

    # The scan

    def show_progress(self, progress: tuple[int, int] | None) -> None:
        """How many images are done, of how many (0: not known yet); None when nothing runs."""
        for part in (self.progress, self.stop_button):
            part.setVisible(progress is not None)
        if progress is not None:
            self.progress.setMaximum(progress[1])
            self.progress.setValue(progress[0])
