"""The models dialog: list, cards, choice; import, verify, remove."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, QUrl, Signal
from PySide6.QtGui import QTextOption
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from hematodesk.domain.packages import BrokenPackage, ModelPackage, PackageCheck, ReportPart
from hematodesk.ui.kit.error_words import error_words
from hematodesk.ui.kit.markdown_look import style_markdown
from hematodesk.ui.kit.plain_text import plain_label
from hematodesk.ui.kit.theme import GRID, emphasis_font, set_role
from hematodesk.ui.models.model_card import CHARTS, WHOLE_CARD, card_file, card_html, whole_card
from hematodesk.ui.models.model_charts import LoadedPart, ReadPicture, charts_html, give_pictures, load_parts
from hematodesk.ui.state.model_state import ModelLoadState, ModelState
from hematodesk.ui.state.task_lanes import Lane, TaskLanes, Ticket
from hematodesk.workflow.models.model_service import PROVIDERS

Package = ModelPackage | BrokenPackage


@dataclass(frozen=True, slots=True)
class _Listed:
    """A package as it is listed, with its charts and what `choose` finds it by."""

    package: Package
    parts: Sequence[ReportPart]
    reference: str


class ModelsDialog(QDialog):
    """Signals:
    import_requested: the person wants to choose a package file.
    """

    import_requested = Signal()

    def __init__(
        self,
        model_state: ModelState,
        lanes: TaskLanes,
        read_picture: ReadPicture,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("models")
        self.setWindowTitle(self.tr("Models"))
        self._model_state = model_state
        self._lanes = lanes
        self._read_picture = read_picture
        self._wanted = ""
        self.list = QListWidget(self)
        self.list.setAccessibleName(self.tr("Model packages"))
        self.list.setMinimumWidth(200)
        self.list.currentItemChanged.connect(self._show_card)
        self.list.itemActivated.connect(self._use)
        self.card = QTextBrowser(self)
        self.card.setFrameShape(QFrame.Shape.NoFrame)
        self.card.setOpenLinks(False)
        # A wide table is scrolled; its words are not broken.
        self.card.setWordWrapMode(QTextOption.WrapMode.WordWrap)
        self.card.anchorClicked.connect(self._follow)
        self.card.setAccessibleName(self.tr("About the package"))
        self.provider = QComboBox(self)
        self.provider.setAccessibleName(self.tr("Compute on"))
        words_of = (self.tr("Automatic"), self.tr("Processor (CPU)"), self.tr("Graphics card (CUDA)"))
        for name, words in zip(PROVIDERS, words_of, strict=True):
            self.provider.addItem(words, name)
        self.provider.activated.connect(self._provider_chosen)
        self.active = plain_label("muted")
        self.active.setWordWrap(True)
        self.status = plain_label()
        self.status.setWordWrap(True)
        self.status.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.use_button = QPushButton(self.tr("&Use this model"), self)
        set_role(self.use_button, "primary")
        self.use_button.clicked.connect(self._use)
        self.import_button = self._button(self.tr("&Import…"), self.import_requested.emit)
        self.verify_button = self._button(self.tr("&Verify all"), self.verify)
        self.remove_button = self._button(self.tr("&Remove"), self._remove)
        self.import_button.setEnabled(model_state.service.may_import)
        self._lay_out()
        model_state.changed.connect(self.show_state)
        self.resize(1080, 680)
        self.show_state()
        self.refresh()

    def _button(self, words: str, action: Callable[[], object]) -> QPushButton:
        button = QPushButton(words, self)
        button.setAutoDefault(False)
        button.clicked.connect(lambda _checked: action())
        return button

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.list, 1)
        for button in (self.import_button, self.verify_button, self.remove_button):
            left.addWidget(button)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self.card, 1)
        right.addWidget(self.status)
        row = QHBoxLayout()
        row.setSpacing(8)
        label = QLabel(self.tr("Compute on"), self)
        label.setBuddy(self.provider)
        row.addWidget(label)
        row.addWidget(self.provider)
        row.addWidget(self.active, 1)
        row.addWidget(self.use_button)
        right.addLayout(row)
        columns = QHBoxLayout()
        columns.setSpacing(16)
        columns.addLayout(left, 0)
        columns.addLayout(right, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(16)
        column.addLayout(columns, 1)
        column.addWidget(buttons)

    # Listing

    def refresh(self, choose: str = "") -> None:
        """List the packages anew, and mark that one (name@version), or the one in use."""
        self._wanted = choose
        service = self._model_state.service

        def look(_ticket: Ticket) -> list[_Listed]:
            # Each reference reads every package again.
            return [
                _Listed(
                    package, parts, service.reference(package) if isinstance(package, ModelPackage) else ""
                )
                for package, parts in service.packages_with_charts()
            ]

        self._lanes.run(Lane.DECODING, look, done=self._listed, owner=self)

    def _listed(self, listed: Sequence[_Listed]) -> None:
        self.list.clear()
        loaded = self._model_state.loaded
        for each in listed:
            package = each.package
            used = loaded is not None and isinstance(package, ModelPackage) and package == loaded.package
            words = f"{package.name} {package.version}".strip() or package.path.name
            if used:
                words = self.tr("{model}, in use").format(model=words)
            elif isinstance(package, BrokenPackage):
                words = self.tr("{model}, unusable").format(model=words)
            elif not package.shipped:
                # A shipped one may have the same name and version.
                words = self.tr("{model}, imported").format(model=words)
            item = QListWidgetItem(words, self.list)
            item.setData(Qt.ItemDataRole.UserRole, each)
            if used:
                item.setFont(emphasis_font(self.list.font()))
            if (used and not self._wanted) or (self._wanted and each.reference == self._wanted):
                self.list.setCurrentItem(item)
        if self.list.currentItem() is None and self.list.count():
            self.list.setCurrentRow(0)
        if not self.list.count():
            self.card.setHtml("")
            self.status.setText(self.tr("There is no model package. Import one."))
        self._show_buttons()

    def chosen(self) -> Package | None:
        """The package marked in the list."""
        listed = self._current()
        return None if listed is None else listed.package

    def _current(self) -> _Listed | None:
        item = self.list.currentItem()
        listed: _Listed | None = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        return listed

    def _show_card(self) -> None:
        package = self.chosen()
        if package is not None:
            self.card.setHtml(card_html(package, len(self._charts())))
        self._show_buttons()

    def _charts(self) -> Sequence[ReportPart]:
        listed = self._current()
        return () if listed is None else listed.parts

    def _follow(self, link: QUrl) -> None:
        """From the summary to the whole card or the charts, and back."""
        package, parts = self.chosen(), self._charts()
        if package is None:
            return
        place = card_file(package)
        if link.toString() == WHOLE_CARD and place is not None:
            self._lanes.run(
                Lane.DECODING,
                lambda _ticket: place.read_text(encoding="utf-8", errors="replace"),
                done=lambda text: self._show_whole_card(package, text),
                owner=self,
            )
        elif link.toString() == CHARTS and parts:
            self._lanes.run(
                Lane.DECODING,
                lambda _ticket: load_parts(parts, self._read_picture),
                done=lambda loaded: self._show_charts(package, loaded),
                owner=self,
            )
        else:
            self._show_card()

    def _show_whole_card(self, package: Package, text: str) -> None:
        if self.chosen() is package:
            self.card.setMarkdown(whole_card(text))
            style_markdown(self.card.document())

    def _show_charts(self, package: Package, loaded: Sequence[LoadedPart]) -> None:
        if self.chosen() is not package:
            return
        port, bar = self.card.viewport(), self.card.verticalScrollBar().sizeHint().width()
        room = QSize(max(320, port.width() - 3 * bar), max(240, port.height() - 6 * GRID))
        name = f"{package.name} {package.version}".strip()
        give_pictures(self.card.document(), loaded, room, self.devicePixelRatioF())
        self.card.setHtml(charts_html(name, loaded, room))

    def _show_buttons(self) -> None:
        package, loaded = self.chosen(), self._model_state.loaded
        idle = self._model_state.state is not ModelLoadState.LOADING
        usable = isinstance(package, ModelPackage)
        used = usable and loaded is not None and package == loaded.package
        self.use_button.setEnabled(idle and usable and not used)
        self.remove_button.setEnabled(idle and package is not None and not package.shipped and not used)
        self.provider.setEnabled(idle and not self._model_state.service.provider_locked)

    def show_state(self) -> None:
        """The provider asked for and the one that runs."""
        loaded = self._model_state.loaded
        if self._model_state.state is ModelLoadState.LOADING:
            self.active.setText(self.tr("Loading…"))
        elif loaded is None:
            self.active.setText(self.tr("No model is loaded."))
        else:
            self.provider.setCurrentIndex(self.provider.findData(loaded.requested))
            words = self.tr("In use: {active}.").format(active=loaded.active.upper())
            self.active.setText(f"{words} {error_words(loaded.provider_reason)}".strip())
            self.refresh(self._wanted)
        self._show_buttons()

    # What the buttons do

    def _use(self) -> None:
        listed = self._current()
        if listed is not None and listed.reference and self.use_button.isEnabled():
            self._model_state.choose(listed.reference)

    def _provider_chosen(self) -> None:
        self._model_state.choose_provider(str(self.provider.currentData()))

    def verify(self) -> None:
        """Hash every package and say which are whole."""
        self.status.setText(self.tr("Verifying…"))
        self._lanes.run(
            Lane.DECODING,
            lambda _ticket: self._model_state.service.store.verify(),
            done=self._verified,
            owner=self,
        )

    def _verified(self, checks: Sequence[PackageCheck]) -> None:
        wrong = [check for check in checks if check.error is not None]
        if not wrong:
            self.status.setText(
                self.tr("%n package(s) verified: all are as they were shipped or imported.", "", len(checks))
            )
            return
        self.status.setText(
            "\n".join(error_words(check.error.message) for check in wrong if check.error is not None)
        )

    def _remove(self) -> None:
        package = self.chosen()
        if package is None:
            return

        def remove(_ticket: object) -> None:
            self._model_state.service.remove(package)

        def removed(_nothing: object) -> None:
            self.status.setText(
                self.tr("{model} was removed.").format(model=f"{package.name} {package.version}".strip())
            )
            self.refresh()

        self._lanes.run(Lane.DECODING, remove, done=removed, owner=self)
