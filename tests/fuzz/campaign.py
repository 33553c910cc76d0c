"""Sends hostile files through a pool of decoders and counts what becomes of them."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from hematodesk.domain.errors import ImageError
from hematodesk.domain.limits import MAX_PIXELS
from hematodesk.imaging.decoder_pool import DecoderPool
from hematodesk.imaging.decoder_worker import WorkerLimits

DECODER_CODES = ("image_decoder_failed", "image_decoder_stuck")

PATIENCE_S = 8.0


@dataclass
class Outcome:
    """What a campaign found.

    Attributes:
        files: how many were tried.
        codes: how they ended: picture, or the error's code.
        lost: children that ended under a file.
        faults: what the program did that it must not, in words; empty when all is well.
        bad: files that a decoder fails on or is stuck in.
    """

    files: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    faults: list[str] = field(default_factory=list)
    bad: list[tuple[str, bytes]] = field(default_factory=list)
    seconds: float = 0.0


def run_campaign(files: Iterable[tuple[str, bytes]], *, threads: int = 2) -> Outcome:
    """Decode every file in a child; the outcome."""
    outcome, lock = Outcome(), threading.Lock()

    def tell(event: str, /, **_facts: object) -> None:
        if event == "decoder_lost":
            with lock:
                outcome.lost += 1

    pool = DecoderPool(threads, limits=WorkerLimits(patience_s=PATIENCE_S), tell=tell)
    coming: Iterator[tuple[str, bytes]] = iter(files)
    started = time.monotonic()

    def work() -> None:
        while True:
            with lock:
                batch = list(itertools.islice(coming, 16))
            if not batch:
                return
            for name, data in batch:
                code, fault = _tried(pool, name, data)
                with lock:
                    outcome.files += 1
                    outcome.codes[code] += 1
                    if fault:
                        outcome.faults.append(fault)
                    if code in DECODER_CODES:
                        outcome.bad.append((name, data))

    with contextlib.closing(pool), ThreadPoolExecutor(threads) as workers:
        for ended in [workers.submit(work) for _ in range(threads)]:
            ended.result()
    outcome.seconds = time.monotonic() - started
    return outcome


def _tried(pool: DecoderPool, name: str, data: bytes) -> tuple[str, str]:
    """How one file ended, and what the program did wrong with it, if anything."""
    try:
        image = pool.decode(data, "hostile")
    except ImageError as error:
        said = f"{error.message} {error.remedy}"
        wrong = not error.remedy or "hostile" not in said or not said.isprintable()
        return error.code, f"{name}: said {said!r} [{error.code}]" if wrong else ""
    except Exception as fault:  # noqa: BLE001 - whatever comes out here is a fault of the program
        return "fault", f"{name}: {type(fault).__name__} {fault}"
    pixels = image.pixels
    sound = (
        pixels.dtype == np.uint8
        and pixels.ndim == 3
        and pixels.shape[2] == 3
        and pixels.size <= 3 * MAX_PIXELS
    )
    sound = sound and image.digest == hashlib.sha256(data).hexdigest()
    return "picture", "" if sound else f"{name}: an unsound picture of {pixels.shape}"


def keep(outcome: Outcome, folder: Path) -> None:
    """Write the files that decoders fail on, named by their digest."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in outcome.bad:
        digest = hashlib.sha256(data).hexdigest()[:16]
        (folder / f"{name.replace(' ', '_')}_{digest}").write_bytes(data)
