"""Foreign models: what the confined child costs beside the same model in the program's own process."""

from __future__ import annotations

import os
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from common import ROOT, Row

_BUDGET = "10 % or 1 ms a crop"


def run(rounds: int = 150, crops_in_all: int = 1_600) -> list[Row]:
    """One crop at a time, and a batch on all cores, the two ways in turn."""
    from hematodesk.inference.classify import Classifier
    from hematodesk.inference.confined import Confinement
    from hematodesk.inference.package import read_package

    package = read_package(sorted((ROOT / "models").glob("wbc4-*.onnx"))[-1])
    ways = {
        "plain": Classifier(package, "cpu"),
        "confined": Classifier(package, "cpu", opener=Confinement().open),
    }
    side = package.manifest.input.width
    crops = list(np.random.default_rng(1).integers(0, 256, (4, side, side, 3), np.uint8))
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    one: dict[str, list[float]] = {name: [] for name in ways}
    many: dict[str, list[float]] = {name: [] for name in ways}

    def milliseconds(work: object, count: int) -> float:
        started = time.perf_counter()
        work()  # type: ignore[operator]
        return (time.perf_counter() - started) * 1000 / count

    def batch(classifier: Classifier) -> None:
        with ThreadPoolExecutor(threads) as pool:
            runs = crops_in_all // 4
            list(pool.map(lambda _: classifier.classify(crops, sparing=True), range(runs)))

    for classifier in ways.values():
        batch(classifier)
    for _ in range(rounds):
        for name, classifier in ways.items():
            one[name].append(milliseconds(lambda each=classifier: each.classify(crops[:1]), 1))
    for _ in range(5):
        for name, classifier in ways.items():
            many[name].append(milliseconds(lambda each=classifier: batch(each), crops_in_all))
    rows = []
    for what, found in (("one crop", one), ("a crop of a batch", many)):
        plain, confined = statistics.median(found["plain"]), statistics.median(found["confined"])
        held = confined <= plain * 1.1 or confined <= plain + 1
        rows.append(
            Row(
                f"a foreign model in its child: {what}",
                f"{confined:.2f} ms",
                f"in the program itself {plain:.2f} ms",
                _BUDGET,
                held,
            )
        )
    return rows


if __name__ == "__main__":
    import sys

    sys.path.insert(0, str(Path(ROOT)))
    from common import table

    print(table(run()))
