"""What the benchmarks share: rows, the table, drawn fields and child processes."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Row:
    """One line of the table; `reference` is what was measured beside it in the same run."""

    what: str
    measured: str
    reference: str
    budget: str
    held: bool | None

    def cells(self) -> tuple[str, ...]:
        """The texts of the line."""
        verdict = {True: "yes", False: "**no**", None: ""}[self.held]
        return self.what, self.measured, self.reference, self.budget, verdict


def table(rows: Iterable[Row]) -> str:
    """Markdown."""
    head = ("what", "measured", "beside it, in the same run", "budget", "held")
    lines = [head, tuple("---" for _ in head), *(row.cells() for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def draw_fields(folder: Path, count: int) -> list[Path]:
    """Drawn 640x480 fields as JPEG files with one white cell each, as the published fields have."""
    import cv2

    from export_tools.phantom import render_field
    from hematodesk.domain.classes import WBC4

    paths = []
    for seed in range(count):
        path = folder / f"field_{seed:04}.jpg"
        pixels = render_field(seed, width=640, height=480, classes=(WBC4[seed % len(WBC4)],)).pixels
        cv2.imwrite(str(path), cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 92])
        paths.append(path)
    return paths


def in_child(code: str, *arguments: str) -> str:
    """Standard output of Python code in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"exit code {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def percentile(values: list[float], share: float) -> float:
    """The value below which that share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def in_turn(one: Callable[[], float], other: Callable[[], float], rounds: int) -> tuple[float, float, float]:
    """Medians of two measurements taken in turn, and the median of their ratios, so that drift cancels."""
    first, second = [], []
    for _ in range(rounds):
        first.append(one())
        second.append(other())
    ratios = [a / b for a, b in zip(first, second, strict=True)]
    return statistics.median(first), statistics.median(second), statistics.median(ratios)
