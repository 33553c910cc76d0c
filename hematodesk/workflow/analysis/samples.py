"""The sample images that come with the program, and the class that each shows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from hematodesk.domain.classes import CELL_CLASSES
from hematodesk.workflow.analysis.image_files import gather_images

_NAMED = re.compile(r"[a-z]+_\d+_(?P<class_id>[a-z_]+)")


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample image; `class_id` is the class of its one white cell, None where there is not just one."""

    path: Path
    class_id: str | None


def read_samples(folder: Path) -> list[Sample]:
    """The samples in the folder, in their order; their names say what they show (smear_01_neutrophil.jpg)."""
    if not folder.is_dir():
        return []
    return [Sample(path, _class_of(path.stem)) for path in gather_images([folder], recursive=False)]


def _class_of(stem: str) -> str | None:
    match = _NAMED.fullmatch(stem)
    return match["class_id"] if match is not None and match["class_id"] in CELL_CLASSES else None
