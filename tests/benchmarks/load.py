"""The window with a session of 50,000 images: sorting, filtering, stalls, coming back, and a cancel."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from batch import copies
from common import Row, draw_fields, in_child

_COUNT = 50_000

_CODE = """
import gc, json, sys, time
from pathlib import Path
from hematodesk.bootstrap import build
services = build(Path(sys.argv[1]))
import onnxruntime
from PySide6.QtCore import QEventLoop, QTimer
from hematodesk.domain.cells import Cell, CellOrigin, ImageResult, ImageStatus, Prediction, Provenance
from hematodesk.domain.cells import Review, UncertainReason, Verdict, now_utc
from hematodesk.domain.geometry import Box
from hematodesk.domain.history import HistoryFilter, ReviewState
from hematodesk.domain.operators import Operator
from hematodesk.ui.application import calm_interpreter, make_application
from hematodesk.ui.history.order import Order
from hematodesk.ui.main_window import MainWindow
from hematodesk.ui.kit.theme import Theme

OPEN = ReviewState.OPEN
count = int(sys.argv[3])
history = services.open_history()
operator = Operator.named("benchmark")
session = history.begin_session(operator)
made = Provenance("wbc4", "1.0.0", "ab" * 32, "auto", "cpu", 1.0, now_utc())
classes = ["eosinophil", "lymphocyte", "monocyte", "neutrophil"]
for start in range(0, count, 1000):
    results = []
    for number in range(start, start + 1000):
        share = 0.3 + (number * 7919 % 7000) / 10000
        uncertain = UncertainReason.LOW_CONFIDENCE if share < 0.4 else None
        ranked = ((classes[number * 31 % 4], share), ("basophil", 1 - share))
        cell = Cell(Box(1, 1, 20, 20), CellOrigin.LOCATED, 0.9, Prediction(ranked, uncertain, made))
        name = f"smear_{number * 7919 % count}.jpg"
        results.append(ImageResult(name, "", f"{number}", 640, 480, ImageStatus.OK, (cell,)))
    history.save_results(session, results)
services.close()

services = build(Path(sys.argv[1]))
application = make_application(services)
window = MainWindow(services, Theme(application, "light"))
calm_interpreter(window)
window.resize(1366, 768)
window.show()
gaps, last, worst = [], [time.perf_counter()], {}
# The window's own work between two beats, in processor time: what a busy computer does not change.
own, own_last, own_worst = [], [time.thread_time()], {}

def beat():
    now, worked = time.perf_counter(), time.thread_time()
    gaps.append((now - last[0]) * 1000)
    own.append((worked - own_last[0]) * 1000)
    last[0], own_last[0] = now, worked

pulse = QTimer()
pulse.timeout.connect(beat)
pulse.start(1)

def until(condition, seconds=180):
    # What was met once counts: the next work may begin before the loop has ended.
    loop, timer = QEventLoop(), QTimer()
    deadline = time.perf_counter() + seconds
    met = []

    def look():
        if condition():
            met.append(True)
        if met or time.perf_counter() > deadline:
            loop.quit()

    timer.timeout.connect(look)
    timer.start(1)
    if not condition():
        loop.exec()
        if not met:
            raise RuntimeError("waited in vain")
    timer.stop()

def measured(name, work, condition):
    # Also the time until a window drawn anew is on the screen counts.
    gaps.clear()
    own.clear()
    last[0] = started = time.perf_counter()
    own_last[0] = time.thread_time()
    work()
    until(condition)
    window.panel.list.viewport().repaint()
    took = (time.perf_counter() - started) * 1000
    worst[name] = max(worst.get(name, 0), max(gaps, default=0))
    own_worst[name] = max(own_worst.get(name, 0), max(own, default=0))
    return took

model = window.panel.model
figures = {}
shown = []
model.rowsInserted.connect(lambda *_: shown.append(model.rowCount()))
# The program's start loads its libraries, the model and the history, and makes the day's backup.
measured("start", lambda: window.start([]), lambda: model.rowCount() == count + 1 and not window.lanes.busy)
# A quiet moment: Python looks for objects that hold each other (ui.collecting).
full = gc.get_stats()[2]["collections"]
measured("rest", lambda: None, lambda: gc.get_stats()[2]["collections"] > full)
figures["open, all rows"] = measured("open", model.reload, lambda: model.rowCount() == count + 1)
until(lambda: not window.lanes.busy)
told = []
model.loaded.connect(lambda: told.append(True))
for order in (Order.NAME, Order.CONFIDENCE, Order.CLASS, Order.TIME):
    told.clear()
    figures[f"sort by {order}"] = measured("sort", lambda: model.set_order(order), lambda: bool(told))
for words, chosen in (
    ("uncertain", HistoryFilter(uncertain_only=True)),
    ("a class", HistoryFilter(class_id="monocyte")),
    ("a name", HistoryFilter(text="smear_4999")),
    ("none", HistoryFilter()),
):
    shown.clear()
    figures[f"filter {words}"] = measured("filter", lambda: model.set_filter(chosen), lambda: bool(shown))
    until(lambda: not window.lanes.busy)

# Another window reviews images here and there; whoever comes back to this one sees it.
other = build(Path(sys.argv[1]))
not_reviewed = HistoryFilter(review_state=OPEN)
for name, chosen, since in (("all", HistoryFilter(), 0), ("not reviewed", not_reviewed, 25)):
    model.set_filter(chosen)
    until(lambda: not model.loading and not window.lanes.busy)
    for number in range(since, count, count // 300):
        found = other.open_history().image(number + 1).result.cells[0]
        other.history.set_review(found.id, Review(Verdict.AGREED, found.label, operator, now_utc()))
    last_id = number + 1
    until(lambda: model.summary(last_id) is not None)
    came = lambda: (row := model.summary(last_id)) is None or row.review_state is not OPEN
    figures[f"come back, {name}"] = measured("come back", model.refresh, came)
    until(lambda: not window.lanes.busy)
model.set_filter(HistoryFilter())
until(lambda: model.rowCount() == count + 1 and not window.lanes.busy)
other.close()

window.opener.open_paths([Path(sys.argv[2])])
until(lambda: window.runs.progress is not None and window.runs.progress.done > 100)
gaps.clear()
own.clear()
last[0], own_last[0] = time.perf_counter(), time.thread_time()
until(lambda: window.runs.progress is None or window.runs.progress.done > 1500)
worst["batch"], own_worst["batch"] = max(gaps), max(own)
before = window.runs.progress is not None
figures["cancel"] = measured("cancel", window.run_controls.cancel, lambda: not window.runs.busy)
pulse.stop()
window.closed.connect(application.quit)
QTimer.singleShot(0, window.close)
application.exec()
print(json.dumps({"figures": figures, "worst": worst, "cancelled": before, "own": own_worst}))
"""


def run(*, files: int = 4_000) -> list[Row]:
    """All in one process of its own."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as data:
        fields = Path(folder) / "fields"
        many = Path(folder) / "many"
        fields.mkdir()
        many.mkdir()
        copies(draw_fields(fields, 40), many, files)
        found = json.loads(in_child(_CODE, data, str(many), str(_COUNT)).splitlines()[-1])
    figures, worst = found["figures"], found["worst"]
    sorts = {name: took for name, took in figures.items() if name.startswith("sort")}
    filters = {name: took for name, took in figures.items() if name.startswith("filter")}
    rows = [
        Row(
            f"a session of {_COUNT:,}: {what}",
            f"{max(times.values()):.0f} ms at most",
            ", ".join(f"{name} {took:.0f}" for name, took in times.items()),
            "100 ms",
            max(times.values()) <= 100,
        )
        for what, times in (("sorting", sorts), ("filtering, to the first rows", filters))
    ]
    at_start = worst.pop("start")
    rows.append(
        Row(
            f"a session of {_COUNT:,}: longest stall of the event loop",
            f"{max(worst.values()):.0f} ms",
            ", ".join(f"{name} {stall:.0f}" for name, stall in worst.items())
            + "; of it the window's own work: "
            + ", ".join(f"{name} {work:.0f}" for name, work in found["own"].items())
            + f"; all rows were there after {figures['open, all rows'] / 1000:.1f} s"
            + "".join(f"; {name}: {took:.0f} ms" for name, took in figures.items() if "come back" in name)
            + f"; while the program started and loaded its libraries {at_start:.0f}",
            "50 ms",
            max(worst.values()) <= 50,
        )
    )
    rows.append(
        Row(
            "cancel of a batch, to its end",
            f"{figures['cancel']:.0f} ms",
            "" if found["cancelled"] else "the batch was over before",
            "200 ms",
            figures["cancel"] <= 200 and found["cancelled"],
        )
    )
    return rows
