"""Draws training batches: sources and classes evenly, augmented in the background, mixed up."""

from __future__ import annotations

import queue
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from export_tools.data.augment import Strength, augment, looks_of
from export_tools.data.crops import COVER, CropSet
from export_tools.data.records import Record

Batch = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]
_AHEAD = 8
_LOOKS = 200


class EvenDraw:
    """Draws record indexes: first a class, by weight; then one of its sources, by weight; then a record.

    A class that a source lacks is drawn more often from the others.

    Args:
        weights: relative weight by source; 1 where none is given.
        class_weights: relative weight by class; 1 where none is given, so that all come evenly.
    Raises ValueError when a class has no record at all.
    """

    def __init__(
        self,
        records: Sequence[Record],
        classes: Sequence[str],
        weights: Mapping[str, float],
        class_weights: Mapping[str, float] | None = None,
    ) -> None:
        strata: dict[tuple[str, str], list[int]] = defaultdict(list)
        for index, record in enumerate(records):
            strata[record.class_id, record.source].append(index)
        missing = [name for name in classes if not any(name == each for each, _ in strata)]
        if missing:
            raise ValueError(f"there is no training image of the class {missing[0]}")
        self._by_class = {
            name: [
                (weights.get(source, 1.0), rows) for (each, source), rows in strata.items() if each == name
            ]
            for name in classes
        }
        self._classes = list(classes)
        shares = np.array([(class_weights or {}).get(name, 1.0) for name in classes])
        self._class_shares = shares / shares.sum()

    def draw(self, random: np.random.Generator) -> int:
        """One index; classes by weight, sources within a class by weight."""
        found = self._by_class[self._classes[int(random.choice(len(self._classes), p=self._class_shares))]]
        shares = np.array([weight for weight, _ in found])
        rows = found[int(random.choice(len(found), p=shares / shares.sum()))][1]
        return rows[int(random.integers(len(rows)))]


def batches(
    crops: CropSet,
    classes: Sequence[str],
    draw: EvenDraw,
    *,
    size: int,
    batch: int,
    count: int,
    mixup: float,
    strength: Strength,
    seed: int,
) -> Iterator[Batch]:
    """`count` batches: images (batch, size, size, 3) float32 in -1..1, targets (batch, K) float32.

    Mixup after Zhang et al. 2018: each image is blended with another of the batch by a share from
    Beta(mixup, mixup), targets alike; none when mixup is 0. One thread works ahead.
    """
    looks = _looks(crops, seed)
    ready: queue.Queue[Batch | BaseException] = queue.Queue(_AHEAD)
    stopped = threading.Event()

    def put(item: Batch | BaseException) -> bool:
        while not stopped.is_set():
            try:
                ready.put(item, timeout=0.2)
                return True
            except queue.Full:
                continue
        return False

    def work() -> None:
        random = np.random.default_rng(seed)
        place = {name: index for index, name in enumerate(classes)}
        try:
            for _ in range(count):
                chosen = [draw.draw(random) for _ in range(batch)]
                made = [augment(crops.pixels[row], size, COVER, random, strength, looks) for row in chosen]
                images = np.stack(made).astype(np.float32) * np.float32(2 / 255) - np.float32(1)
                targets = np.zeros((batch, len(classes)), np.float32)
                for row, index in enumerate(chosen):
                    targets[row, place[crops.records[index].class_id]] = 1
                if mixup > 0:
                    share = random.beta(mixup, mixup, batch).astype(np.float32)
                    other = random.permutation(batch)
                    images += (1 - share)[:, None, None, None] * (images[other] - images)
                    targets += (1 - share)[:, None] * (targets[other] - targets)
                if not put((images, targets)):
                    return
        except BaseException as fault:  # noqa: BLE001 - the edge of a thread: handed on to the reader
            put(fault)

    thread = threading.Thread(target=work, name="augment", daemon=True)
    thread.start()
    try:
        for _ in range(count):
            item = ready.get()
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        thread.join()


def _looks(crops: CropSet, seed: int) -> npt.NDArray[np.float32]:
    """The colours of crops of every source, as many of each, for `augment` to take over."""
    random = np.random.default_rng(seed)
    by_source: dict[str, list[int]] = defaultdict(list)
    for index, record in enumerate(crops.records):
        by_source[record.source].append(index)
    rows = [random.choice(found, _LOOKS) for _, found in sorted(by_source.items())]
    return looks_of(crops.pixels[np.sort(np.concatenate(rows))])
