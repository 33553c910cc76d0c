"""Adapt to this lab: a new last layer on a package's embedding, fitted to the history's reviewed cells.

Only `keep` changes anything: the outcome is a proposal with its comparison, which the user accepts
or not. The parent is never changed, so choosing it again undoes everything.

ModelError codes: adapt_too_few, adapt_parent_missing, and those of inference.head.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hematodesk.domain.classes import cell_class
from hematodesk.domain.comparison import Comparison, compare_answers
from hematodesk.domain.errors import ModelError
from hematodesk.domain.linear_head import Labelled, LinearHead, choose_head, grouped_folds, out_of_fold
from hematodesk.domain.messages import N_
from hematodesk.domain.statistics import fit_temperature, softmax
from hematodesk.workflow.analysis.analyser import EmbeddingClassifier
from hematodesk.workflow.models.reviewed_cells import (
    ClassCount,
    ReviewedCells,
    counts_of,
    require_enough,
    see_cells,
    unread_words,
)

if TYPE_CHECKING:
    from hematodesk.domain.cancel import CancelToken
    from hematodesk.domain.manifest import Manifest
    from hematodesk.domain.packages import ModelPackage
    from hematodesk.imaging.reader import ImageReader
    from hematodesk.inference.head import Centres, PackageHead
    from hematodesk.workflow.models.model_service import ModelService

SUFFIX = "-lab"
"""Suffix of an adapted package's name after its parent's."""

FOLDS = 5

_TEMPERATURES = (0.25, 4.0)
"""A hundred cells cannot justify a temperature beyond these bounds."""

_FAMILIAR_SHARE = 0.975
_MOST_STRANGE = 1.5
"""The limit of familiarity rises until this share of the lab's own cells is familiar, but at most to this
multiple of the parent's: other objects must stay unfamiliar."""

_NAME_LENGTH, _LINE_LENGTH, _TEXT_LENGTH = 64, 1_000, 20_000


@dataclass(frozen=True, slots=True)
class Step:
    """The progress: `reading` pictures, then `checking` folds, then `writing`."""

    name: str
    done: int
    all: int


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """An adapted package and its comparison with the parent; not saved yet.

    Attributes:
        parent: what it was adapted from.
        package: what it would be; its path is only a name.
        data: its file's bytes.
        comparison: parent and adapted on the same cells, each cell answered by a head that was
            fitted without its picture.
        counts: reviewed cells used, by class.
        new_classes: those that the parent could not name.
        uncertain_before, uncertain_after: share of the cells that each answers with "uncertain".
        unread, unread_cells: see SeenCells.
        reviewed: what the history held.
        map_lost: whether the parent's activation map could not be carried over.
    """

    parent: ModelPackage
    package: ModelPackage
    data: bytes
    comparison: Comparison
    counts: tuple[ClassCount, ...]
    new_classes: tuple[str, ...]
    uncertain_before: float
    uncertain_after: float
    unread: dict[str, tuple[str, ...]]
    unread_cells: int
    reviewed: ReviewedCells
    map_lost: bool


def is_adapted(package: ModelPackage) -> bool:
    """Whether a package was made here, by `adapt`."""
    made_of = package.manifest.provenance.parent_sha256
    return made_of is not None and not package.shipped and package.name.endswith(SUFFIX)


def parent_of(service: ModelService, package: ModelPackage) -> ModelPackage:
    """The package to adapt when this one is chosen: itself, or the one that it was adapted from.

    An adapted one has seen the reviewed cells already, so that a check on them would flatter it.
    Raises ModelError `adapt_parent_missing`.
    """
    from hematodesk.domain.packages import ModelPackage

    there = {each.sha256: each for each in service.packages() if isinstance(each, ModelPackage)}
    for _ in range(len(there) + 1):
        if not is_adapted(package):
            return package
        made_of = there.get(package.manifest.provenance.parent_sha256 or "")
        if made_of is None:
            break
        package = made_of
    raise ModelError(
        "adapt_parent_missing",
        N_("Errors", "{name} {version} was adapted from a model that is not here any more."),
        N_("Errors", "Choose the model that it came from, or another one, and adapt that."),
        name=package.name,
        version=package.version,
    )


def next_version(packages: Iterable[object], name: str) -> str:
    """The next whole number after the versions of the packages of that name."""
    versions = [
        int(str(getattr(each, "version", "")).split(".")[0])
        for each in packages
        if getattr(each, "name", "") == name and str(getattr(each, "version", "")).split(".")[0].isdigit()
    ]
    return str(max(versions, default=0) + 1)


def lab_name(parent: ModelPackage) -> str:
    """The name of adapted packages of this parent."""
    return parent.name[: _NAME_LENGTH - len(SUFFIX)].rstrip("_-") + SUFFIX


def adapt(
    parent: ModelPackage,
    reviewed: ReviewedCells,
    classifier: EmbeddingClassifier,
    reader: ImageReader,
    version: str,
    *,
    cancel: CancelToken | None = None,
    progress: Callable[[Step], None] = lambda _step: None,
) -> Proposal:
    """Fit, check and write an adapted package; seconds, for a worker thread.

    Args:
        parent: see `parent_of`. classifier: the parent's. reviewed: found for the parent.
        version: of the new package.

    Raises Cancelled; ModelError: adapt_too_few, those of inference.head, or of a file that cannot be read.
    """
    from hematodesk.inference.head import check_written, read_head, write_head
    from hematodesk.inference.package import read_model_bytes

    def check() -> None:
        if cancel is not None:
            cancel.check()

    require_enough(reviewed.counts, reviewed.left_out)
    data = read_model_bytes(parent.path)
    found = read_head(data, parent.manifest, parent.name)
    seen = see_cells(
        reviewed,
        classifier,
        reader,
        cancel=cancel,
        progress=lambda done, all_: progress(Step("reading", done, all_)),
    )
    known = len(parent.class_ids)
    counts = counts_of(seen.labelled, reviewed.class_ids, known)
    require_enough(counts, unread_words(seen.unread, seen.unread_cells))
    fit = _Fit.make(found, seen.labelled, len(reviewed.class_ids) - known)
    fit.cross_validate(check, lambda done, all_: progress(Step("checking", done, all_)))
    progress(Step("writing", 0, 1))
    head, _ = choose_head(fit.start, seen.labelled, check)
    comparison = compare_answers(
        seen.labelled.truth,
        fit.before.argmax(axis=1),
        fit.after.argmax(axis=1),
        seen.labelled.groups,
        reviewed.class_ids,
    )
    centres, strange = _familiarity(found, seen.labelled, seen.strangeness, fit.folds)
    adapted = _manifest(parent, reviewed, counts, comparison, fit, strange, found.has_map, version)
    written = write_head(data, parent.manifest, head, centres, adapted)
    check()
    package = check_written(written, parent.path.with_name(f"{adapted.name}-{version}.onnx"), head)
    progress(Step("writing", 1, 1))
    return Proposal(
        parent,
        package,
        written,
        comparison,
        counts,
        reviewed.class_ids[known:],
        _uncertain(parent.manifest, fit.before[:, :known], seen.strangeness),
        _uncertain(adapted, fit.after, strange),
        seen.unread,
        seen.unread_cells,
        reviewed,
        parent.manifest.outputs.activation_map is not None and not found.has_map,
    )


def keep(service: ModelService, proposal: Proposal) -> ModelPackage:
    """Save a proposal among the user's models; the parent stays as it is. Raises ModelError, PolicyError."""
    return service.import_bytes(proposal.data, proposal.package.path)


@dataclass(slots=True, eq=False)
class _Fit:
    """The parent's logits and the adapted ones, out of fold, both (N, K) with the new classes last."""

    start: LinearHead
    labelled: Labelled
    folds: npt.NDArray[np.int64]
    before: npt.NDArray[np.float64]
    after: npt.NDArray[np.float64]

    @classmethod
    def make(cls, found: PackageHead, labelled: Labelled, more: int) -> _Fit:
        start = found.head.with_classes(more)
        before = start.logits(labelled.embeddings)
        # The parent cannot name the new classes at all.
        before[:, found.head.bias.size :] = -np.inf
        return cls(start, labelled, grouped_folds(labelled, FOLDS), before, np.empty_like(before))

    def cross_validate(self, check: Callable[[], None], done: Callable[[int, int], None]) -> None:
        self.after = out_of_fold(self.start, self.labelled, self.folds, check=check, done=done)


def _familiarity(
    found: PackageHead,
    labelled: Labelled,
    strangeness: npt.NDArray[np.float64] | None,
    folds: npt.NDArray[np.int64],
) -> tuple[Centres | None, npt.NDArray[np.float64] | None]:
    """The centres with the lab's own classes added, and how strange each cell is to those of the other folds.

    Where the package measures in a way unknown here, its centres and values stay.
    """
    centres = found.centres
    if centres is None or strangeness is None:
        return None, strangeness
    if not np.allclose(centres.strangeness(labelled.embeddings), strangeness, rtol=0.01, atol=0.01):
        return None, strangeness
    strange = np.empty_like(strangeness)
    for fold in np.unique(folds):
        outside = folds == fold
        inside = labelled.part(~outside)
        there = centres.with_centres(inside.embeddings, inside.truth)
        strange[outside] = there.strangeness(labelled.embeddings[outside])
    return centres.with_centres(labelled.embeddings, labelled.truth), strange


def _uncertain(
    manifest: Manifest, logits: npt.NDArray[np.float64], strange: npt.NDArray[np.float64] | None
) -> float:
    """Share of the cells that the program would call uncertain."""
    abstains = softmax(logits, manifest.temperature).max(axis=1) < manifest.abstention.min_confidence
    familiarity = manifest.abstention.familiarity
    if familiarity is not None and strange is not None:
        abstains |= ~(strange <= familiarity.max)
    return float(abstains.mean())


def _manifest(
    parent: ModelPackage,
    reviewed: ReviewedCells,
    counts: Sequence[ClassCount],
    comparison: Comparison,
    fit: _Fit,
    strange: npt.NDArray[np.float64] | None,
    has_map: bool,
    version: str,
) -> Manifest:
    from hematodesk.domain.manifest import Metric, ModelClass, Training

    old = parent.manifest
    lowest, highest = _TEMPERATURES
    abstention = old.abstention
    if abstention.familiarity is not None and strange is not None:
        limit = abstention.familiarity.max
        wanted = float(np.quantile(strange, _FAMILIAR_SHARE))
        if limit > 0:
            limit = min(max(limit, wanted), _MOST_STRANGE * limit)
        abstention = replace(abstention, familiarity=replace(abstention.familiarity, max=round(limit, 4)))
    classes = ", ".join(f"{each.class_id} {each.cells}" for each in counts)
    cells, images = comparison.after.cells, comparison.after.images
    learned = f"this laboratory's reviewed cells: {cells} of {images} images ({classes})"
    named = f"{parent.name} {parent.version}"
    metrics = tuple(
        Metric(words, share.value, balanced, share.cells, share.images, share.interval)
        for words, share, balanced in (
            (
                f"this laboratory's reviewed cells, each answered without its own image ({FOLDS} folds)",
                comparison.after,
                comparison.balanced_after,
            ),
            (f"the same cells answered by {named}", comparison.before, comparison.balanced_before),
        )
    )
    use = f"{old.intended_use} Its last layer was fitted to one laboratory's reviewed cells: use it there."
    return replace(
        old,
        name=lab_name(parent),
        version=version,
        intended_use=use[-_TEXT_LENGTH:],
        date=datetime.now(UTC).date().isoformat(),
        classes=(
            *old.classes,
            *(ModelClass(each, cell_class(each).name) for each in reviewed.class_ids[len(old.classes) :]),
        ),
        outputs=replace(
            old.outputs, kind="logits", activation_map=old.outputs.activation_map if has_map else None
        ),
        temperature=round(fit_temperature(fit.after, fit.labelled.truth, lowest=lowest, highest=highest), 4),
        abstention=abstention,
        provenance=Training(
            (*old.provenance.data[-150:], learned[:_LINE_LENGTH]),
            f"The last layer: {FOLDS} folds by image. Its parent: {old.provenance.split}"[:_TEXT_LENGTH],
            f"{named}, all but its last layer"[:_LINE_LENGTH],
            old.provenance.commit,
            parent.sha256,
        ),
        metrics=metrics,
    )
