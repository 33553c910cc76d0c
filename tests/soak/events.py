"""Random keys and mouse events on the window, run by hand: what falls?

    python -m tests.soak.events --events 40000 --seed 1 --display :34

Seeded, with real X events. Every 500 events all dialogs are closed by Esc and it is looked at whether the
program lives, gives its beat, has told no unexpected error, holds no more threads, descriptors and windows
than before, and whether its history is whole and its counts are those of its rows. A quit that was met by
chance begins a new run on the same data. Run as root, the program may write in the scratch folder alone.
Needs Xvfb and libXtst. Ends with 1 when anything failed; the seed and the number of events lead back to it.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.soak.desk import ROOT, Keyboard, Program, display

EVERY = 500
USUAL = 8
"""So many looks tell what is usual."""
WIDTH, HEIGHT = 1366, 768
REVIEW_KEYS = [
    "Return",
    "Return",
    "Return",
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "x",
    "c",
    "n",
    "h",
    "a",
    "u",
    "Tab",
    "shift+Tab",
    "Left",
    "Right",
    "Up",
    "Down",
    "Delete",
    "f",
    "plus",
    "minus",
    "space",
]
COMMANDS = [
    "ctrl+z",
    "ctrl+z",
    "ctrl+y",
    "ctrl+shift+z",
    "ctrl+f",
    "ctrl+e",
    "ctrl+shift+e",
    "ctrl+m",
    "ctrl+shift+m",
    "ctrl+comma",
    "ctrl+v",
    "ctrl+a",
    "ctrl+o",
    "ctrl+shift+o",
    "ctrl+shift+w",
    "ctrl+l",
    "F1",
    "F6",
    "F9",
    "F10",
    "F11",
    "shift+slash",
    "shift+Delete",
    "shift+Delete",
    "Escape",
    "alt+f",
    "alt+e",
    "alt+v",
    "alt+r",
    "alt+m",
    "alt+h",
    "Home",
    "End",
    "Prior",
    "Next",
    "BackSpace",
]
LETTERS = ["e", "o", "n", "s", "t", "i", "a", "l", "m"]
WHOLE = {
    "integrity": "SELECT group_concat(integrity_check) FROM pragma_integrity_check "
    "WHERE integrity_check <> 'ok'",
    "foreign keys": 'SELECT group_concat("table") FROM pragma_foreign_key_check',
    "tally against rows": "SELECT nullif((SELECT total(images) FROM tally WHERE class_id = ''), "
    "(SELECT count(*) FROM listing))",
    "listing against images": "SELECT nullif((SELECT count(*) FROM listing), "
    "(SELECT count(*) FROM image WHERE deleted_at IS NULL))",
}


class Hand:
    """Does one random thing at a time."""

    def __init__(self, keyboard: Keyboard, chance: random.Random) -> None:
        self._keyboard = keyboard
        self._chance = chance
        self.done: Counter[str] = Counter()

    def act(self) -> str:
        """One event; what it was."""
        kind = self._chance.choices(
            ("review", "command", "letter", "click", "double", "drag", "wheel", "menu"),
            (52, 14, 6, 16, 2, 4, 4, 2),
        )[0]
        self.done[kind] += 1
        x, y = self._chance.randrange(WIDTH), self._chance.randrange(HEIGHT)
        if kind == "review":
            return self._press(self._chance.choice(REVIEW_KEYS))
        if kind == "command":
            return self._press(self._chance.choice(COMMANDS))
        if kind == "letter":
            return self._press(self._chance.choice(LETTERS))
        if kind == "wheel":
            self._keyboard.click(x, y, self._chance.choice((4, 5)))
        elif kind == "menu":
            self._keyboard.click(x, y, 3)
        elif kind == "drag":
            self._keyboard.move(x, y)
            self._keyboard.button(1, True)
            for _ in range(4):
                self._keyboard.move(x + self._chance.randrange(-90, 90), y + self._chance.randrange(-90, 90))
            self._keyboard.button(1, False)
        else:
            self._keyboard.click(x, y, 1, 2 if kind == "double" else 1)
        return f"{kind} {x},{y}"

    def put_away(self) -> None:
        """Close menus and dialogs."""
        for _ in range(6):
            self._keyboard.press("Escape")
            time.sleep(0.05)

    def _press(self, keys: str) -> str:
        self._keyboard.press(keys)
        return keys


class Watch:
    """What must hold whenever the window is at rest."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._read = log.stat().st_size if log.exists() else 0
        self._looks: list[tuple[int, ...]] = []

    def anew(self) -> None:
        """Another process has begun."""
        self._looks = []

    def faults(self, program: Program) -> list[str]:
        """What does not hold."""
        told = [line for line in self.new_lines() if line.startswith("hematodesk error report")]
        faults = [f"{len(told)} unexpected errors: see {self._log}"] if told else []
        if not program.alive:
            return faults
        for name, question in WHOLE.items():
            rows = program.ask(question)
            if rows and rows[0][0] is not None:
                faults.append(f"{name}: {rows[0][0]}")
        # Lanes and dialogs begin when they are first wanted; what leaks goes on growing.
        now = (*program.in_use(), *program.beat()[1:])
        if len(self._looks) < USUAL:
            self._looks.append(now)
            return faults
        most = tuple(map(max, zip(*self._looks, strict=True)))
        if any(more > before + 16 for before, more in zip(most, now, strict=True)):
            faults.append(f"threads, descriptors, windows shown, windows: {most} became {now}")
            self._looks = []
        return faults

    def new_lines(self) -> list[str]:
        """What the program wrote since the last look."""
        text = self._log.read_bytes()[self._read :].decode("utf-8", "replace")
        self._read += len(text.encode())
        return text.splitlines()


def main() -> int:
    """Send the events; what fell is told as it falls."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=40_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=50.0, help="events in a second, at most")
    parser.add_argument("--display", default=":34")
    parser.add_argument("--log", type=Path, default=Path("soak-events.log"))
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT / "tests" / "benchmarks"))
    from common import draw_fields

    fell: list[str] = []
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch, display(options.display, f"{WIDTH}x{HEIGHT}") as on:
        home = Path(scratch)
        (home / "fields").mkdir()
        draw_fields(home / "fields", 30)
        for sample in (ROOT / "resources" / "samples").iterdir():
            shutil.copy(sample, home / "fields")
        if os.geteuid() == 0:
            for each in (home, *home.rglob("*")):
                os.chown(each, 65534, 65534)
        hand = Hand(Keyboard(on), random.Random(options.seed))
        watch = Watch(options.log)
        program: Program | None = None
        latest: list[str] = []
        for number in range(1, options.events + 1):
            if program is None or not program.alive:
                if program is not None and (code := program.stop()) != 0:
                    fell.append(f"event {number}: it ended with {code} after {' | '.join(latest[-12:])}")
                    print(fell[-1], flush=True)
                program = Program(on, home / "data", [home / "fields"], options.log, home=home)
                watch.anew()
                program.wait_for("SELECT count(*) FROM image", 20, 60)
            latest = [*latest[-40:], hand.act()]
            time.sleep(1 / options.rate)
            if number % EVERY == 0 and program.alive:
                hand.put_away()
                time.sleep(1.5)
                for fault in watch.faults(program):
                    fell.append(f"event {number}: {fault}")
                    print(fell[-1], flush=True)
                print(f"  {number} events, {time.monotonic() - began:.0f} s, {program.beat()}", flush=True)
        if program is not None and program.alive:
            program.process.terminate()
            program.stop()
    print(f"{options.events} events, seed {options.seed}, {time.monotonic() - began:.0f} s: {len(fell)} fell")
    print(", ".join(f"{count} {kind}" for kind, count in hand.done.most_common()))
    return 1 if fell else 0


if __name__ == "__main__":
    sys.exit(main())
