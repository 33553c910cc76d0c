"""Moments in words, in the computer's time zone and the person's language."""

from __future__ import annotations

from datetime import datetime, timedelta

from PySide6.QtCore import QDate, QLocale, QTime

from hematodesk.ui.kit.translation import translate


def local_time(moment: str) -> datetime:
    """A UTC time of the history in the computer's time zone."""
    return datetime.fromisoformat(moment).astimezone()


def moment_words(moment: str, now: datetime | None = None) -> str:
    """When: "Today 14:02", "Yesterday 09:10", else the date and time."""
    then = local_time(moment)
    today = (now or datetime.now().astimezone()).date()
    clock = QLocale().toString(QTime(then.hour, then.minute), QLocale.FormatType.ShortFormat)
    if then.date() == today:
        return translate("HistoryWords", "Today {time}").format(time=clock)
    if then.date() == today - timedelta(days=1):
        return translate("HistoryWords", "Yesterday {time}").format(time=clock)
    day = QDate(then.year, then.month, then.day)
    return f"{QLocale().toString(day, QLocale.FormatType.ShortFormat)} {clock}"
