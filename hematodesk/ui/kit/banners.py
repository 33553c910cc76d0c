"""Messages to the user as banners, from plain data.

A banner lies over the top of the image and never moves what is under it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from hematodesk.domain.cells import Fault
from hematodesk.domain.errors import HematodeskError
from hematodesk.ui.kit.error_words import error_words
from hematodesk.ui.kit.plain_text import breakable
from hematodesk.ui.kit.theme import set_role

_ROLES = {"info": "banner-info", "warning": "banner-warn", "error": "banner-bad"}
_MOST_SHOWN = 3
_LEAST_WIDTH, _NARROW, _WIDEST = 168, 480, 760
_INFO_STAYS_MS = 8000
"""Milliseconds that an informative banner stays: long enough to read two lines twice."""


class Level(StrEnum):
    """How much a notice matters; an error stays until it is put away."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Notice:
    """One message.

    Attributes:
        code: stable id; a newer notice with the same code takes the older one's place.
        text: one sentence. remedy: what to do about it.
        level: see Level.
        action_text, action: a button on the banner, and what it does.
        more_text, more: another button behind it.
        cause: the error's own code, which is shown and can be looked up; of errors that have none it
            is `code`. What only tells or warns shows none.
        stays: whether it stays until it is put away, whatever its level.
    """

    code: str
    text: str
    remedy: str = ""
    level: Level = Level.INFO
    action_text: str = ""
    action: Callable[[], object] | None = None
    more_text: str = ""
    more: Callable[[], object] | None = None
    cause: str = ""
    stays: bool = False


def notice_of(error: HematodeskError | Fault, level: Level = Level.ERROR) -> Notice:
    """The notice that tells an error: its sentence, its remedy and its code."""
    return Notice(error.code, error_words(error.message), error_words(error.remedy), level, cause=error.code)


class Banner(QFrame):
    """One notice as a widget."""

    put_away = Signal(str)
    code_asked = Signal(str)

    def __init__(self, notice: Notice, parent: QWidget) -> None:
        super().__init__(parent)
        self.notice = notice
        self.setObjectName("banner")
        set_role(self, _ROLES[notice.level])
        self.setAccessibleName(_words(notice))
        words = self._told = QLabel(breakable(_words(notice)), self)
        words.setTextFormat(Qt.TextFormat.PlainText)
        words.setWordWrap(True)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        # A new policy forgets that wrapped words need more height where there is less width.
        policy.setHeightForWidth(True)
        words.setSizePolicy(policy)
        tail = QHBoxLayout()
        tail.setSpacing(8)
        self.code: QPushButton | None = None
        coded = notice.cause or (notice.code if notice.level is Level.ERROR else "")
        if coded:
            code = QPushButton(coded, self)
            set_role(code, "quiet")
            code.setAutoDefault(False)
            code.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            code.setToolTip(
                self.tr("The error's code, for whoever helps you; a click looks it up in the manual")
            )
            code.clicked.connect(lambda: self.code_asked.emit(coded))
            self.code = code
            tail.addWidget(code, 0, Qt.AlignmentFlag.AlignVCenter)
        self.button, self.more_button = (
            self._button(text, deed, tail)
            for text, deed in ((notice.action_text, notice.action), (notice.more_text, notice.more))
        )
        close = self.close_button = QToolButton(self)
        close.setText("✕")
        close.setAutoRaise(True)
        close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        close.setAccessibleName(self.tr("Put this message away"))
        close.setToolTip(self.tr("Put this message away"))
        close.clicked.connect(self._close)
        self._inside = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._inside.setSpacing(8)
        self._inside.addWidget(words, 1)
        self._inside.addLayout(tail)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 8, 8)
        row.setSpacing(8)
        row.addLayout(self._inside, 1)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignVCenter)

    def tell(self, text: str) -> None:
        """Another text, with the same remedy; a screen reader is not called again."""
        self.notice = replace(self.notice, text=text)
        self._told.setText(breakable(_words(self.notice)))
        self.setAccessibleName(_words(self.notice))

    def set_narrow(self, narrow: bool) -> None:
        """Put the code and the button below the words where there is no room beside them."""
        self._inside.setDirection(
            QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        )
        # The heights are asked for at once, before Qt itself forgets those of the other direction.
        self.updateGeometry()

    def _button(self, text: str, deed: Callable[[], object] | None, row: QHBoxLayout) -> QPushButton | None:
        if deed is None:
            return None
        button = QPushButton(text, self)
        button.setAutoDefault(False)
        # A click leaves the keyboard where it is; Tab still comes here.
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self._act(deed))
        row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        return button

    def _act(self, deed: Callable[[], object]) -> None:
        self.put_away.emit(self.notice.code)
        deed()

    def _close(self) -> None:
        self.put_away.emit(self.notice.code)


def _words(notice: Notice) -> str:
    return f"{notice.text} {notice.remedy}".strip()


class Banners(QWidget):
    """The stack of banners at the top of the widget it lies over; newest on top.

    Signals:
        code_asked(str): the meaning of an error's code is requested.
    """

    code_asked = Signal(str)

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._shown: list[Banner] = []
        over.installEventFilter(self)
        self.hide()

    def show_notice(self, notice: Notice) -> None:
        """Show it; the oldest give way when there are too many."""
        self.put_away(notice.code)
        banner = Banner(notice, self)
        banner.put_away.connect(self.put_away)
        banner.code_asked.connect(self.code_asked)
        self._column.insertWidget(0, banner)
        self._shown.insert(0, banner)
        while len(self._shown) > _MOST_SHOWN:
            self.put_away(self._shown[-1].notice.code)
        if notice.level is Level.INFO and not notice.stays:
            timer = QTimer(banner)
            timer.setSingleShot(True)
            timer.timeout.connect(banner._close)
            timer.start(_INFO_STAYS_MS)
        banner.show()
        self.show()
        self._place()
        # A screen reader says it without the focus moving.
        QAccessible.updateAccessibility(QAccessibleEvent(banner, QAccessible.Event.Alert))

    def show_error(self, error: HematodeskError | Fault) -> None:
        """Show an error with its code and remedy."""
        self.show_notice(notice_of(error))

    def tell(self, code: str, text: str) -> None:
        """Another text on the banner with that code, in place; nothing happens where it was put away."""
        if (banner := self.banner(code)) is not None:
            banner.tell(text)
            self._place()

    def put_away(self, code: str) -> None:
        """Take the banner with that code away, if it is shown."""
        for banner in tuple(self._shown):
            if banner.notice.code == code:
                self._shown.remove(banner)
                self._column.removeWidget(banner)
                banner.hide()
                banner.deleteLater()
        if not self._shown:
            self.hide()
        self._place()

    def put_all_away(self) -> None:
        """Take all banners away."""
        for banner in tuple(self._shown):
            self.put_away(banner.notice.code)

    def notices(self) -> list[Notice]:
        """What is shown, newest first."""
        return [banner.notice for banner in self._shown]

    def banner(self, code: str) -> Banner | None:
        """The banner that shows this code."""
        return next((banner for banner in self._shown if banner.notice.code == code), None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._over and event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        if not self._shown:
            return
        width = max(_LEAST_WIDTH, min(_WIDEST, self._over.width() - 32))
        for banner in self._shown:
            banner.set_narrow(width < _NARROW)
        height = self._column.totalHeightForWidth(width)
        if height <= 0:
            height = self._column.totalSizeHint().height()
        self.setGeometry((self._over.width() - width) // 2, 16, width, height)
        self.raise_()
