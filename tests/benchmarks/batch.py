"""Throughput of a batch beside its limits, how it grows, its memory, and one very large image.

The limit is what the parts take that no arrangement can leave out, each alone, one after the other, in this
process and with all cores (four at most) to itself: `read_image` and `locate_cells` in a thread a core, then
bare onnxruntime as it comes (a thread a core, spinning) on ready tensors, eight in a run. It lists no folder,
starts no child, cuts out nothing, draws no thumbnail and saves nothing. How fast it is without locating, as a
program would be that takes each image for one cell, is told beside it. Its spinning threads suffer more than
the product from whatever else the computer does: the ratio means something on an idle one only.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from common import Row, draw_fields, in_child, in_turn

GROWTH, LONG_GROWTH = (100, 400, 1_000, 2_000), (100, 1_000, 10_000, 50_000)

# One run of the product over `count` files of a folder, with the memory of all its processes.
_RUN_CODE = """
import json, sys, tempfile, threading, time
from pathlib import Path
import psutil
from hematodesk.bootstrap import build
from hematodesk.workflow.analysis.batch import run_batch
from hematodesk.workflow.analysis.image_files import ImageListing

folder, count = Path(sys.argv[1]), int(sys.argv[2])
process, samples, over = psutil.Process(), [], threading.Event()

def memory():
    total = process.memory_info().rss
    for child in process.children(recursive=True):
        try:
            total += child.memory_full_info().uss
        except psutil.Error:
            pass
    return total

def watch():
    while not over.wait(0.2):
        samples.append(memory())

with tempfile.TemporaryDirectory() as data:
    services = build(Path(data))
    history, session = services.open_history(), services.session_id()
    analyser = services.analyser(services.models.load())
    def only(paths):
        for number, path in enumerate(paths):
            if number == count:
                return
            yield path
    listing = ImageListing([folder])
    threading.Thread(target=listing.list_all, daemon=True).start()
    watcher = threading.Thread(target=watch)
    watcher.start()
    started = time.perf_counter()
    def sink(found):
        history.save_results(session, found)
    summary = run_batch(only(listing), analyser, sink, total=count)
    seconds = time.perf_counter() - started
    samples.append(memory())
    over.set()
    watcher.join()
    assert (summary.done, summary.failed, history.count()) == (count, 0, count), summary
    listing.stop()
    services.close()
tenth = max(1, len(samples) // 10)
early = max(samples[tenth : 2 * tenth] or samples)
print(json.dumps([seconds, early, max(samples[-tenth:]), max(samples)]))
"""

# The classic loop of this family, with the Python that has Keras: load, squeeze to 224, predict one by one.
_KERAS_CODE = """
import os, sys, time
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
from pathlib import Path
import cv2, keras, numpy as np
fields = sorted(Path(sys.argv[1]).glob("*.jpg"))
model = keras.applications.MobileNetV2(weights=None, classes=4)
model.predict(np.zeros((1, 224, 224, 3), np.float32), verbose=0)
started = time.perf_counter()
for path in fields:
    pixels = cv2.resize(cv2.imread(str(path)), (224, 224)).astype(np.float32) / 255
    model.predict(pixels[None], verbose=0)
print(len(fields) / (time.perf_counter() - started))
"""

# One image alone: seconds from the file to the answer, and the most memory of all processes together.
_LARGE_CODE = """
import json, sys, tempfile, threading, time
from pathlib import Path
import psutil
from hematodesk.bootstrap import build
process, most, over = psutil.Process(), [0], threading.Event()

def watch():
    while not over.wait(0.03):
        total = 0
        for each in [process, *process.children(recursive=True)]:
            try:
                # Shared memory counts once.
                total += each.memory_full_info().pss
            except psutil.Error:
                pass
        most[0] = max(most[0], total)

with tempfile.TemporaryDirectory() as data:
    services = build(Path(data))
    analyser = services.analyser(services.models.load())
    analyser.analyse(Path(sys.argv[2]))
    watcher = threading.Thread(target=watch)
    watcher.start()
    started = time.perf_counter()
    result = analyser.analyse(Path(sys.argv[1])).result
    seconds = time.perf_counter() - started
    over.set()
    watcher.join()
    services.close()
print(json.dumps([seconds, most[0], result.status.value, len(result.cells)]))
"""


def keras_python() -> str | None:
    """A Python that has Keras: named by HEMATODESK_KERAS_PYTHON, else this one, if it has it."""
    import importlib.util
    import sys

    named = os.environ.get("HEMATODESK_KERAS_PYTHON")
    return named or (sys.executable if importlib.util.find_spec("keras") else None)


def _keras_images_a_second(folder: Path) -> float | None:
    python = keras_python()
    if python is None:
        return None
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [python, "-c", _KERAS_CODE, str(folder)], capture_output=True, text=True, check=True, env=environment
    )
    return float(done.stdout.split()[-1])


def copies(fields: list[Path], folder: Path, count: int) -> None:
    """Files with bytes of their own: the picture, and a number behind its end."""
    data = [path.read_bytes() for path in fields]
    for number in range(count):
        (folder / f"smear_{number}.jpg").write_bytes(data[number % len(data)] + number.to_bytes(4, "big"))


def _throughput(fields: list[Path], images: int) -> list[Row]:
    from concurrent.futures import ThreadPoolExecutor

    import numpy as np
    import onnxruntime

    from hematodesk.bootstrap import build
    from hematodesk.domain.cells import Cell, CellOrigin
    from hematodesk.imaging.locate import locate_cells
    from hematodesk.imaging.read import read_image
    from hematodesk.inference.preprocess import to_tensor
    from hematodesk.workflow.analysis.analyser import cut_cell
    from hematodesk.workflow.analysis.batch import default_workers, run_batch

    with tempfile.TemporaryDirectory() as data:
        work = (fields * (images // len(fields) + 1))[:images]
        services = build(Path(data))
        history, session = services.open_history(), services.session_id()
        loaded = services.models.load()
        analyser = services.analyser(loaded)
        spec = loaded.package.manifest.input
        bare = onnxruntime.InferenceSession(str(loaded.package.path), providers=["CPUExecutionProvider"])
        tensors = []
        for path in fields:
            pixels = read_image(path).pixels
            found = locate_cells(pixels)
            for place in found.cells:
                cell = Cell(place.box, CellOrigin.LOCATED, place.score)
                crop = cut_cell(pixels, cell, found.red_cell_diameter, loaded.classifier).crop
                tensors.append(to_tensor([crop], spec))
        runs = len(tensors) * images // len(fields)

        def product() -> float:
            started = time.perf_counter()
            run_batch(work, analyser, lambda results: history.save_results(session, results))
            return images / (time.perf_counter() - started)

        def seconds_of(step: Callable[[Path], object]) -> float:
            """One step for every image, in a thread a core."""
            started = time.perf_counter()
            with ThreadPoolExecutor(default_workers()) as pool:
                for _ in pool.map(step, work):
                    pass
            return time.perf_counter() - started

        def inference_seconds() -> float:
            started = time.perf_counter()
            eights = [np.concatenate(tensors[at : at + 8]) for at in range(0, len(tensors) - 7, 8)]
            for number in range(runs // 8):
                bare.run(None, {spec.name: eights[number % len(eights)]})
            return time.perf_counter() - started

        without_locating = []

        def limit() -> float:
            inference = inference_seconds()
            without_locating.append(images / (seconds_of(read_image) + inference))
            return images / (seconds_of(lambda path: locate_cells(read_image(path).pixels)) + inference)

        product()
        speed, reference, ratio = in_turn(product, limit, 3)
        services.close()
    rows = [
        Row(
            "batch of 640x480 fields, results saved",
            f"{speed:.0f} images/s",
            f"bare decode + locate and bare inference, each on all cores: {reference:.0f} images/s; "
            f"ratio {ratio:.2f} (without locating {statistics.median(without_locating):.0f} images/s)",
            "80 % of bare, 150 images/s",
            ratio >= 0.8 and speed >= 150,
        )
    ]
    keras_speed = _keras_images_a_second(fields[0].parent)
    if keras_speed is not None:
        rows.append(
            Row(
                "the same, against the classic loop",
                f"{speed:.0f} images/s",
                f"Keras predict one by one {keras_speed:.0f} images/s; ratio {speed / keras_speed:.1f}",
                "10 times",
                speed / keras_speed >= 10,
            )
        )
    return rows


def _growth(fields: list[Path], counts: tuple[int, ...]) -> list[Row]:
    rows, rates = [], {}
    with tempfile.TemporaryDirectory() as folder:
        copies(fields, Path(folder), counts[-1])
        for count in counts:
            seconds, early, late, most = json.loads(in_child(_RUN_CODE, folder, str(count)).splitlines()[-1])
            rates[count] = 1000 * seconds / count
            first = rates[counts[0]]
            # The first hundred also pay for the start of the decoding processes.
            straight = None if count == counts[0] else rates[count] <= 1.2 * max(first, rates[counts[1]])
            rows.append(
                Row(
                    f"a batch of {count:,}: time and memory of all processes",
                    f"{seconds:.1f} s, {rates[count]:.2f} ms an image, {most / 2**20:.0f} MB at most",
                    f"{early / 2**20:.0f} MB after a tenth, {late / 2**20:.0f} MB at the end",
                    "a straight line; flat, under 400 MB",
                    None
                    if straight is None
                    else straight and most < 400 * 2**20 and (count < 1000 or late < 1.1 * early),
                )
            )
    return rows


def _large(fields: list[Path]) -> Row:
    import cv2
    import numpy as np

    from export_tools.phantom import render_field

    with tempfile.TemporaryDirectory() as folder:
        tile = render_field(5, width=1250, height=1000, classes=("neutrophil", "lymphocyte")).pixels
        path = Path(folder) / "stitched.tif"
        picture = np.tile(tile, (10, 8, 1))[..., ::-1]
        cv2.imwrite(str(path), picture, [cv2.IMWRITE_TIFF_COMPRESSION, 1])
        del picture
        seconds, most, status, cells = json.loads(
            in_child(_LARGE_CODE, str(path), str(fields[0])).splitlines()[-1]
        )
    return Row(
        "one TIFF of 100 megapixels",
        f"{seconds:.1f} s, {most / 2**20:.0f} MB at most",
        f"{status}, {cells} cells; the limit is 120 megapixels",
        "3 s, 1.5 GB, or refused in words",
        seconds < 3 and most < 1.5 * 2**30,
    )


def run(*, images: int = 400, long: bool = False) -> list[Row]:
    """Throughput, growth, memory, one large image."""
    with tempfile.TemporaryDirectory() as folder:
        fields = draw_fields(Path(folder), 40)
        return [
            *_throughput(fields, images),
            *_growth(fields, LONG_GROWTH if long else GROWTH),
            _large(fields),
        ]
