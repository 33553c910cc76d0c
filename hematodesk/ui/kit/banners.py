"""Messages to the user as banners, from plain data.

Banners have a room of their own above the image and never cover it. One that speaks of an image goes when
another image is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
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
from hematodesk.ui.kit.theme import LEAST_TARGET, set_role

_ROLES = {"info": "banner-info", "warning": "banner-warn", "error": "banner-bad"}
_MOST_SHOWN = 3
_NARROW = 480
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
        image: the image that it speaks of, by the history's id; None where it speaks of none.
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
    image: int | None = None


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
        close.setMinimumSize(LEAST_TARGET, LEAST_TARGET)
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
    """The stack of banners above what the column shows; newest on top.

    They take at most half of the column's height: what finds no room waits until a newer one is put away.

    Signals:
        code_asked(str): the meaning of an error's code is requested.
    """

    code_asked = Signal(str)

    def __init__(self, column: QWidget) -> None:
        super().__init__(column)
        self._beside = column
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(1)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._shown: list[Banner] = []
        column.installEventFilter(self)
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
        self._take_away([banner for banner in self._shown if banner.notice.code == code])

    def put_all_away(self) -> None:
        """Take all banners away."""
        self._take_away(list(self._shown))

    def image_shown(self, image_id: int | None) -> None:
        """Another image may be shown now: what speaks of one that is not goes."""
        self._take_away([banner for banner in self._shown if banner.notice.image not in (None, image_id)])

    def _take_away(self, gone: Sequence[Banner]) -> None:
        for banner in gone:
            self._shown.remove(banner)
            self._column.removeWidget(banner)
            banner.hide()
            banner.deleteLater()
        if gone:
            self._place()

    def notices(self) -> list[Notice]:
        """What is shown, newest first."""
        return [banner.notice for banner in self._shown]

    def banner(self, code: str) -> Banner | None:
        """The banner that shows this code."""
        return next((banner for banner in self._shown if banner.notice.code == code), None)

    def minimumSizeHint(self) -> QSize:
        """Messages never make the window wider; where it is narrow their buttons stand below the words."""
        return QSize(0, 0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._beside and event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        width, room = self._beside.width(), self._beside.height() // 2
        for number, banner in enumerate(self._shown):
            banner.set_narrow(width < _NARROW)
            room -= banner.heightForWidth(width)
            banner.setVisible(number == 0 or room >= 0)
        self.setVisible(bool(self._shown))
        self.updateGeometry()
