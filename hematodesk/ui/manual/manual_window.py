"""The manual: its pages at the left, one of them at the right, and a search through all of them."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut, QTextDocument
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from hematodesk.ui.kit.markdown_look import blocks
from hematodesk.ui.kit.theme import GRID, Theme, emphasis_font, set_role
from hematodesk.ui.manual.manual_view import ManualView
from hematodesk.ui.manual.manual_words import manual_words
from hematodesk.workflow.system.manual import INDEX, Hit, Manual, fill, find, words_of

_PAGE = Qt.ItemDataRole.UserRole
_LINE = Qt.ItemDataRole.UserRole + 1
_NO_LINE = -1


@dataclass(slots=True)
class _Visit:
    """A page that was read, and how far down."""

    page: str
    scrolled: int = 0


class ManualWindow(QDialog):
    """Stands beside the main window, which stays usable."""

    def __init__(self, manual: Manual, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("manual")
        self.setWindowTitle(self.tr("Manual"))
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint)
        self._manual = manual
        self._visits: list[_Visit] = []
        self._at = -1
        self._lines: dict[str, list[str]] | None = None
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(self.tr("Search the manual"))
        self.search.setAccessibleName(self.tr("Search the manual"))
        self.search.setClearButtonEnabled(True)
        self.list = QListWidget(self)
        self.list.setAccessibleName(self.tr("Pages"))
        self.list.setWordWrap(True)
        self.list.setSpacing(2)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.told = QLabel(self)
        self.told.setWordWrap(True)
        set_role(self.told, "muted")
        self.view = ManualView(manual, self)
        self.back = self._button(self.tr("Back"), QKeySequence.StandardKey.Back)
        self.forward = self._button(self.tr("Forward"), QKeySequence.StandardKey.Forward)
        self._lay_out()
        self.back.clicked.connect(lambda: self._step(-1))
        self.forward.clicked.connect(lambda: self._step(1))
        self.search.textChanged.connect(self._searched)
        self.search.returnPressed.connect(self._take_first)
        self.list.currentItemChanged.connect(self._chosen)
        self.list.itemActivated.connect(lambda _item: self.view.setFocus())
        self.view.link_clicked.connect(self._follow)
        theme.changed.connect(self._show_again)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self).activated.connect(self._go_to_search)
        self.setMinimumSize(GRID * 60, GRID * 40)
        self.resize(1080, 720)
        self._list_pages()
        self.open_page(INDEX)
        self.search.setFocus()

    def _button(self, words: str, key: QKeySequence.StandardKey) -> QPushButton:
        button = QPushButton(words, self)
        button.setAutoDefault(False)
        button.setToolTip(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText))
        # Not the button's own shortcut: that one holds the button down for a moment first.
        QShortcut(QKeySequence(key), self).activated.connect(button.click)
        return button

    def _lay_out(self) -> None:
        left = QWidget(self)
        left.setMinimumWidth(GRID * 26)
        column = QVBoxLayout(left)
        column.setContentsMargins(GRID * 2, GRID * 2, GRID, GRID * 2)
        column.setSpacing(GRID)
        column.addWidget(self.search)
        column.addWidget(self.told)
        column.addWidget(self.list, 1)
        if self._manual.foreign:
            note = QLabel(self.tr("The manual is only in English so far."), self)
            note.setWordWrap(True)
            set_role(note, "muted")
            column.addWidget(note)
        steps = QHBoxLayout()
        steps.setContentsMargins(0, GRID * 2, 0, 0)
        steps.setSpacing(GRID)
        steps.addWidget(self.back)
        steps.addWidget(self.forward)
        steps.addStretch(1)
        right = QWidget(self)
        page = QVBoxLayout(right)
        page.setContentsMargins(GRID, 0, GRID * 2, GRID * 2)
        page.setSpacing(GRID)
        page.addLayout(steps)
        page.addWidget(self.view, 1)
        columns = QSplitter(Qt.Orientation.Horizontal, self)
        columns.setHandleWidth(1)
        columns.setChildrenCollapsible(False)
        columns.addWidget(left)
        columns.addWidget(right)
        columns.setStretchFactor(1, 1)
        columns.setSizes([GRID * 34, GRID * 100])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(columns)
        self.told.hide()

    # Reading

    @property
    def page(self) -> str:
        """The file name of the page that is shown."""
        return self._visits[self._at].page if self._visits else ""

    def open_page(self, name: str, heading: str = "") -> None:
        """Show a page, from that heading on; one that there is not is ignored."""
        if name not in self._manual.names:
            return
        if name != self.page:
            self._remember_scroll()
            del self._visits[self._at + 1 :]
            self._visits.append(_Visit(name))
            self._at = len(self._visits) - 1
            self._show(name)
        if heading:
            self.view.go_to_heading(heading)

    def look_up(self, words: str) -> None:
        """Search for words, and show the first place that has them."""
        self.search.setText(words)
        self._take_first()

    def _show(self, name: str) -> None:
        self.view.show_page(self._text(name))
        self.view.verticalScrollBar().setValue(0)
        self.back.setEnabled(self._at > 0)
        self.forward.setEnabled(self._at < len(self._visits) - 1)
        self._mark_in_list(name)

    def _text(self, name: str) -> str:
        return fill(self._manual.source(name), manual_words)

    def _show_again(self) -> None:
        """The look changed."""
        self._remember_scroll()
        self._show(self.page)
        self.view.verticalScrollBar().setValue(self._visits[self._at].scrolled)

    def _remember_scroll(self) -> None:
        if self._visits:
            self._visits[self._at].scrolled = self.view.verticalScrollBar().value()

    def _step(self, by: int) -> None:
        """To the page read before, or after."""
        if 0 <= self._at + by < len(self._visits):
            self._remember_scroll()
            self._at += by
            self._show(self.page)
            self.view.verticalScrollBar().setValue(self._visits[self._at].scrolled)

    def _follow(self, page: str, heading: str) -> None:
        self.open_page(page or self.page, heading)

    # The list

    def _list_pages(self) -> None:
        self._fill_list([(self._manual.title(name), name, _NO_LINE) for name in self._manual.names])
        self._mark_in_list(self.page)

    def _list_hits(self, hits: list[Hit]) -> None:
        rows = [(f"{self._manual.title(hit.page)}\n{hit.context}", hit.page, hit.line) for hit in hits]
        self._fill_list(rows)

    def _fill_list(self, rows: list[tuple[str, str, int]]) -> None:
        blocked = self.list.blockSignals(True)
        self.list.clear()
        for words, page, line in rows:
            item = QListWidgetItem(words, self.list)
            item.setData(_PAGE, page)
            item.setData(_LINE, line)
            if page == INDEX and line == _NO_LINE:
                item.setFont(emphasis_font(self.list.font()))
        self.list.blockSignals(blocked)

    def _mark_in_list(self, name: str) -> None:
        """The page shown is the one chosen; of several hits in it the one chosen stays."""
        current = self.list.currentItem()
        if current is not None and current.data(_PAGE) == name:
            return
        for row in range(self.list.count()):
            if self.list.item(row).data(_PAGE) == name:
                blocked = self.list.blockSignals(True)
                self.list.setCurrentRow(row)
                self.list.blockSignals(blocked)
                return
        self.list.clearSelection()
        self.list.setCurrentRow(-1)

    def _chosen(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        self.open_page(str(item.data(_PAGE)))
        line = int(item.data(_LINE))
        if line != _NO_LINE:
            self.view.go_to_line(line)

    # Searching

    def _searched(self, query: str) -> None:
        self.view.mark(words_of(query))
        if not words_of(query):
            self.told.hide()
            self._list_pages()
            return
        hits = find(self._all_lines(), query)
        self._list_hits(hits)
        pages = len({hit.page for hit in hits})
        self.told.setText(
            self.tr("Pages with these words: {count}").format(count=pages)
            if hits
            else self.tr("No page has these words.")
        )
        self.told.show()

    def _all_lines(self) -> dict[str, list[str]]:
        """The lines of every page, the very ones that are shown; laid out when first asked for."""
        if self._lines is None:
            self._lines = {}
            for name in self._manual.names:
                document = QTextDocument()
                document.setMarkdown(self._text(name))
                self._lines[name] = [block.text() for block in blocks(document)]
        return self._lines

    def _take_first(self) -> None:
        if self.list.count() and self.told.isVisibleTo(self):
            self.list.setCurrentRow(0)
            self._chosen(self.list.currentItem())

    def _go_to_search(self) -> None:
        self.search.setFocus()
        self.search.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Down goes from the search to the list; Esc empties the search before it closes."""
        if event.key() == Qt.Key.Key_Down and self.search.hasFocus() and self.list.count():
            self.list.setFocus()
            if self.list.currentItem() is None:
                self.list.setCurrentRow(0)
        elif event.key() == Qt.Key.Key_Escape and self.search.text():
            self.search.clear()
            self.search.setFocus()
        else:
            super().keyPressEvent(event)
