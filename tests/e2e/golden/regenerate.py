"""Write the golden answers of the shipped packages: `python tests/e2e/golden/regenerate.py`.

For a package that is not in answers.json yet the sample images are classified and the answers are
added; look at the difference before you commit it. Answers of packages that are no longer shipped
go. `--check` writes nothing and tells how far the present answers are from the stored ones.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from hematodesk.domain.cells import ImageResult
from hematodesk.domain.packages import ModelPackage
from hematodesk.inference.classify import Classifier
from hematodesk.inference.store import PackageStore
from hematodesk.workflow.analysis.analyser import Analyser
from hematodesk.workflow.analysis.image_files import gather_images

ROOT = Path(__file__).resolve().parents[3]
ANSWERS = Path(__file__).with_name("answers.json")
SAMPLES = ROOT / "resources" / "samples"


def shipped() -> list[ModelPackage]:
    """The packages that the program brings with it."""
    with tempfile.TemporaryDirectory() as nothing:
        store = PackageStore(ROOT / "models", Path(nothing))
        return [each for each in store.list() if isinstance(each, ModelPackage) and each.shipped]


def answer(result: ImageResult) -> dict[str, Any]:
    """What is compared of a result: boxes in pixels, probabilities in the classes' order by name."""
    return {
        "status": result.status.value,
        "cells": [
            {
                "box": cell.box.as_list(),
                "class": cell.prediction.class_id,
                "uncertain": cell.prediction.uncertain is not None,
                "probabilities": {name: round(share, 6) for name, share in sorted(cell.prediction.ranked)},
            }
            for cell in result.cells
            if cell.prediction is not None
        ],
    }


def answers_of(package: ModelPackage) -> dict[str, Any]:
    """The answers for all samples, one image at a time on the processor."""
    analyser = Analyser(Classifier(package, "cpu"), keep_thumbnails=False)
    return {path.name: answer(analyser.analyse(path).result) for path in gather_images([SAMPLES])}


def main() -> None:
    """Write or check answers.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stored = json.loads(ANSWERS.read_text(encoding="utf-8")) if ANSWERS.exists() else {}
    kept: dict[str, Any] = {}
    for package in shipped():
        present = answers_of(package)
        known = stored.get(package.sha256)
        if known is None:
            words = "missing" if check else "added"
        else:
            words = "the same" if known["answers"] == present else "differs"
        print(f"{package.name} {package.version}: {words}")
        keep = known if known is not None else {"answers": present}
        kept[package.sha256] = {"name": package.name, "version": package.version, **keep}
    if not check:
        ANSWERS.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
