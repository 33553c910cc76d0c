"""The sample images that come with the program, and what each is known to show."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

SAMPLES_FILE = "samples.json"


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample image; `class_id` is the class of its first cell, empty when it shows none."""

    path: Path
    class_id: str


def read_samples(folder: Path) -> list[Sample]:
    """The samples in the folder's list; empty when there is no list or none that can be read."""
    try:
        document = json.loads((folder / SAMPLES_FILE).read_text("utf-8"))
        return [Sample(folder / entry["file"], str(entry["class"])) for entry in document["images"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []
