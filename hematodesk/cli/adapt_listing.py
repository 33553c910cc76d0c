"""What `models adapt` prints: the before-and-after table for people, or one JSON object."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hematodesk.cli.result_format import printable
from hematodesk.domain.comparison import Verdict
from hematodesk.domain.words import number_of
from hematodesk.workflow.models.reviewed_cells import unread_words

if TYPE_CHECKING:
    from hematodesk.cli.output import TextSink
    from hematodesk.domain.comparison import Share
    from hematodesk.workflow.models.adaptation import Proposal


def advice(proposal: Proposal) -> str:
    """One sentence: use the new model or keep the old one, and why."""
    old, change = f"{proposal.parent.name} {proposal.parent.version}", proposal.comparison
    if change.verdict is Verdict.BETTER:
        return "The adapted model is better on this lab's cells, beyond chance."
    if change.verdict is Verdict.LIKELY:
        return (
            "The adapted model is likely better; with so few cells the gain may still be chance. "
            "More reviewed cells would tell."
        )
    return f"The adapted model is not better on this lab's cells: keep {old}."


def write_proposal(proposal: Proposal, output: TextSink, *, saved: str | None, as_json: bool) -> None:
    """Write the outcome; `saved` is its file or name, None when it was not saved."""
    if as_json:
        document = as_document(proposal) | {"saved": saved}
        output.write(json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n")
        output.flush()
        return
    change, old = proposal.comparison, f"{proposal.parent.name} {proposal.parent.version}"
    lines = [
        f"{proposal.package.name} {proposal.package.version}, adapted from {old} with {change.after.cells} "
        f"reviewed cells of {change.after.images} images; each cell answered without its own image:",
        "",
        f"{'':<22}  {'cells':>5}  {'images':>6}  {'before':<22}  after",
    ]
    for each in change.classes:
        lines.append(_row(each.class_id, each.before, each.after))
    lines += [
        _row("accuracy", change.before, change.after),
        f"{'balanced accuracy':<22}  {'':>5}  {'':>6}  {change.balanced_before:<22.1%}  "
        f"{change.balanced_after:.1%}",
        f"{'uncertain':<22}  {'':>5}  {'':>6}  {proposal.uncertain_before:<22.1%}  "
        f"{proposal.uncertain_after:.1%}",
        "",
        f"Balanced accuracy changes by {_points(change.balanced_after - change.balanced_before)} points "
        f"(95 % interval {_points(change.difference[0])} to {_points(change.difference[1])}).",
        f"{number_of(change.mended, 'wrong answer')} became right, {number_of(change.spoiled, 'right one')} "
        f"wrong (McNemar's p {change.chance:.3g}).",
        advice(proposal),
    ]
    if words := unread_words(proposal.unread, proposal.unread_cells):
        lines.append(words)
    if saved is not None:
        lines.append(f"Saved as {saved}. {old} stays as it is.")
    for line in lines:
        output.write(printable(line) + "\n")
    output.flush()


def as_document(proposal: Proposal) -> dict[str, Any]:
    """The outcome as plain JSON values."""
    change = proposal.comparison
    return {
        "parent": {
            "name": proposal.parent.name,
            "version": proposal.parent.version,
            "sha256": proposal.parent.sha256,
        },
        "model": {
            "name": proposal.package.name,
            "version": proposal.package.version,
            "sha256": proposal.package.sha256,
        },
        "classes": list(proposal.package.class_ids),
        "new_classes": list(proposal.new_classes),
        "cells": change.after.cells,
        "images": change.after.images,
        "before": _share(change.before) | {"balanced_accuracy": change.balanced_before},
        "after": _share(change.after) | {"balanced_accuracy": change.balanced_after},
        "per_class": {
            each.class_id: {"before": _share(each.before), "after": _share(each.after)}
            for each in change.classes
        },
        "balanced_difference_interval": list(change.difference),
        "mended": change.mended,
        "spoiled": change.spoiled,
        "mcnemar_p": change.chance,
        "uncertain": {"before": proposal.uncertain_before, "after": proposal.uncertain_after},
        "temperature": proposal.package.manifest.temperature,
        "unread": {code: list(names) for code, names in proposal.unread.items()},
        "verdict": change.verdict.value,
        "advice": advice(proposal),
    }


def _share(share: Share) -> dict[str, Any]:
    return {
        "right": share.right,
        "cells": share.cells,
        "images": share.images,
        "accuracy": share.value,
        "interval": list(share.interval),
    }


def _row(name: str, before: Share, after: Share) -> str:
    return f"{name:<22}  {after.cells:>5}  {after.images:>6}  {_interval(before):<22}  {_interval(after)}"


def _interval(share: Share) -> str:
    low, high = share.interval
    return f"{share.value:.1%} ({low:.0%} to {high:.0%})"


def _points(value: float) -> str:
    return f"{value * 100:+.1f}"
