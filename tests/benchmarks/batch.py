"""Throughput of a batch beside its bare steps, and its memory."""

from __future__ import annotations

import importlib.util
import tempfile
import time
from pathlib import Path

from common import Row, draw_fields, in_child, in_turn

_MEMORY_CODE = """
import itertools, sys, tempfile
from pathlib import Path
import psutil
from hematodesk.bootstrap import build
from hematodesk.workflow.batch import run_batch

folder, count = Path(sys.argv[1]), int(sys.argv[2])
fields = sorted(folder.glob("*.jpg"))
process, samples = psutil.Process(), []
with tempfile.TemporaryDirectory() as data:
    services = build(Path(data))
    history, session = services.open_history(), services.session_id()
    analyser = services.analyser(services.models.load())
    seen = itertools.count(1)

    def sink(results):
        history.save_results(session, results)
        if next(seen) % 10 == 0:
            samples.append(process.memory_info().rss)

    run_batch(itertools.islice(itertools.cycle(fields), count), analyser, sink, total=count)
    services.close()
tenth = max(1, len(samples) // 10)
early, late = max(samples[tenth : 2 * tenth]), max(samples[-tenth:])
print(early, late, max(samples))
"""


def _keras_images_a_second(fields: list[Path]) -> float | None:
    """The classic loop of this family: load, squeeze to 224, `predict` one by one."""
    if importlib.util.find_spec("keras") is None:
        return None
    import cv2
    import keras
    import numpy as np

    model = keras.applications.MobileNetV2(weights=None, classes=4)
    model.predict(np.zeros((1, 224, 224, 3), np.float32), verbose=0)
    started = time.perf_counter()
    for path in fields[:40]:
        pixels = cv2.resize(cv2.imread(str(path)), (224, 224)).astype(np.float32) / 255
        model.predict(pixels[None], verbose=0)
    return 40 / (time.perf_counter() - started)


def run(*, images: int = 400, long: bool = False) -> list[Row]:
    """Throughput and memory."""
    import numpy as np
    import onnxruntime

    from hematodesk.bootstrap import build
    from hematodesk.imaging.crop import crop_cell, crop_side
    from hematodesk.imaging.locate import locate_cells
    from hematodesk.imaging.read import read_image
    from hematodesk.inference.preprocess import to_tensor
    from hematodesk.workflow.batch import run_batch

    rows = []
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as data:
        fields = draw_fields(Path(folder), 40)
        work = (fields * (images // len(fields) + 1))[:images]
        services = build(Path(data))
        history, session = services.open_history(), services.session_id()
        loaded = services.models.load()
        analyser = services.analyser(loaded)
        package = loaded.package
        manifest = package.manifest
        bare = onnxruntime.InferenceSession(str(package.path), providers=["CPUExecutionProvider"])
        rule, size = loaded.classifier.crop_rule, loaded.classifier.input_size

        def product() -> float:
            started = time.perf_counter()
            run_batch(work, analyser, lambda results: history.save_results(session, results))
            return images / (time.perf_counter() - started)

        def bare_steps() -> float:
            """Decode, locate, cut, run: one thread, nothing saved, no thumbnails."""
            started = time.perf_counter()
            for path in work:
                pixels = read_image(path).pixels
                found = locate_cells(pixels)
                for cell in found.cells:
                    side = crop_side(
                        cell.box, found.red_cell_diameter, red_cells=rule.red_cells, context=rule.context
                    )
                    crop = crop_cell(pixels, cell.box, side=side, size=size)
                    tensor = np.asarray(to_tensor([crop], manifest.input), dtype=np.float32)
                    bare.run(None, {manifest.input.name: tensor})
            return images / (time.perf_counter() - started)

        product()
        speed, reference, ratio = in_turn(product, bare_steps, 3)
        rows.append(
            Row(
                "batch of 640x480 fields, results saved",
                f"{speed:.0f} images/s",
                f"bare decode + locate + inference {reference:.0f} images/s; ratio {ratio:.2f}",
                "80 % of bare, 150 images/s",
                ratio >= 0.8 and speed >= 150,
            )
        )
        keras_speed = _keras_images_a_second(fields)
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
        services.close()
        count = 50_000 if long else 4_000
        early, late, most = (int(part) / 2**20 for part in in_child(_MEMORY_CODE, folder, str(count)).split())
        rows.append(
            Row(
                f"memory in a batch of {count:,}",
                f"{most:.0f} MB at most",
                f"{early:.0f} MB after a tenth, {late:.0f} MB at the end",
                "flat, under 400 MB",
                most < 400 and late < early * 1.1,
            )
        )
    return rows
