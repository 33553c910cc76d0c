"""Every budget beside its reference, in one run: `python tests/benchmarks/run.py [--long]`.

Not collected by pytest: machines are noisy, so times are read by people and ratios are compared.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import batch
import children
import history
import why
import window
from common import table


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help="memory over 50,000 images instead of 4,000")
    arguments = parser.parse_args()
    rows = [*window.run(), *batch.run(long=arguments.long), *children.run(), *history.run(), *why.run()]
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    print(f"{machine}, Python {platform.python_version()}\n")
    print(table(rows))


if __name__ == "__main__":
    main()
