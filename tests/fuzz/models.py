"""Hostile model packages: a whole one damaged in many ways, each tried as the program would.

    python tests/fuzz/models.py --files 300 --seed 1

What cannot be parsed is refused here, as in the program; the rest is loaded and run in a child. Prints how
they ended; exit code 1 when the program itself did anything but refuse or accept.
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

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hematodesk.domain.errors import ModelError
from hematodesk.inference.model_process import ModelLimits
from hematodesk.inference.package import parse_package
from hematodesk.inference.trial import ModelTrial
from hematodesk.inference.verdicts import Verdicts

PATIENCE_S = 30.0


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
    for code, count in outcomes.most_common():
        print(f"{count:>6}  {code}")
    print(f"{options.files} packages in {time.monotonic() - started:.0f} s; faults: {outcomes['fault']}")
    return 1 if outcomes["fault"] else 0


if __name__ == "__main__":
    sys.exit(main())
