"""A fuzz campaign against the image decoders: hostile files through the program's own pool of children.

    python tests/fuzz/run.py --files 3000 --seed 1

Prints what became of the files, how many children ended under one, and what the program itself did wrong.
Exit code 1 when that is anything at all; a child that ends is no fault, for that is what it is for.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from campaign import keep, run_campaign
from mutate import Mutator
from seeds import seeds


def main() -> int:
    parser = argparse.ArgumentParser(description="Fuzz the image decoders.")
    parser.add_argument("--files", type=int, default=3_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="a folder for the files that decoders fail on")
    options = parser.parse_args()
    outcome = run_campaign(Mutator(seeds(), options.seed).files(options.files), threads=options.threads)
    for code, count in outcome.codes.most_common():
        print(f"{count:>8}  {code}")
    print(
        f"{outcome.files} files in {outcome.seconds:.0f} s (seed {options.seed}); children that ended: "
        f"{outcome.lost}; faults of the program: {len(outcome.faults)}"
    )
    for fault in outcome.faults[:50]:
        print(f"FAULT {fault}")
    if options.keep is not None:
        keep(outcome, options.keep)
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    sys.exit(main())
