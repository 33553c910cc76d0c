"""The history's rows in words, for the list and for screen readers."""

from __future__ import annotations

from hematodesk.domain.cells import ImageStatus
from hematodesk.domain.history import ImageSummary, ReviewState, Session
from hematodesk.domain.image_notices import notice_sentences
from hematodesk.ui.kit.cell_words import percent
from hematodesk.ui.kit.class_names import class_count, class_name, short_class_name
from hematodesk.ui.kit.error_words import error_words
from hematodesk.ui.kit.plain_text import whole_letters
from hematodesk.ui.kit.time_words import moment_words
from hematodesk.ui.kit.translation import translate


def session_words(session: Session, unfolded: bool | None = None) -> str:
    """A session's heading as a sentence; with its state, for who cannot see it."""
    words = translate("HistoryWords", "Session of {moment}, images: {count}").format(
        moment=moment_words(session.started_at), count=session.image_count
    )
    if unfolded is None:
        return words
    state = translate("HistoryWords", "unfolded") if unfolded else translate("HistoryWords", "folded")
    return f"{words}, {state}"


def session_tip(session: Session) -> str:
    """A session's tooltip: who, from when to when."""
    began = moment_words(session.started_at)
    if session.ended_at:
        return translate("HistoryWords", "{operator}, {began} to {ended}").format(
            operator=session.operator.name, began=began, ended=moment_words(session.ended_at)
        )
    return translate("HistoryWords", "{operator}, since {began}").format(
        operator=session.operator.name, began=began
    )


def label_words(summary: ImageSummary) -> str:
    """What an image shows: "Neutrophil 97 %", "2 Neutrophil, 1 Monocyte", "No cell", "Failed"."""
    if summary.status is ImageStatus.ERROR:
        return translate("HistoryWords", "Could not be read")
    if not summary.cell_count:
        return translate("HistoryWords", "No cell")
    if not summary.labels:
        return (
            translate("HistoryWords", "No cell")
            if summary.review_state is ReviewState.DONE
            else translate("HistoryWords", "Not named yet")
        )
    if summary.cell_count == 1:
        name = class_name(summary.labels[0][0])
        if summary.review_state is ReviewState.DONE or summary.confidence is None:
            return name
        return f"{name}  {percent(summary.confidence)}"
    if len(summary.labels) == 1:
        return class_count(*summary.labels[0])
    return ", ".join(f"{count} {short_class_name(class_id)}" for class_id, count in summary.labels)


def state_words(summary: ImageSummary) -> str:
    """How it stands with the image: failed, uncertain, reviewed; empty when there is nothing to say."""
    if summary.status is ImageStatus.ERROR:
        return translate("HistoryWords", "failed")
    if summary.uncertain_count:
        return translate("HistoryWords", "uncertain")
    if summary.review_state is ReviewState.DONE:
        return translate("HistoryWords", "reviewed")
    if summary.review_state is ReviewState.PARTLY:
        return translate("HistoryWords", "partly reviewed")
    return ""


def image_words(summary: ImageSummary) -> str:
    """A row as a sentence, and behind it what the reader tells of the image."""
    parts = [whole_letters(summary.name), label_words(summary), state_words(summary)]
    if summary.has_note:
        parts.append(translate("HistoryWords", "with a note"))
    words = ", ".join(part for part in parts if part)
    told = [error_words(sentence) for sentence in notice_sentences(summary.notices)]
    return " ".join([f"{words}.", *told]) if told else words
