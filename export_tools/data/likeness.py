"""Finds pictures that show the same cell: re-encoded, resized, turned, mirrored, shifted, photographed again.

Each picture is seen around its darkest stained spot (a nucleus, as a rule) on rings: a turn of the
picture is then a shift along the rings, a mirror image their reversal. Every ring has its mean subtracted,
so that round cells, which are all alike, are told apart by what is not round and by what lies around
them. Pairs are proposed by a description that no turn changes, and accepted by the correlation of the
rings at the best turn, over what both pictures show.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from export_tools.data.unions import Union

SAME = 0.815
"""Correlation from which two pictures are the same cell. Over all 66,800 pairs of BCCD fields that share
neither cell nor field it stays under 0.71; in PBC no pair falls between 0.66 and 0.81, and every pair above
is one cell. In Raabin's fields the first false ones, large round cells that fill the view, stand at 0.811."""

_AREA = 160 * 120
"""Pictures are compared at this size in pixels: copies of half the size then have the same scale."""
_RADIUS = 64
_RINGS = 32
_ANGLES = 96
_INNER = 20
_HARMONICS = 12
_ALIKE = 0.4
_LEAST_SHARED = 0.4
_NOISE = 8.0
_BLACK = 45
_AT_ONCE = 256
_ROWS = 1000
_VERSION = 1

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two pictures of one cell, and how well they agree (1 at most)."""

    one: Path
    other: Path
    correlation: float


def find_alike(
    files: Sequence[Path], known: Sequence[str] | None = None, cache: Path | None = None
) -> list[Likeness]:
    """Pairs that show the same cell, best first: enough of them to join every set, not each pair of it.

    Args:
        known: a name for each file; files of one name are known to belong together and are not compared.
        cache: folder that keeps the files' descriptions between runs, or None.
    Files that cannot be read are left out.
    """
    seen = _seen(files, cache)
    places = [index for index, rings in enumerate(seen) if rings is not None]
    if len(places) < 2:
        return []
    rings = np.stack([each for each in seen if each is not None])
    mask = rings > 0
    flat = _flattened(rings, mask)
    one, other = _candidates(_descriptions(flat))
    union = Union()
    if known is not None:
        for index in places:
            union.join(str(index), f"known:{known[index]}")
    found = []
    while len(one):
        apart = np.array(
            [
                union.root(str(places[a])) != union.root(str(places[b]))
                for a, b in zip(one[:_ROWS], other[:_ROWS], strict=True)
            ]
        )
        left, right = one[:_ROWS][apart], other[:_ROWS][apart]
        one, other = one[_ROWS:], other[_ROWS:]
        scores = correlations(flat, mask, left, right)
        for a, b, score in zip(left, right, scores, strict=True):
            if score >= SAME:
                first, second = places[int(a)], places[int(b)]
                union.join(str(first), str(second))
                found.append(Likeness(files[first], files[second], round(float(score), 3)))
    return sorted(found, key=lambda each: -each.correlation)


def rings_of(file: Path) -> npt.NDArray[np.uint8] | None:
    """Grey values (ANGLES, RINGS) around the darkest spot, 0 where the picture shows nothing.

    None when the file cannot be read as a picture.
    """
    pixels = cv2.imread(str(file), cv2.IMREAD_REDUCED_COLOR_2)
    if pixels is None or min(pixels.shape[:2]) < 8:
        return None
    factor = (_AREA / (pixels.shape[0] * pixels.shape[1])) ** 0.5
    small = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    # Copies that were turned have black corners, which are neither dark stain nor part of the picture.
    empty = cv2.dilate((small.max(axis=2) < _BLACK).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if empty.all():
        return None
    level = float(np.median(small[..., 2][~empty]))
    dark = np.where(empty, 0, np.clip(level - 10 - small[..., 2].astype(np.float32), 0, None))
    x, y = _darkest(dark.astype(np.float32))
    grey = np.clip(small.mean(axis=2), 1, 255)
    grey[empty] = 0
    margin = _RADIUS + 2
    wide = cv2.copyMakeBorder(
        grey.astype(np.float32), margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0
    )
    shown = (wide > 0).astype(np.float32)
    centre = (x + margin, y + margin)
    polar = cv2.warpPolar(wide, (_RINGS, _ANGLES), centre, _RADIUS, cv2.INTER_LINEAR)
    sure = cv2.warpPolar(shown, (_RINGS, _ANGLES), centre, _RADIUS, cv2.INTER_LINEAR) > 0.98
    return np.where(sure, np.clip(np.rint(polar), 1, 255), 0).astype(np.uint8)


def correlations(
    flat: Floats, mask: npt.NDArray[np.bool_], one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]
) -> Floats:
    """Correlation (N,) of pairs at their best turn, mirrored or not, over what both show; -1 for too little.

    Args:
        flat: (M, ANGLES, RINGS), each ring free of its mean and 0 where nothing is shown.
        mask: what is shown, of the same shape.
        one, other: (N,) indexes of the pairs.
    """
    parts = [
        _best_turn(flat[a], mask[a], flat[b], mask[b])
        for a, b in (
            (one[start : start + _AT_ONCE], other[start : start + _AT_ONCE])
            for start in range(0, len(one), _AT_ONCE)
        )
    ]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def _best_turn(
    a: Floats, shown_a: npt.NDArray[np.bool_], b: Floats, shown_b: npt.NDArray[np.bool_]
) -> Floats:
    weights = np.arange(1, _RINGS + 1, dtype=np.float32)
    best = np.full(len(a), -1.0, np.float32)
    mine = shown_a.astype(np.float32)
    spectra = [np.fft.rfft(each * weights, axis=1) for each in (a, a * a, mine, mine)]
    for mirrored in (False, True):
        turned = b[:, ::-1] if mirrored else b
        theirs = (shown_b[:, ::-1] if mirrored else shown_b).astype(np.float32)
        against = [np.fft.rfft(each, axis=1) for each in (turned, theirs, turned * turned, theirs)]
        both, first, second, shared = (
            np.fft.irfft((left * np.conj(right)).sum(axis=2), n=_ANGLES, axis=1)
            for left, right in zip(spectra, against, strict=True)
        )
        score = both / np.sqrt(np.maximum(first * second, 1))
        score[shared < _LEAST_SHARED * _ANGLES * weights.sum()] = -1
        best = np.maximum(best, score.max(axis=1).astype(np.float32))
    return best


def _darkest(dark: Floats) -> tuple[float, float]:
    """(x, y) of the middle of the largest dark spot, by mean shift."""
    blurred = cv2.GaussianBlur(dark, (0, 0), 8)
    y, x = (float(value) for value in np.unravel_index(int(blurred.argmax()), blurred.shape))
    rows = np.arange(dark.shape[0], dtype=np.float32)
    columns = np.arange(dark.shape[1], dtype=np.float32)
    squared = dark**2
    for _ in range(8):
        near = squared * np.exp(-((rows - y) ** 2) / 288)[:, None] * np.exp(-((columns - x) ** 2) / 288)
        total = float(near.sum())
        if total <= 0:
            break
        y, x = float(near.sum(axis=1) @ rows) / total, float(near.sum(axis=0) @ columns) / total
    return x, y


def _flattened(rings: npt.NDArray[np.uint8], mask: npt.NDArray[np.bool_]) -> Floats:
    """The rings with mean and most of the contrast removed, so that no ring dominates."""
    values = rings.astype(np.float32)
    count = np.maximum(mask.sum(axis=1, keepdims=True), 1).astype(np.float32)
    free = np.where(mask, values - values.sum(axis=1, keepdims=True) / count, 0)
    spread = np.sqrt((free**2).sum(axis=1, keepdims=True) / count)
    return np.asarray(free / (spread + _NOISE), dtype=np.float32)


def _descriptions(flat: Floats) -> Floats:
    """Unit vectors (N, D) that no turn changes: how strong each wave along each inner ring is."""
    waves = np.abs(np.fft.rfft(flat[:, :, :_INNER], axis=1))[:, 1:_HARMONICS]
    made = np.sqrt(waves * np.sqrt(np.arange(1, _INNER + 1))).reshape(len(flat), -1)
    made = made - made.mean(axis=0)
    return np.asarray(made / np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-6), np.float32)


def _candidates(descriptions: Floats) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Index pairs of alike descriptions, most alike first."""
    # Of two pictures alone the descriptions, freed of their mean, always point apart.
    least = _ALIKE if len(descriptions) > 20 else -1.1
    first, second, likeness = [], [], []
    for start in range(0, len(descriptions), _ROWS):
        alike = descriptions[start : start + _ROWS] @ descriptions.T
        one, other = np.nonzero(alike > least)
        later = other > one + start
        first.append(one[later] + start)
        second.append(other[later])
        likeness.append(alike[one[later], other[later]])
    order = np.argsort(-np.concatenate(likeness), kind="stable")
    return np.concatenate(first)[order], np.concatenate(second)[order]


def _seen(files: Sequence[Path], cache: Path | None) -> list[npt.NDArray[np.uint8] | None]:
    keep: Path | None = None
    if cache is not None:
        cache.mkdir(parents=True, exist_ok=True)
        text = repr([(_VERSION, str(file), *_stamp(file)) for file in files])
        keep = cache / f"rings-{hashlib.sha256(text.encode()).hexdigest()[:20]}.npy"
        if keep.is_file():
            return [each if each.any() else None for each in np.load(keep)]
    found = []
    for index, file in enumerate(files):
        if index % 1000 == 0 and len(files) > 1000:
            print(f"comparing pictures: {index} of {len(files)} seen", file=sys.stderr, flush=True)
        found.append(rings_of(file))
    if keep is not None:
        nothing = np.zeros((_ANGLES, _RINGS), np.uint8)
        np.save(keep, np.stack([nothing if each is None else each for each in found] or [nothing]))
    return found


def _stamp(file: Path) -> tuple[int, int]:
    try:
        status = file.stat()
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns
