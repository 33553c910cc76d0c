"""What it costs to decode in children: one image, and a batch, each beside the same in this process."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from common import Row, draw_fields, in_turn, percentile


def run(*, images: int = 400) -> list[Row]:
    """One warm image and a batch of fields."""
    from hematodesk.bootstrap import build
    from hematodesk.imaging.decoder_pool import DecoderPool
    from hematodesk.imaging.reader import ImageReader, LocalReader
    from hematodesk.workflow.analysis.analyser import Analyser
    from hematodesk.workflow.analysis.batch import run_batch

    rows = []
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as data:
        fields = draw_fields(Path(folder), 40)
        work = (fields * (images // len(fields) + 1))[:images]
        pool, here = DecoderPool(), LocalReader()
        started = time.perf_counter()
        pool.read(fields[0])
        first = (time.perf_counter() - started) * 1000
        times: dict[ImageReader, list[float]] = {pool: [], here: []}
        for path in work:
            for reader, taken in times.items():
                started = time.perf_counter()
                reader.read(path)
                taken.append((time.perf_counter() - started) * 1000)
        middle = {reader: percentile(taken, 0.5) for reader, taken in times.items()}
        slow = {reader: percentile(taken, 0.95) for reader, taken in times.items()}
        rows.append(
            Row(
                "decode one 640x480 JPEG in a child, warm",
                f"{middle[pool]:.2f} ms (95th percentile {slow[pool]:.2f}); the first, cold, {first:.0f} ms",
                f"in this process {middle[here]:.2f} ms ({slow[here]:.2f})",
                "2 ms more",
                middle[pool] - middle[here] < 2,
            )
        )
        services = build(Path(data))
        history, session = services.open_history(), services.session_id()
        classifier = services.models.load().classifier

        def batch(reader: ImageReader) -> float:
            analyser = Analyser(classifier, reader=reader)
            started = time.perf_counter()
            run_batch(work, analyser, lambda results: history.save_results(session, results))
            return images / (time.perf_counter() - started)

        batch(pool)
        batch(here)
        speed, reference, ratio = in_turn(lambda: batch(pool), lambda: batch(here), 7)
        rows.append(
            Row(
                "batch of fields, decoded and located in children",
                f"{speed:.0f} images/s",
                f"all in this process {reference:.0f} images/s; ratio {ratio:.2f}",
                "less than 10 % lost",
                ratio > 0.9,
            )
        )
        pool.close()
        services.close()
    return rows


if __name__ == "__main__":
    from common import table

    print(table(run()))
