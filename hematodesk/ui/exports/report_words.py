"""The texts of a report on images and cells, in the user's language."""

from __future__ import annotations

import re

from PySide6.QtCore import QDate, QLocale

from hematodesk.domain.cells import Prediction, Review, Verdict
from hematodesk.domain.history import HistoryImage, Session
from hematodesk.domain.operators import Operator
from hematodesk.domain.tallies import Tally
from hematodesk.ui.kit.cell_words import percent, uncertain_words
from hematodesk.ui.kit.class_names import class_name
from hematodesk.ui.kit.error_words import error_words
from hematodesk.ui.kit.time_words import local_time
from hematodesk.ui.kit.translation import translate

_FIRST, _LAST = "\u2068", "\u2069"
"""First strong isolate and its end: a name written from right to left leaves the words around it alone."""
_RUNNERS_UP = 2


_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")


def straight(text: str) -> str:
    """Untrusted text with its direction control characters made visible."""
    return _TURNING.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def isolated(name: str) -> str:
    """A name within a sentence, whatever its direction of writing is."""
    return name if name.isascii() else f"{_FIRST}{straight(name)}{_LAST}"


def when(moment: str) -> str:
    """A time of the history in the computer's time zone, unambiguous on paper."""
    then = local_time(moment)
    # The month in letters: 03/04 would be read as April here and as March there.
    day = QLocale().toString(QDate(then.year, then.month, then.day), "d MMM yyyy")
    return f"{day} {then:%H:%M:%S}"


def zone(moment: str) -> str:
    """The time zone of that time: "UTC+01:00"."""
    offset = local_time(moment).strftime("%z")
    return f"UTC{offset[:3]}:{offset[3:5]}"


def session_line(session: Session) -> str:
    """A session in one line: number, who, from when to when."""
    words = translate("Report", "Session {number}, {operator}: {began}").format(
        number=session.id, operator=isolated(session.operator.name), began=when(session.started_at)
    )
    return f"{words} – {when(session.ended_at)}" if session.ended_at else words


def tally_words(tally: Tally) -> str:
    """The counts of a session or of all of them."""
    words = translate(
        "Report",
        "Images: {images} (not read: {failed}, without a cell: {without}). Cells: {cells} "
        "(uncertain: {uncertain}, reviewed: {reviewed}, of these rejected as no cell: {rejected}).",
    )
    return words.format(
        images=tally.images,
        failed=tally.failed,
        without=tally.without_cell,
        cells=tally.cells,
        uncertain=tally.uncertain,
        reviewed=tally.reviewed,
        rejected=tally.rejected,
    )


def prediction_words(prediction: Prediction) -> str:
    """Model, class and confidence: never a confidence without its model."""
    made = prediction.provenance
    others = ", ".join(
        f"{class_name(class_id)} {percent(share)}"
        for class_id, share in prediction.ranked[1 : 1 + _RUNNERS_UP]
    )
    words = translate("Report", "{model} on {provider}: {class_name}, {percent}").format(
        model=f"{isolated(made.model)} {made.version}",
        provider=made.provider.upper(),
        class_name=class_name(prediction.class_id),
        percent=percent(prediction.confidence),
    )
    return f"{words}; {others}" if others else words


def uncertain_line(prediction: Prediction) -> str:
    """Why the model abstains; empty when it does not."""
    reason = uncertain_words(prediction)
    return translate("Report", "Uncertain: {reason}").format(reason=reason) if reason else ""


def review_line(review: Review | None) -> str:
    """Who reviewed when, and what was said."""
    if review is None:
        return translate("Report", "Not reviewed")
    words = {
        Verdict.AGREED: translate("Report", "✓ Agreed by {operator}, {time}"),
        Verdict.CORRECTED: translate("Report", "✓ Corrected by {operator}, {time}"),
        Verdict.REJECTED: translate("Report", "✓ Rejected as no cell by {operator}, {time}"),
    }[review.verdict]
    return words.format(operator=isolated(review.operator.name), time=when(review.created_at))


def image_lines(image: HistoryImage, operator: Operator) -> list[str]:
    """What is known of an image beside its picture."""
    result = image.result
    cells = [cell for cell in result.cells if not cell.removed]
    lines = [
        translate("Report", "Analysed: {time}").format(time=when(result.created_at)),
        translate("Report", "Session {number}, {operator}").format(
            number=image.session_id, operator=isolated(operator.name)
        ),
    ]
    if result.width and result.height:
        size = translate("Report", "Size: {width} × {height} pixels")
        lines.append(size.format(width=result.width, height=result.height))
    lines.append(translate("Report", "Cells: {count}").format(count=len(cells)))
    if result.path:
        lines.append(translate("Report", "File: {path}").format(path=isolated(result.path)))
    if result.digest:
        lines.append(translate("Report", "SHA-256: {digest}").format(digest=result.digest))
    if image.note:
        lines.append(note_line(image.note))
    if (fault := result.fault) is not None:
        lines.append(
            f"{straight(error_words(fault.message))} {straight(error_words(fault.remedy))} [{fault.code}]"
        )
    return lines


def note_line(note: str) -> str:
    """A note with what it is; its lines stay lines."""
    return translate("Report", "Note: {note}").format(note=straight(note))
