"""A whole slide of 100,000 x 80,000 pixels: its overview, the window's stalls, the memory taken."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from common import Row, in_child

from tests.slides import write_huge_svs

_LOOK = """
import json, sys, threading, time
from pathlib import Path
import psutil
from hematodesk.bootstrap import build
services = build(Path(sys.argv[1]))
import onnxruntime
from PySide6.QtCore import QEventLoop, QTimer
from hematodesk.ui.application import make_application
from hematodesk.ui.kit.theme import Theme
from hematodesk.ui.main_window import MainWindow

application = make_application(services)
window = MainWindow(services, Theme(application, "light"))
window.show()
window.start(())

def pause(seconds):
    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()

def until(condition, seconds=60):
    end = time.perf_counter() + seconds
    while not condition() and time.perf_counter() < end:
        pause(0.005)

def memory():
    me = psutil.Process()
    total = 0
    for each in (me, *me.children(recursive=True)):
        try:
            total += each.memory_full_info().pss
        except psutil.Error:
            pass
    return total

pause(3)
before, most, over = memory(), [0], threading.Event()

def watch():
    while not over.wait(0.05):
        most[0] = max(most[0], memory())

watcher = threading.Thread(target=watch)
watcher.start()
started = time.perf_counter()
window.opener.open_paths([Path(sys.argv[2])])
until(lambda: "slide" in window.dialogs.open_now)
dialog = window.dialogs.open_now["slide"]
dialog.map.repaint()
overview = time.perf_counter() - started

longest, last = [0.0], [time.perf_counter()]

def tick():
    now = time.perf_counter()
    longest[0] = max(longest[0], now - last[0])
    last[0] = now

timer = QTimer()
timer.timeout.connect(tick)
timer.start(1)
for step in range(200):
    dialog.magnifier.go_to(20_000 + 40 * step, 30_000 + 25 * step)
    if step % 50 == 49:
        dialog.magnifier.set_zoom(0.5 ** (step // 50))
    pause(0.01)
until(lambda: dialog.tiles.complete)
timer.stop()
over.set()
watcher.join()
print(json.dumps([overview, longest[0], most[0] - before]))
window.close()
until(lambda: not window.isVisible(), 10)
"""


def run() -> list[Row]:
    """One slide, opened and looked at in the window."""
    with tempfile.TemporaryDirectory() as folder:
        slide = write_huge_svs(Path(folder) / "S-4711.svs")
        told = in_child(_LOOK, str(Path(folder) / "data"), str(slide))
    overview, stall, memory = json.loads(told.splitlines()[-1])
    return [
        Row(
            "a slide of 100,000 x 80,000: its overview", f"{overview * 1000:.0f} ms", "", "1 s", overview <= 1
        ),
        Row("the same, longest stall while looking", f"{stall * 1000:.0f} ms", "", "50 ms", stall <= 0.05),
        Row(
            "the same, memory of all processes added",
            f"{memory / 1024**2:.0f} MB",
            "",
            "500 MB",
            memory < 500 * 1024**2,
        ),
    ]
