"""The left column: search, filter, and the history's list."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QAction, QActionGroup, QCursor, QHelpEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QPushButton,
    QToolButton,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from hematodesk.domain.cells import ImageStatus
from hematodesk.domain.history import HistoryFilter, ReviewState
from hematodesk.ui.history.delegate import HistoryDelegate
from hematodesk.ui.history.model import HistoryModel
from hematodesk.ui.history.order import Order
from hematodesk.ui.history.session_rows import Role
from hematodesk.ui.history.thumbnails import Thumbnails
from hematodesk.ui.history.words import image_words, session_tip
from hematodesk.ui.kit.class_names import class_name
from hematodesk.ui.kit.filter_row import FilterRow
from hematodesk.ui.kit.theme import LEAST_TARGET, set_role
from hematodesk.ui.kit.time_words import moment_words
from hematodesk.ui.state.history_access import HistoryAccess

_TYPING_PAUSE_MS = 200


class HistoryList(QListView):
    """The list itself.

    Signals:
        toggled(int): a session's heading was clicked, or Space pressed on it.
    """

    toggled = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName(self.tr("History"))
        self.clicked.connect(self._clicked)

    def _clicked(self, index: QModelIndex) -> None:
        session = index.data(Role.SESSION)
        if session is not None:
            self.toggled.emit(session.id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        session = self.currentIndex().data(Role.SESSION)
        if session is not None and event.key() == Qt.Key.Key_Space:
            self.toggled.emit(session.id)
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """Letters are the cells' keys, also those that are free; the search field finds names."""

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self.indexAt(event.pos())
            session, summary = index.data(Role.SESSION), index.data(Role.SUMMARY)
            if session is not None:
                QToolTip.showText(event.globalPos(), session_tip(session), self)
            elif summary is not None:
                words = f"{image_words(summary)}\n{moment_words(summary.created_at)}"
                QToolTip.showText(event.globalPos(), words, self)
            else:
                QToolTip.hideText()
            return True
        return super().viewportEvent(event)


class HistoryPanel(QFrame):
    """Search field, two filters, the list, and what to say when it is empty.

    Signals:
        image_chosen(int): the person wants to see that image.
        menu_requested(QPoint): a context menu is wanted at that global position.
    """

    image_chosen = Signal(int)
    menu_requested = Signal(QPoint)

    def __init__(self, access: HistoryAccess, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("historyPanel")
        set_role(self, "panel")
        self.model = HistoryModel(access, self)
        self._shown_image: int | None = None
        self._chosen_here: int | None = None
        """An image that the person chose in the list, and that comes to be shown because of it."""
        self._following = False
        self._held: tuple[QPersistentModelIndex, int] | None = None
        self._class_ids: tuple[str, ...] = ()
        self._special: tuple[HistoryFilter, str] | None = None
        self._words_when_empty = self.tr("Images that you open are kept here with their results.")
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(self.tr("Search"))
        self.search.setToolTip(self.tr("Names and notes"))
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName(self.tr("Search the history by name or note"))
        self.order = self._order_button()
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_PAUSE_MS)
        self._typing.timeout.connect(self._apply)
        self.search.textChanged.connect(self._typed)
        self.search.returnPressed.connect(self._search_entered)
        self.kind = QComboBox(self)
        self.kind.setAccessibleName(self.tr("Which images"))
        self.when = QComboBox(self)
        self.when.setAccessibleName(self.tr("From when"))
        self._fill_filters(())
        for box in (self.kind, self.when):
            box.activated.connect(self._apply)
        self.thumbnails = Thumbnails(access, self)
        self.list = HistoryList(self)
        self.list.setItemDelegate(HistoryDelegate(self.thumbnails, self.list))
        self.list.setModel(self.model)
        self.thumbnails.changed.connect(self.list.viewport().update)
        self.list.toggled.connect(self.model.toggle)
        self.list.customContextMenuRequested.connect(self._menu_wanted)
        self.list.selectionModel().selectionChanged.connect(self._selection_changed)
        self.list.selectionModel().currentChanged.connect(self._current_changed)
        self.empty = QWidget(self)
        self._empty_words = QLabel(self.empty)
        self._empty_words.setWordWrap(True)
        self._empty_words.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        set_role(self._empty_words, "muted")
        self.clear_button = QPushButton(self.tr("Show all"), self)
        self.clear_button.setAutoDefault(False)
        self.clear_button.clicked.connect(self.clear_filter)
        self.clear_button.hide()
        self._rest = QWidget(self)
        for signal in (self.model.rowsInserted, self.model.rowsRemoved, self.model.modelReset):
            signal.connect(self._show_emptiness)
        self.model.loaded.connect(self._show_emptiness)
        self.model.loaded.connect(self._mark_shown)
        self.model.refreshing.connect(self._hold_still)
        self.model.refreshed.connect(self._held_still)
        self._lay_out()
        self._show_emptiness()

    def _lay_out(self) -> None:
        head = QVBoxLayout()
        head.setContentsMargins(8, 8, 8, 8)
        head.setSpacing(8)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.search, 1)
        top.addWidget(self.order)
        head.addLayout(top)
        head.addWidget(FilterRow(self.kind, self.when))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        inside = QVBoxLayout(self.empty)
        inside.setContentsMargins(16, 16, 16, 16)
        inside.addWidget(self._empty_words)
        column.addWidget(self.empty)
        column.addWidget(self.clear_button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.list, 1)
        column.addWidget(self._rest, 1)

    def _order_button(self) -> QToolButton:
        """A button with a menu: by what the images of a session are ordered."""
        button = QToolButton(self)
        button.setText("⇅")
        button.setAutoRaise(True)
        button.setMinimumSize(LEAST_TARGET, LEAST_TARGET)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        group = QActionGroup(menu)
        for order, words in (
            (Order.TIME, self.tr("By time")),
            (Order.NAME, self.tr("By name")),
            (Order.CLASS, self.tr("By class")),
            (Order.CONFIDENCE, self.tr("By confidence, doubtful first")),
        ):
            action = menu.addAction(words)
            action.setCheckable(True)
            action.setChecked(order is Order.TIME)
            action.setData(order)
            group.addAction(action)
        group.triggered.connect(self._order_chosen)
        button.setMenu(menu)
        button.setToolTip(self.tr("Order of the images: {order}").format(order=self.tr("By time")))
        button.setAccessibleName(self.tr("Order of the images"))
        return button

    def _order_chosen(self, action: QAction) -> None:
        self.order.setToolTip(self.tr("Order of the images: {order}").format(order=action.text()))
        self.model.set_order(Order(action.data()))

    def _fill_filters(self, class_ids: tuple[str, ...]) -> None:
        self._class_ids = class_ids
        chosen = self.kind.currentData()
        self.kind.clear()
        self.kind.addItem(self.tr("All images"), HistoryFilter())
        self.kind.addItem(self.tr("Not reviewed"), HistoryFilter(review_state=ReviewState.OPEN))
        self.kind.addItem(self.tr("Partly reviewed"), HistoryFilter(review_state=ReviewState.PARTLY))
        self.kind.addItem(self.tr("Reviewed"), HistoryFilter(review_state=ReviewState.DONE))
        self.kind.addItem(self.tr("Uncertain"), HistoryFilter(uncertain_only=True))
        self.kind.addItem(self.tr("No cell found"), HistoryFilter(status=ImageStatus.NO_CELL))
        self.kind.addItem(self.tr("Failed"), HistoryFilter(status=ImageStatus.ERROR))
        if class_ids:
            self.kind.insertSeparator(self.kind.count())
        for class_id in class_ids:
            self.kind.addItem(class_name(class_id), HistoryFilter(class_id=class_id))
        if self._special is not None:
            self.kind.insertSeparator(self.kind.count())
            self.kind.addItem(self.tr("Batch: {what}").format(what=self._special[1]), self._special[0])
        for row in range(self.kind.count()):
            if chosen is not None and self.kind.itemData(row) == chosen:
                self.kind.setCurrentIndex(row)
        if not self.when.count():
            self.when.addItem(self.tr("Any day"), None)
            self.when.addItem(self.tr("Today"), 1)
            self.when.addItem(self.tr("7 days"), 7)
            self.when.addItem(self.tr("30 days"), 30)
            self.when.addItem(self.tr("A year"), 365)

    # What the window asks

    def set_classes(self, class_ids: tuple[str, ...]) -> None:
        """Offer these classes to filter by."""
        self._fill_filters(class_ids)

    def mark(self, image_id: int | None) -> None:
        """Mark the image that is shown, without asking for it again; a newly marked one is chosen alone."""
        moved = image_id != self._shown_image and image_id != self._chosen_here
        self._shown_image, self._chosen_here = image_id, None
        self._mark_shown(alone=moved)

    @property
    def marked(self) -> int | None:
        """The image that is marked as shown."""
        return self._shown_image

    def selected_ids(self) -> list[int]:
        """The images chosen in the list, in its order."""
        rows = sorted(index.row() for index in self.list.selectionModel().selectedIndexes())
        found = [self.model.index(row).data(Role.SUMMARY) for row in rows]
        return [summary.id for summary in found if summary is not None]

    def show_only(self, chosen: HistoryFilter) -> None:
        """Choose one of the offered filters."""
        for row in range(self.kind.count()):
            if self.kind.itemData(row) == chosen:
                self.kind.setCurrentIndex(row)
        self._apply()

    def show_filter(self, chosen: HistoryFilter, words: str) -> None:
        """List only these images; the choice stands among the filters until another one like it comes."""
        self._special = (chosen, words)
        self._fill_filters(self._class_ids)
        self.search.clear()
        self.when.setCurrentIndex(0)
        self.show_only(chosen)

    def drop_filter(self) -> None:
        """Show everything, and offer no more what `show_filter` showed last."""
        self._special = None
        self._fill_filters(self._class_ids)
        self.clear_filter()

    def show_anew(self, selection: object) -> None:
        """What the list shows under its filter is used: what left it by a review leaves the list, too."""
        if self.model.filtered and selection == self.model.filter:
            self.model.reload()

    def say_nothing_is_kept(self) -> None:
        """Tell that there is no history in this session."""
        self._words_when_empty = self.tr("There is no history in this session: results are not kept.")
        self._show_emptiness()

    def clear_filter(self) -> None:
        """Show everything."""
        self.search.clear()
        self.kind.setCurrentIndex(0)
        self.when.setCurrentIndex(0)
        self._apply()

    # Inside

    def _typed(self) -> None:
        self._typing.start()

    def _search_entered(self) -> None:
        self._apply()
        self.list.setFocus()

    def _apply(self) -> None:
        self._typing.stop()
        chosen = self.kind.currentData()
        base = chosen if isinstance(chosen, HistoryFilter) else HistoryFilter()
        days = self.when.currentData()
        since = ""
        if days:
            first = datetime.now().astimezone().date() - timedelta(days=days - 1)
            midnight = datetime.combine(first, time()).astimezone()
            since = midnight.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.model.set_filter(
            HistoryFilter(
                text=self.search.text().strip(),
                class_id=base.class_id,
                since=since,
                review_state=base.review_state,
                uncertain_only=base.uncertain_only,
                status=base.status,
                run_id=base.run_id,
            )
        )

    def _show_emptiness(self) -> None:
        empty = self.model.rowCount() == 0 and not self.model.loading
        self.empty.setVisible(empty)
        self.clear_button.setVisible(empty and self.model.filtered)
        self.list.setVisible(not empty)
        self._rest.setVisible(empty)
        if empty:
            self._empty_words.setText(
                self.tr("No image matches.") if self.model.filtered else self._words_when_empty
            )

    def _mark_shown(self, *, alone: bool = False) -> None:
        """Move to the row of the shown image; `alone` takes all others out of the selection.

        The list's own `setCurrentIndex` would ask which keys are held, and after Ctrl+Z add the row.
        """
        row = self.model.row_of(self._shown_image) if self._shown_image is not None else -1
        self._following = True
        try:
            if row < 0:
                self.list.selectionModel().clear()
                return
            index = self.model.index(row)
            chosen, flag = self.list.selectionModel(), QItemSelectionModel.SelectionFlag
            if alone or not chosen.hasSelection():
                chosen.setCurrentIndex(index, flag.ClearAndSelect)
            elif chosen.currentIndex() != index:
                chosen.setCurrentIndex(index, flag.NoUpdate)
            self.list.scrollTo(index)
        finally:
            self._following = False

    def _hold_still(self) -> None:
        """Rows are about to come or go: remember what stands under the hand, else at the top, and where.

        Nothing is opened because of it.
        """
        self._following = True
        view = self.list.viewport()
        hand = QApplication.widgetAt(QCursor.pos()) is view
        held = self.list.indexAt(view.mapFromGlobal(QCursor.pos()) if hand else QPoint(0, 0))
        # At its very top the list shows what comes there, unless a person is about to choose.
        holds = held.isValid() and (hand or self.list.verticalScrollBar().value() > 0)
        self._held = (QPersistentModelIndex(held), self.list.visualRect(held).top()) if holds else None

    def _held_still(self) -> None:
        if self._held is not None:
            held, before = self._held
            moved = self.list.visualRect(self.model.index(held.row())).top() - before if held.isValid() else 0
            if moved:
                bar = self.list.verticalScrollBar()
                bar.setValue(bar.value() + moved)
        self._held = None
        self._following = False

    def _current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        summary = current.data(Role.SUMMARY)
        if self._following or summary is None or summary.id == self._shown_image:
            return
        self._chosen_here = summary.id
        self.image_chosen.emit(summary.id)

    def _selection_changed(self, _new: QItemSelection, _old: QItemSelection) -> None:
        self.list.viewport().update()

    def _menu_wanted(self, position: QPoint) -> None:
        self.menu_requested.emit(self.list.viewport().mapToGlobal(position))
