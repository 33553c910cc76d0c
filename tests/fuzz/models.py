"""Hostile model packages: a whole one damaged in many ways, each tried as the program would.

    python tests/fuzz/models.py --files 300 --seed 1

What cannot be parsed is refused here, as in the program; the rest is loaded and run in a child. Then
graphs that do harm at one image only. Prints how they ended; exit code 1 when the program itself did anything
but refuse or accept.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import struct
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hematodesk.domain.errors import ModelError
from hematodesk.inference.confined import ConfinedModel
from hematodesk.inference.model_process import ModelLimits
from hematodesk.inference.package import parse_package
from hematodesk.inference.preprocess import to_tensor
from hematodesk.inference.trial import ModelTrial
from hematodesk.inference.verdicts import Verdicts

PATIENCE_S = 30.0
MOST_GROWN = 200 * 1024**2


def hostile_models(whole: bytes, seed: int, count: int) -> Iterator[bytes]:
    """So many damaged copies, the same for the same seed."""
    chance = random.Random(seed)
    manifest = whole.find(b'{"')
    for _ in range(count):
        data = bytearray(whole)
        way = chance.randrange(7)
        if way == 0:
            data = data[: chance.randrange(len(data))]
        elif way in (1, 2):
            # Most flips in the graph: in the manifest nearly all are refused at once.
            for _ in range(chance.choice((1, 1, 2, 8))):
                data[chance.randrange(manifest if way == 1 and manifest > 0 else len(data))] ^= (
                    1 << chance.randrange(8)
                )
        elif way == 3:
            at = chance.randrange(len(data) - 8)
            value = chance.choice((0, 1, 0x7F, 0x80, 0xFFFF, 2**31 - 1, 2**32 - 1, 2**63 - 1, 2**64 - 1))
            struct.pack_into(chance.choice("<>") + "Q", data, at, value)
        elif way == 4:
            first, size = chance.randrange(len(data)), chance.choice((1, 4, 40))
            del data[first : first + size]
        elif way == 5:
            first, size = chance.randrange(len(data)), chance.choice((1, 4, 40))
            data[first:first] = data[first : first + size] * chance.choice((1, 3, 1_000))
        else:
            at = chance.randrange(len(data))
            data[at : at + 4] = chance.choice((b"float", b"../../x", b"Loop", b"If", b"Scan", b"\xff" * 10))
        yield bytes(data)


def tried(data: bytes, *, children: bool = True) -> str:
    """How a file ended: fine, a code, `told before` where a child comes next, `fault` when it went wrong."""
    try:
        package = parse_package(data, Path("hostile.onnx"))
        if not children:
            return "told before"
        ModelTrial(Verdicts(None, ""), limits=ModelLimits(start_s=PATIENCE_S)).check(package, data)
    except ModelError as error:
        return error.code if error.message.isprintable() and error.remedy else "fault"
    except Exception as fault:  # noqa: BLE001 - whatever comes out here is a fault of the program
        sys.stderr.write(f"{type(fault).__name__} {fault}\n")
        return "fault"
    return "fine"


def used(data: bytes) -> Counter[str]:
    """How a hostile graph's runs end in its child, over crops of every brightness; `fault` as above."""
    outcomes: Counter[str] = Counter()
    try:
        package = parse_package(data, Path("hostile.onnx"))
        model = ConfinedModel(data, package, ModelLimits(run_s=1.0, threads=1))
    except ModelError as error:
        return Counter([error.code if error.message.isprintable() else "fault"])
    spec, names = package.manifest.input, package.manifest.graph_outputs
    before = psutil.Process().memory_info().rss
    for brightness in (0, 60, 255, 100, 255, 200, 0):
        crop = np.full((1, spec.height, spec.width, 3), brightness, np.uint8)
        try:
            model.run(names, to_tensor(crop, spec), None, sparing=False)
            outcomes["fine"] += 1
        except ModelError as error:
            outcomes[error.code if error.message.isprintable() and error.remedy else "fault"] += 1
        except RuntimeError:
            outcomes["run failed"] += 1
        except Exception as fault:  # noqa: BLE001 - whatever comes out here is a fault of the program
            sys.stderr.write(f"{type(fault).__name__} {fault}\n")
            outcomes["fault"] += 1
    model.close()
    if psutil.Process().memory_info().rss > before + MOST_GROWN:
        sys.stderr.write("the program itself grew\n")
        outcomes["fault"] += 1
    return outcomes


def main() -> int:
    parser = argparse.ArgumentParser(description="Fuzz the loading of model packages.")
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    place = Path(__file__).resolve().parents[1] / "unit" / "inference" / "conftest.py"
    kit = importlib.util.module_from_spec(spec := importlib.util.spec_from_file_location("kit", place))
    spec.loader.exec_module(kit)
    started = time.monotonic()
    outcomes = Counter(
        tried(data)
        for data in hostile_models(kit.tiny_model().SerializeToString(), options.seed, options.files)
    )
    for name, model in (
        ("no end at one image", kit.slow_model()),
        ("8 GB at one image", kit.hungry_model()),
        ("a sequence", kit.no_tensor_model("sequence")),
        ("an optional", kit.no_tensor_model("optional")),
    ):
        ends = used(model.SerializeToString())
        outcomes["fault"] += ends["fault"]
        print(f"{name}: {', '.join(f'{count} {code}' for code, count in ends.items())}")
    for code, count in outcomes.most_common():
        print(f"{count:>6}  {code}")
    print(f"{options.files} packages in {time.monotonic() - started:.0f} s; faults: {outcomes['fault']}")
    return 1 if outcomes["fault"] else 0


if __name__ == "__main__":
    sys.exit(main())
