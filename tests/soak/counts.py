"""Counts of 120 fields with real key events, run by hand: does the window ever freeze?

    python -m tests.soak.counts --counts 30 --rate 5 --display :24

Each count draws nothing anew: it opens the same 120 fields in a fresh data folder and presses Enter so many
times a second until every cell is reviewed. A window that gives no beat for five seconds has frozen: the
stacks of its threads go into the log and the count has failed. Needs Xvfb and libXtst. Ends with 1 when
anything failed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.soak.desk import ROOT, Keyboard, Program, display

REVIEWED = "SELECT count(DISTINCT cell_id) FROM review"
CELLS = "SELECT count(*) FROM cell"
IMAGES = "SELECT count(*) FROM image"


def count(on: str, keyboard: Keyboard, folder: Path, fields: int, data: Path, log: Path, rate: float) -> str:
    """One count; an empty text when all went well, else what did not."""
    program = Program(on, data, [folder], log)
    try:
        if not program.wait_for(IMAGES, fields // 4, 120):
            return "the fields did not open"
        pressed = 0
        began = time.monotonic()
        while program.alive:
            keyboard.press("Return")
            pressed += 1
            time.sleep(max(0.0, began + pressed / rate - time.monotonic()))
            if pressed % 20:
                continue
            images, cells = program.ask(IMAGES)[0][0], program.ask(CELLS)[0][0]
            reviewed = program.ask(REVIEWED)[0][0]
            if images == fields and reviewed == cells:
                break
            if pressed > 6 * fields:
                return f"after {pressed} keys {reviewed} of {cells} cells are reviewed"
        if program.alive:
            keyboard.press("ctrl+q")
        code = program.stop()
        longest = program.beat()[0]
        print(f"  {pressed} keys, longest beat {longest:.2f} s", end="", flush=True)
        return "" if code == 0 else f"it ended with {code}: see {log}"
    finally:
        if program.alive:
            program.process.kill()
            program.process.wait()


def main() -> int:
    """Run the counts; what failed is told at the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=int, default=30)
    parser.add_argument("--fields", type=int, default=120)
    parser.add_argument("--rate", type=float, default=5.0, help="presses of Enter in a second")
    parser.add_argument("--display", default=":24")
    parser.add_argument("--log", type=Path, default=Path("soak-counts.log"))
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT / "tests" / "benchmarks"))
    from common import draw_fields

    failed: list[str] = []
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch, display(options.display) as on:
        folder = Path(scratch) / "fields"
        folder.mkdir()
        draw_fields(folder, options.fields)
        keyboard = Keyboard(on)
        for number in range(1, options.counts + 1):
            fault = count(
                on,
                keyboard,
                folder,
                options.fields,
                Path(scratch) / f"data{number}",
                options.log,
                options.rate,
            )
            print(f"  count {number}: {fault or 'clean'} ({time.monotonic() - began:.0f} s)", flush=True)
            if fault:
                failed.append(f"count {number}: {fault}")
    print(
        f"{options.counts - len(failed)} of {options.counts} counts clean in {time.monotonic() - began:.0f} s"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
