"""How far a dropped image walks through the program: `python tests/benchmarks/walk.py [IMAGE] [--list]`.

Opens the main window without a display, with a warm model and one image already looked at, drops one more
and counts, in every thread, the calls that go from one of hematodesk's files into another one: those that a
reader has to follow to know what a drop does. Counted in three stretches: until the answer is on show, until
it is kept and listed, and until the window is at rest. Also told: how often the view was given a picture, and
how often what is shown changed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

Step = tuple[str, str, str]
"""The file that calls, the file that is called, and the function called there."""

_GUARD = str(Path("kit", "overrides.py"))
"""What catches exceptions around every override of Qt's is looked through."""

_STRETCHES = ("shown", "kept", "rest")


class Walk:
    """Counts the calls between two files of a package, from `begin` to `end`, in all threads begun after it.

    What runs as part of an import is left out: a warm program has it behind it.
    """

    def __init__(self, package: Path) -> None:
        self._package = str(package) + os.sep
        self._steps: list[tuple[str, bool, Step]] = []
        self._main = threading.get_ident()
        self._counting = False
        self.stretch = _STRETCHES[0]
        # A thread asks for it when it starts, and the window's are there before the drop.
        threading.setprofile(self._called)
        sys.setprofile(self._called)

    def begin(self) -> None:
        """Count from now on."""
        self._counting = True

    def end(self) -> None:
        """Count no more."""
        self._counting = False
        sys.setprofile(None)
        threading.setprofile(None)

    def _called(self, frame: FrameType, event: str, _argument: Any) -> None:
        before = frame.f_back
        if not self._counting or event != "call" or before is None or frame.f_code.co_name == "<module>":
            return
        into, out_of = frame.f_code.co_filename, before.f_code.co_filename
        if into.endswith(_GUARD):
            return
        if out_of.endswith(_GUARD) and (behind := before.f_back) is not None:
            out_of = behind.f_code.co_filename
        if into != out_of and into.startswith(self._package) and out_of.startswith(self._package):
            at = len(self._package)
            main = threading.get_ident() == self._main
            self._steps.append((self.stretch, main, (out_of[at:], into[at:], frame.f_code.co_qualname)))

    def count(self, stretch: str | None = None, *, main_alone: bool = False) -> int:
        """Calls of a stretch or of all, in all threads or in the window's own alone."""
        return sum(stretch in (None, each) and (main or not main_alone) for each, main, _ in self._steps)

    def steps(self) -> Counter[Step]:
        """How often each step was made, in all stretches."""
        return Counter(step for _, _, step in self._steps)

    def by_callee(self, stretch: str) -> Counter[str]:
        """Calls of a stretch by the file that is called."""
        return Counter(step[1] for each, _, step in self._steps if each == stretch)


def drop(window: Any, path: Path) -> None:
    """Let go of a file over the window, as a file manager does."""
    from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
    from PySide6.QtGui import QDropEvent

    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    window.dropEvent(QDropEvent(QPointF(400, 300), copy, data, left, Qt.KeyboardModifier.NoModifier))


def walk_of_a_drop(data: Path, image: Path, first: Path) -> tuple[Walk, Counter[str]]:
    """Drop `first`, look at it, then drop `image`: its walk, and how often it was shown."""
    from PySide6.QtCore import QEvent, QObject

    import hematodesk
    from hematodesk.bootstrap import build

    walk = Walk(Path(hematodesk.__file__).parent)
    services = build(data)
    from hematodesk.ui.application import make_application
    from hematodesk.ui.kit.theme import Theme
    from hematodesk.ui.main_window import MainWindow

    application = make_application(services)
    window = MainWindow(services, Theme(application, "light"))
    window.resize(1366, 768)
    window.show()
    window.start([])
    viewer, view = window.viewer, window.centre.view

    def until(condition: Any) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            if time.monotonic() > deadline:
                raise RuntimeError("waited in vain")
            application.processEvents()
            time.sleep(0.001)

    def shown(path: Path) -> bool:
        return (
            viewer.name == path.name
            and viewer.settled
            and viewer.result is not None
            and all(cell.prediction is not None for cell in viewer.cells)
        )

    def at_rest() -> bool:
        return not window.lanes.busy

    until(lambda: services.models.loaded is not None and at_rest())
    drop(window, first)
    until(lambda: shown(first) and viewer.saved and at_rest())
    rest_over = time.monotonic() + 2
    until(lambda: time.monotonic() > rest_over and at_rest())

    shows: Counter[str] = Counter()

    def count_calls(name: str) -> None:
        usual = getattr(view, name)

        def counted(*arguments: Any, **named: Any) -> Any:
            shows[name] += 1
            return usual(*arguments, **named)

        setattr(view, name, counted)

    count_calls("set_image")
    viewer.changed.connect(lambda: shows.update(["changed"]))
    painted: list[bool] = []

    class Painting(QObject):
        def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint and shown(image):
                painted.append(True)
            return False

    painting = Painting()
    window.answer.widget().installEventFilter(painting)
    walk.begin()
    drop(window, image)
    # The answer is on show when it is painted.
    until(lambda: bool(painted))
    walk.stretch = _STRETCHES[1]
    until(lambda: viewer.saved)
    walk.stretch = _STRETCHES[2]
    rest_over = time.monotonic() + 2
    until(lambda: time.monotonic() > rest_over and at_rest())
    walk.end()

    closed: list[bool] = []
    window.closed.connect(lambda: closed.append(True))
    window.close()
    until(lambda: bool(closed))
    return walk, shows


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument(
        "image", nargs="?", type=Path, default=ROOT / "resources/samples/smear_01_neutrophil.jpg"
    )
    parser.add_argument("--list", action="store_true", help="name every step")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as data, tempfile.TemporaryDirectory() as images:
        first = Path(images) / "looked_at_before.jpg"
        shutil.copy(ROOT / "resources/samples/smear_02_eosinophil.jpg", first)
        walk, shows = walk_of_a_drop(Path(data), arguments.image, first)
    for stretch, words in zip(
        _STRETCHES,
        ("until the answer is on show", "then until it is kept", "then until all rests"),
        strict=True,
    ):
        main = walk.count(stretch, main_alone=True)
        print(f"{words}: {walk.count(stretch)} calls from file to file, {main} on the window's thread")
        for name, count in walk.by_callee(stretch).most_common(None if arguments.list else 12):
            print(f"    {count:4} into {name}")
    if arguments.list:
        for (out_of, into, function), count in walk.steps().most_common():
            print(f"{count:4} {out_of} -> {into} {function}")
    print(f"in all {walk.count()}, on the window's thread {walk.count(main_alone=True)}")
    print(f"the view got {shows['set_image']} picture(s); what is shown changed {shows['changed']} time(s)")


if __name__ == "__main__":
    main()
