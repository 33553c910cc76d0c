"""The choices of images that an export can be of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hematodesk.domain.history import HistoryFilter
from hematodesk.ui.kit.translation import Context, translate
from hematodesk.workflow.exports.export import Selection

Export = Context("Export")


@dataclass(frozen=True, slots=True)
class Scope:
    """One choice of images: its words, and what the history is asked for."""

    words: str
    selection: Selection


def export_scopes(session_id: int | None, chosen: Sequence[int], listed: HistoryFilter) -> list[Scope]:
    """What can be exported now: a session, the images chosen in the list, what the list shows, everything."""
    scopes = []
    if session_id is not None:
        words = translate("Export", "The session of the image shown")
        scopes.append(Scope(words, HistoryFilter(session_id=session_id)))
    if chosen:
        words = Export.tr("The %n image(s) chosen in the list", "", len(chosen))
        scopes.append(Scope(words, list(chosen)))
    if listed != HistoryFilter():
        scopes.append(Scope(translate("Export", "What the list shows under its filter"), listed))
    scopes.append(Scope(translate("Export", "The whole history"), HistoryFilter()))
    return scopes
