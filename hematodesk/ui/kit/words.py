"""Numbers, lists and a batch run in words."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QLocale

from hematodesk.domain.history import RunSummary
from hematodesk.ui.kit.class_names import class_count
from hematodesk.ui.kit.translation import Context, translate

RunWords = Context("RunWords")


def number(value: int) -> str:
    """A count as the person's language groups it: 12,345."""
    return QLocale().toString(value)


def listed(names: Sequence[str]) -> str:
    """Names one after the other as the person's language lists them: A, B and C."""
    return QLocale().createSeparatedList(names)


def rate_words(rate: float) -> str:
    """Images a second: 163, or 2.4 where that says more."""
    return QLocale().toString(rate, "f", 0 if rate >= 10 else 1)


def duration(seconds: float) -> str:
    """40 s, 3 min, 2 h 5 min."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return translate("RunWords", "{number} s").format(number=max(1, round(seconds)))
    if minutes < 60:
        return translate("RunWords", "{number} min").format(number=minutes)
    return translate("RunWords", "{hours} h {minutes} min").format(hours=minutes // 60, minutes=minutes % 60)


def images_words(count: int, seconds: float) -> str:
    """1,200 images in 40 s."""
    words = RunWords.tr("{images} image(s) in {time}", "", count)
    return words.format(images=number(count), time=duration(seconds))


_TOLD_CLASSES = 4
"""As many as the banner has room for."""


def run_words(summary: RunSummary, elapsed_s: float, done: int) -> str:
    """What a run held, in a sentence or two; the classes with most cells first."""
    words = images_words(done, elapsed_s)
    told = summary.classes[: _TOLD_CLASSES if len(summary.classes) <= _TOLD_CLASSES else _TOLD_CLASSES - 1]
    parts = [class_count(class_id, count) for class_id, count, _ in told]
    if rest := sum(count for _, count, _ in summary.classes[len(told) :]):
        parts.append(RunWords.tr("{count} of other classes", "", rest).format(count=number(rest)))
    if summary.uncertain:
        parts.append(
            RunWords.tr("{count} image(s) with uncertain cells", "", summary.uncertain).format(
                count=number(summary.uncertain)
            )
        )
    if summary.failed:
        parts.append(RunWords.tr("{count} failed", "", summary.failed).format(count=number(summary.failed)))
    return f"{words}: {', '.join(parts)}." if parts else f"{words}."


def reason_words(code: str) -> str:
    """Why images failed, for a heading over them; the code itself where there are no words for it."""
    words = {
        "file_empty": translate("RunWords", "Empty files"),
        "file_not_found": translate("RunWords", "Files that are gone"),
        "file_too_large": translate("RunWords", "Files that are too large"),
        "file_unreadable": translate("RunWords", "Files that the system does not let be read"),
        "image_damaged": translate("RunWords", "Damaged images"),
        "image_decoder_failed": translate("RunWords", "Images that stopped their decoder"),
        "image_decoder_stuck": translate("RunWords", "Images that took too long to decode"),
        "image_too_large": translate("RunWords", "Images with too many pixels"),
        "image_too_small": translate("RunWords", "Images with too few pixels"),
        "image_truncated": translate("RunWords", "Images that are cut off"),
        "internal_error": translate("RunWords", "Faults of the program"),
        "not_an_image": translate("RunWords", "Files that are no images"),
    }
    return words.get(code, code)
