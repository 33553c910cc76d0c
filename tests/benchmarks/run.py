"""Every budget beside its reference, in one run: `python tests/benchmarks/run.py [--long] [--only batch]`.

Not collected by pytest: machines are noisy, so times are read by people and ratios are compared.
"""

from __future__ import annotations

import argparse
import compileall
import os
import platform
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import batch
import children
import confined
import history
import load
import psutil
import slides
import why
import window
from common import ROOT, table


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help="batches of up to 50,000 images, not 2,000")
    parts = {
        "window": window.run,
        "load": load.run,
        "batch": lambda: batch.run(long=arguments.long),
        "children": children.run,
        "history": history.run,
        "why": why.run,
        "slides": slides.run,
        "confined": confined.run,
    }
    parser.add_argument("--only", action="append", choices=tuple(parts), help="measure these alone")
    arguments = parser.parse_args()
    # As an installed program brings it; where Python may not write it, each start would compile all modules.
    compileall.compile_dir(ROOT / "hematodesk", quiet=1)
    # Ratios of what spins to what waits mean nothing while others are at work.
    others = psutil.cpu_percent(interval=1.0)
    rows = [row for name in arguments.only or parts for row in parts[name]()]
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    print(f"{machine}, Python {platform.python_version()}; others kept them {others:.0f} % busy before\n")
    print(table(rows))


if __name__ == "__main__":
    main()
