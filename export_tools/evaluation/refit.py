"""`python -m export_tools refit`: measures a package's familiarity anew, with cells its network never saw.

The network and its answers stay as they are. The directions in which an embedding is compared with the
classes' centres are those that tell the package's classes from everything else that the sources name
(blasts, immature granulocytes, erythroblasts, each stage by itself). The limit comes from laboratories of
mature cells alone that neither the network nor the directions know: it is the mean of those under which the
wanted share of each one's certain cells stays.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from export_tools.data.crops import cut_by_source, middle
from export_tools.data.file_lists import HELD_OUT, TRAINED_ON, beside, file_key, read_list
from export_tools.data.grouping import join_groups
from export_tools.data.records import Record
from export_tools.data.sources import read_source
from export_tools.evaluation.calibrate import whitening
from export_tools.evaluation.strangers import MATURE
from hematodesk.domain.errors import HematodeskError
from hematodesk.domain.files import Rights, write_whole
from hematodesk.domain.manifest import Manifest
from hematodesk.domain.packages import ModelPackage
from hematodesk.domain.statistics import softmax
from hematodesk.inference.classify import Classifier
from hematodesk.inference.head import Centres, read_head
from hematodesk.inference.manifest_json import manifest_to_json
from hematodesk.inference.package import read_model_bytes, read_package

Floats = npt.NDArray[np.float64]

_MOST = 400
"""Cells of one class and source that the directions are measured on: the large set must not decide alone."""

_FEWEST = 15
"""A kind of cell with fewer has no direction of its own."""


def add_parser(subparsers: Any) -> None:
    """The `refit` command."""
    parser = subparsers.add_parser("refit", help="measure a package's familiarity anew, with more cells")
    parser.add_argument("package", type=Path, help="a package, the lists of its training beside it")
    parser.add_argument("sources", nargs="+", type=Path, help="folders of its training, and others")
    parser.add_argument("--output", type=Path, required=True, help="the package to write (.onnx)")
    parser.add_argument("--version", required=True, help="the new package's version")
    parser.add_argument(
        "--keep", type=float, default=0.8, help="share of an unseen laboratory's certain cells that stay so"
    )
    parser.add_argument(
        "--leave-out", metavar="SOURCE", action="append", default=[], help="leave a source out, to test on"
    )
    parser.add_argument(
        "--leave-out-kind",
        metavar="SUBTYPE",
        action="append",
        default=[],
        help="leave out cells that a source calls so, such as myeloblast, to test on",
    )
    parser.add_argument("--cache", type=Path, help="folder that keeps the cut crops")
    parser.set_defaults(run=run)


def run(args: Any) -> int:
    """Refit; 0 when the package was written, 1 when package or data cannot be used."""
    try:
        refit(args)
    except (HematodeskError, ValueError, OSError) as fault:
        print(f"refit: {fault}", file=sys.stderr)
        return 1
    return 0


@dataclass(frozen=True)
class Seen:
    """Cells, and what the package makes of them.

    Attributes:
        records: N of them.
        embeddings: (N, D).
        certain: (N,) whether the confidence alone would let the answer stand.
    """

    records: tuple[Record, ...]
    embeddings: Floats
    certain: npt.NDArray[np.bool_]

    def part(self, rows: npt.NDArray[np.bool_]) -> Seen:
        """Some of them."""
        records = tuple(each for each, wanted in zip(self.records, rows.tolist(), strict=True) if wanted)
        return Seen(records, self.embeddings[rows], self.certain[rows])


def refit(args: Any) -> None:
    """Write the package and its lists. Raises HematodeskError, ValueError or OSError."""
    from export_tools.conversion.onnx_graph import with_familiarity

    package = read_package(args.package)
    if package.manifest.abstention.familiarity is None:
        raise ValueError(f"{args.package.name} measures no familiarity")
    if not 0 < args.keep <= 1:
        raise ValueError(f"--keep is a share over 0 and at most 1, not {args.keep:g}")
    trained, held = (set(read_list(args.package, suffix)) for suffix in (TRAINED_ON, HELD_OUT))
    table, _ = join_groups([each for folder in args.sources for each in read_source(folder)], args.cache)
    records = fitted_on(table, trained, held, args.leave_out, args.leave_out_kind)
    named = package.class_ids
    yardsticks = yardsticks_of(records, trained, named)
    if not yardsticks:
        raise ValueError(
            "no source is a laboratory of mature cells that the package was not trained on: no limit"
        )
    seen = _seen(package, args.package, table, records, args.cache)
    apart = np.array([each.source in yardsticks for each in seen.records])
    fitted = familiarity_of(seen.part(~apart), named)
    told = limits(seen.part(apart), fitted, named, args.keep)
    if not told:
        raise ValueError(f"the package is certain of no cell of {', '.join(sorted(yardsticks))}: no limit")
    limit = round(float(np.mean(list(told.values()))), 4)
    new, measured = ({file_key(each.file) for each in seen.part(rows).records} for rows in (~apart, apart))
    more = Counter(each.source for each in seen.part(~apart).records if file_key(each.file) not in trained)
    told_of = (
        ", ".join(f"{count} cells of {name}" for name, count in sorted(more.items())) or "the same cells"
    )
    learnt = f"familiarity alone: also {told_of}; its limit from {', '.join(told)}"
    manifest = _manifest(package.manifest, args.version, limit, learnt)
    data = with_familiarity(
        read_model_bytes(args.package), fitted.projection, fitted.centres, manifest_to_json(manifest)
    )
    args.output.parent.mkdir(parents=True, exist_ok=True)
    write_whole(args.output, data, Rights.USUAL)
    for suffix, names in ((TRAINED_ON, trained | new), (HELD_OUT, held | measured)):
        text = "".join(f"{name}\n" for name in sorted(names))
        write_whole(beside(args.output, suffix), text.encode(), Rights.USUAL)
    each_limit = ", ".join(f"{name} {value:.3f}" for name, value in told.items())
    print(f"unfamiliar over {limit:.3f}, the mean of {each_limit}\nwritten: {args.output}")


def fitted_on(
    table: Sequence[Record], trained: set[str], held: set[str], sources: Sequence[str], kinds: Sequence[str]
) -> list[Record]:
    """The records that may be fitted on: trained on, or of a source of which nothing was.

    Neither a part named test, nor what was held out, nor anything of their groups, nor what is left out.
    Raises ValueError for a source or kind to leave out that is not there.
    """
    for wanted, there in (
        (sources, {each.source for each in table}),
        (kinds, {each.subtype for each in table}),
    ):
        unknown = sorted(set(wanted) - there)
        if unknown:
            raise ValueError(f"there is nothing called {unknown[0]} to leave out")
    known = {each.source for each in table if file_key(each.file) in trained}
    barred = {each.group for each in table if each.part == "test" or file_key(each.file) in held}
    return [
        each
        for each in table
        if each.group not in barred
        and each.source not in sources
        and each.subtype not in kinds
        and (each.source not in known or file_key(each.file) in trained)
    ]


def kinds_of(records: Sequence[Record], named: Sequence[str]) -> list[str]:
    """What each record counts as: its class where the package names it, else the finest kind that is told."""
    return [
        each.class_id if each.class_id in named else f"{each.class_id}:{each.subtype}" for each in records
    ]


def familiarity_of(seen: Seen, named: Sequence[str]) -> Centres:
    """The directions and centres of the package's classes. Raises ValueError when one has no cell."""
    random = np.random.default_rng(0)
    kinds = kinds_of(seen.records, named)
    strata: dict[tuple[str, str], list[int]] = {}
    for row, each in enumerate(seen.records):
        strata.setdefault((each.source, each.class_id), []).append(row)
    rows = [row for of_one in strata.values() for row in random.permutation(of_one)[:_MOST].tolist()]
    counts = Counter(kinds[row] for row in rows)
    missing = [name for name in named if not counts[name]]
    if missing:
        raise ValueError(f"the sources hold no cell of the class {missing[0]} to fit on")
    others = sorted(name for name, count in counts.items() if name not in named and count >= _FEWEST)
    place = {name: index for index, name in enumerate([*named, *others])}
    rows = sorted(row for row in rows if kinds[row] in place)
    truth = np.array([place[kinds[row]] for row in rows])
    return Centres(*whitening(seen.embeddings[rows], truth, len(named)))


def yardsticks_of(records: Sequence[Record], trained: set[str], named: Sequence[str]) -> set[str]:
    """The sources of which nothing was trained on and all cells are mature ones: usual films.

    Beside immature cells, as in bone marrow, the mature ones are no yardstick of a usual film.
    """
    known = {each.source for each in records if file_key(each.file) in trained}
    odd = {each.source for each in records if each.class_id not in {*named, *MATURE}}
    return {each.source for each in records} - known - odd


def limits(seen: Seen, fitted: Centres, named: Sequence[str], keep: float) -> dict[str, float]:
    """For each source the limit under which `keep` of its certain cells of the package's classes stay."""
    source = np.array([each.source for each in seen.records])
    counted = seen.certain & np.array([each.class_id in named for each in seen.records])
    strange = fitted.strangeness(seen.embeddings)
    return {
        name: float(np.quantile(strange[counted & (source == name)], keep))
        for name in sorted(set(source[counted].tolist()))
    }


def _seen(
    package: ModelPackage,
    path: Path,
    table: Sequence[Record],
    records: Sequence[Record],
    cache: Path | None,
) -> Seen:
    """Run the package over the records' crops; those that cannot be cut are left out."""
    rule = package.manifest.input.crop
    classifier = Classifier(package, "cpu")
    size = classifier.input_size
    crops = cut_by_source(table, size, red_cells=rule.red_cells, context=rule.context, cache=cache)
    wanted = set(records)
    rows = [row for row, each in enumerate(crops.records) if each in wanted]
    kept = tuple(crops.records[row] for row in rows)
    parts = [
        classifier.embed([middle(crops.pixels[row], size) for row in rows[first : first + 256]])[0]
        for first in range(0, len(rows), 256)
    ]
    embeddings = np.concatenate(parts).astype(np.float64)
    manifest = package.manifest
    logits = read_head(read_model_bytes(path), manifest, package.name).head.logits(embeddings)
    confidence = softmax(logits, manifest.temperature).max(axis=1)
    return Seen(kept, embeddings, confidence >= manifest.abstention.min_confidence)


def _manifest(old: Manifest, version: str, limit: float, learnt: str) -> Manifest:
    familiarity = old.abstention.familiarity
    assert familiarity is not None
    return replace(
        old,
        version=version,
        date=datetime.now(UTC).date().isoformat(),
        abstention=replace(old.abstention, familiarity=replace(familiarity, max=limit)),
        provenance=replace(old.provenance, data=(*old.provenance.data, learnt)),
    )
