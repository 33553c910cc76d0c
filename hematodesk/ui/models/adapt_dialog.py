"""Adapt to this lab: what was reviewed, before and after, and the person's choice between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from hematodesk.domain.comparison import Verdict
from hematodesk.domain.errors import HematodeskError
from hematodesk.domain.history import HistoryFilter
from hematodesk.domain.packages import ModelPackage
from hematodesk.ui.kit.accessible import set_accessible
from hematodesk.ui.kit.error_words import error_words
from hematodesk.ui.kit.plain_text import plain_label
from hematodesk.ui.kit.theme import emphasis_font, set_role
from hematodesk.ui.models.adapt_table import AdaptTable, change_words, verdict_words
from hematodesk.ui.state.model_state import ModelState
from hematodesk.ui.state.task_lanes import Lane, TaskLanes, Ticket
from hematodesk.workflow.models.adaptation import (
    Proposal,
    Step,
    adapt,
    keep,
    lab_name,
    next_version,
    parent_of,
)
from hematodesk.workflow.models.reviewed_cells import ReviewedCells, find_reviewed, require_enough
from hematodesk.workflow.services import Services

_LEAST_ROWS = 6


@dataclass(frozen=True, slots=True)
class _Found:
    """What may be adapted, and with what."""

    parent: ModelPackage
    reviewed: ReviewedCells


class AdaptDialog(QDialog):
    """Counts at once, fits and saves on request. Nothing is changed before saving."""

    def __init__(
        self, services: Services, model_state: ModelState, lanes: TaskLanes, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("adapt")
        self.setWindowTitle(self.tr("Adapt to this lab"))
        self._services, self._model_state, self._lanes = services, model_state, lanes
        self._ticket: Ticket | None = None
        self._found: _Found | None = None
        self._proposal: Proposal | None = None
        self._saved = ""
        self.title = plain_label()
        self.title.setFont(emphasis_font(self.font()))
        self.when = QComboBox(self)
        self.when.setAccessibleName(self.tr("Which reviews"))
        for words, days in (
            (self.tr("All that was reviewed"), 0),
            (self.tr("Of the last 30 days"), 30),
            (self.tr("Of the last 90 days"), 90),
            (self.tr("Of the last 12 months"), 365),
        ):
            self.when.addItem(words, days)
        self.table = AdaptTable(self)
        self.verdict = plain_label()
        self.verdict.setFont(emphasis_font(self.font()))
        self.details = plain_label("muted")
        self.bar = QProgressBar(self)
        self.bar.setAccessibleName(self.tr("Progress"))
        for label in (self.title, self.verdict, self.details):
            label.setWordWrap(True)
        self._lay_out()
        self.when.activated.connect(self.count)
        self.finished.connect(self._stop)
        self.resize(720, 560)
        self.count()

    def _lay_out(self) -> None:
        intro = plain_label("muted")
        intro.setWordWrap(True)
        intro.setText(
            self.tr(
                "A new model learns from the cells that you agreed to or corrected. It is made beside the "
                "one in use, which stays as it is. Nothing leaves this computer."
            )
        )
        label = QLabel(self.tr("&Cells"), self)
        label.setBuddy(self.when)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(label)
        row.addWidget(self.when)
        row.addStretch(1)
        self.buttons = QDialogButtonBox(self)
        self.start = self._button(self.tr("&Adapt"), self.adapt)
        self.save = self._button(self.tr("&Save the new model"), self.keep)
        self.use = self._button(self.tr("&Use it now"), self._use)
        self.leave = self.buttons.addButton(QDialogButtonBox.StandardButton.Close)
        self.leave.setAutoDefault(False)
        self.buttons.rejected.connect(self._leave)
        words = QWidget(self)
        column = QVBoxLayout(words)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        column.addWidget(self.title)
        column.addWidget(intro)
        column.addLayout(row)
        self.table.setMinimumHeight(_LEAST_ROWS * self.table.verticalHeader().defaultSectionSize())
        column.addWidget(self.table, 1)
        column.addWidget(self.verdict)
        column.addWidget(self.details)
        # On a small screen at twice the scale the words are scrolled through, and none is cut.
        self.pane = QScrollArea(self)
        self.pane.setWidgetResizable(True)
        set_accessible(self.pane, QAccessible.Role.Pane, self.windowTitle())
        self.pane.setFrameShape(QFrame.Shape.NoFrame)
        self.pane.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.pane.setWidget(words)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 16, 16, 16)
        whole.setSpacing(16)
        whole.addWidget(self.pane, 1)
        whole.addWidget(self.bar)
        whole.addWidget(self.buttons)

    def _button(self, words: str, action: Callable[[], None]) -> QPushButton:
        button = QPushButton(words, self)
        self.buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        button.clicked.connect(lambda _checked: action())
        button.setAutoDefault(False)
        return button

    # Counting

    def count(self) -> None:
        """Look what was reviewed in the chosen time."""
        self._stop()
        self._found, self._proposal = None, None
        loaded, history = self._model_state.loaded, self._services.history_or_none
        name = self._model_state.name
        self.title.setText(self.tr("Adapt {model} to this lab").format(model=name) if name else "")
        if loaded is None:
            self._tell(self.tr("No model is loaded. Choose one in the Models menu."))
            return
        if history is None:
            self._tell(self.tr("There is no history, so no cell was reviewed."))
            return
        days, service = int(self.when.currentData()), self._services.models
        since = (datetime.now(UTC) - timedelta(days=days)).date().isoformat() if days else ""
        package = loaded.package

        def work(_ticket: Ticket) -> _Found:
            parent = parent_of(service, package)
            return _Found(parent, find_reviewed(history, HistoryFilter(since=since), parent))

        self._run(Lane.DECODING, work, self._counted)
        self._tell(self.tr("Counting…"), busy=True)

    def _counted(self, found: _Found) -> None:
        self._found = found
        parent = f"{found.parent.name} {found.parent.version}"
        self.title.setText(self.tr("Adapt {model} to this lab").format(model=parent))
        self.table.show_counts(found.reviewed)
        details = []
        if parent != self._model_state.name:
            details.append(
                self.tr("{model} was adapted before; the new one starts from {parent} again.").format(
                    model=self._model_state.name, parent=parent
                )
            )
        if found.reviewed.surplus:
            details.append(
                self.tr("%n older cell(s) of common classes are left out.", "", found.reviewed.surplus)
            )
        try:
            require_enough(found.reviewed.counts, found.reviewed.left_out)
        except HematodeskError as error:
            self._tell(error_words(error.message), "\n".join([error_words(error.remedy), *details]))
            return
        words = self.tr("%n reviewed cell(s) to learn from.", "", found.reviewed.cells)
        self._tell(words, "\n".join(details), offer=self.start)

    # Fitting

    def adapt(self) -> None:
        """Fit and check the new model."""
        found = self._found
        if found is None:
            return
        self._proposal = None
        service, reader = self._services.models, self._services.reader

        def work(ticket: Ticket) -> Proposal:
            version = next_version(service.packages(), lab_name(found.parent))
            classifier = service.open_beside(service.reference(found.parent))
            return adapt(
                found.parent,
                found.reviewed,
                classifier,
                reader,
                version,
                cancel=ticket.token,
                progress=ticket.report,
            )

        self._run(Lane.BATCH, work, self._proposed)
        self._tell(self.tr("Waiting for other work to end…"), busy=True)

    def _step(self, step: Step) -> None:
        words = {
            "reading": self.tr("Reading the images…"),
            "checking": self.tr("Fitting and checking on images left out…"),
            "writing": self.tr("Writing the new model…"),
        }[step.name]
        self.verdict.setText(words)
        self.bar.setRange(0, step.all)
        self.bar.setValue(step.done)

    def _proposed(self, proposal: Proposal) -> None:
        self._proposal = proposal
        self.table.show_proposal(proposal)
        old = f"{proposal.parent.name} {proposal.parent.version}"
        change = proposal.comparison
        self._tell(verdict_words(change, old), change_words(proposal), offer=self.save)
        not_better = change.verdict is Verdict.NOT
        set_role(self.save, "" if not_better else "primary")
        self.save.setText(self.tr("&Save it all the same") if not_better else self.tr("&Save the new model"))
        self.leave.setText(self.tr("&Keep {model}").format(model=old))
        (self.leave if not_better else self.save).setFocus()

    # The person's choice

    def keep(self) -> None:
        """Save the new model beside the old one."""
        proposal, service = self._proposal, self._services.models
        if proposal is None:
            return

        def work(_ticket: Ticket) -> tuple[ModelPackage, str]:
            self._services.paths.prepare()
            package = keep(service, proposal)
            return package, service.reference(package)

        self._run(Lane.DECODING, work, self._kept)
        self._tell(self.tr("Saving…"), busy=True)

    def _kept(self, kept: tuple[ModelPackage, str]) -> None:
        package, self._saved = kept
        self._proposal = None
        name = f"{package.name} {package.version}"
        self._tell(
            self.tr("{model} was saved.").format(model=name),
            self.tr("To go back, choose the old model in the Models menu; “Remove” there deletes this one."),
            offer=self.use,
        )
        self.use.setFocus()

    def _use(self) -> None:
        self._model_state.choose(self._saved)
        self.accept()

    # Showing

    def _run(self, lane: Lane, work: Callable[[Ticket], Any], done: Callable[[Any], None]) -> None:
        self._stop()

        def here(value: object) -> None:
            if self._ticket is ticket:
                self._ticket = None
                done(value)

        def step(value: Step) -> None:
            # What a cancelled job still tells is nobody's progress any more.
            if self._ticket is ticket:
                self._step(value)

        def stopped() -> None:
            if self._ticket is ticket:
                self._ticket = None
                self._back()

        def failed(error: HematodeskError) -> None:
            if self._ticket is ticket:
                self._ticket = None
                offer = self.start if self._found else None
                if self._proposal is not None and error.code != "model_exists":
                    offer = self.save
                self._tell(error_words(error.message), error_words(error.remedy), offer=offer)

        ticket = self._lanes.run(
            lane,
            work,
            done=here,
            failed=failed,
            cancelled=stopped,
            progress=step,
            owner=self,
        )
        self._ticket = ticket

    def _tell(
        self, verdict: str, details: str = "", *, busy: bool = False, offer: QPushButton | None = None
    ) -> None:
        """Show where it stands, and the one button to press next."""
        self.verdict.setText(verdict)
        self.details.setText(details)
        self.details.setVisible(bool(details))
        self.bar.setVisible(busy)
        self.bar.setRange(0, 0)
        for button in (self.start, self.save, self.use):
            button.setVisible(button is offer)
        if offer is not None:
            set_role(offer, "primary")
            offer.setDefault(True)
        self.when.setEnabled(not busy)
        self.leave.setText(self.tr("&Cancel") if busy else self.tr("&Close"))

    def _back(self) -> None:
        """To the counts, from which it can be started again."""
        if self._found is not None:
            self._counted(self._found)
        else:
            self._tell("")

    def _leave(self) -> None:
        """Cancel what is under way, or close."""
        if self._ticket is not None and self._found is not None:
            self._stop()
            self._back()
        else:
            self.reject()

    def _stop(self) -> None:
        """Closing the dialog cancels the work."""
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None
