"""A process that works on a data folder until it is killed, and says each thing exactly when it is saved.

`python worker.py KIND DATA_FOLDER OTHER_FOLDER ROUNDS`: one JSON object a line on standard output,
written after the program would have shown it as saved.
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path

from hematodesk.bootstrap import build_at, report_renderer
from hematodesk.domain.cells import Cell, CellOrigin, ImageResult, ImageStatus, Prediction, Provenance
from hematodesk.domain.geometry import Box
from hematodesk.domain.history import HistoryImage
from hematodesk.domain.operators import Operator
from hematodesk.storage.history import History
from hematodesk.workflow.exports.class_folders import FolderOptions
from hematodesk.workflow.exports.export import EXPORT_FORMATS, ExportOptions, ExportRequest, run_export
from hematodesk.workflow.exports.history_import import import_history
from hematodesk.workflow.exports.history_maintenance import HistoryMaintenance
from hematodesk.workflow.services import Services
from hematodesk.workflow.system.paths import AppPaths, find_paths

CLASSES = ("neutrophil", "monocyte", "lymphocyte", "eosinophil")
WHEN = "2026-03-04T05:06:07.008Z"


def say(**facts: object) -> None:
    """One write, so that a line is there whole or not at all."""
    os.write(1, (json.dumps(facts) + "\n").encode())


def made_up(name: str, chance: random.Random) -> ImageResult:
    """A result with one to three cells and a thumbnail."""
    cells = []
    for _ in range(chance.randrange(1, 4)):
        chosen, other = chance.sample(CLASSES, 2)
        made = Provenance("wbc4", "1.0.0", "ab" * 32, "auto", "cpu", 4.0, WHEN)
        cells.append(
            Cell(
                Box(1, 2, 30, 40),
                CellOrigin.LOCATED,
                0.5,
                Prediction(((chosen, 0.9), (other, 0.1)), None, made),
            )
        )
    thumbnail = b"\xff\xd8" + chance.randbytes(chance.randrange(500, 5000))
    digest = f"{chance.getrandbits(256):064x}"
    return ImageResult(
        name, f"/{name}", digest, 640, 480, ImageStatus.OK, tuple(cells), thumbnail=thumbnail, created_at=WHEN
    )


def fill(history: History, images: int, seed: int = 0) -> None:
    """Save that many made-up images."""
    chance = random.Random(seed)
    session = history.begin_session(Operator.named("filler"))
    for start in range(0, images, 50):
        count = min(50, images - start)
        history.save_results(session, [made_up(f"old {start + n}", chance) for n in range(count)])


def _save(services: Services, results: list[ImageResult]) -> list[HistoryImage]:
    return services.open_history().save_results(services.session_id(), results)


def review(services: Services, _other: Path, rounds: int) -> None:
    """Results, verdicts, notes, added and removed cells, deletions and undo."""
    chance = random.Random(os.getpid())
    services.open_history()
    service = services.review_service()
    counts: dict[int, int] = {}
    for number in range(rounds):
        (image,) = _save(services, [made_up(f"new {os.getpid()} {number}", chance)])
        say(image=image.id, name=image.result.name)
        cell = image.result.cells[0]
        class_id = chance.choice(CLASSES)
        change = service.correct(cell, class_id, image.id)
        assert change.cell is not None and cell.id is not None
        counts[cell.id] = counts.get(cell.id, 0) + 1
        say(review=cell.id, count=counts[cell.id], class_id=class_id)
        service.note_image(image.id, f"note {number}")
        say(note=image.id, text=f"note {number}")
        if number % 3 == 0:
            added = service.add_cell(image.id, Cell(Box(5, 6, 7, 8), CellOrigin.ADDED)).cell
            assert added is not None
            say(cell=added.id, of=image.id)
        if number % 5 == 4:
            say(deleting=image.id)
            service.delete_images([image.id])
            service.undo()
            say(image=image.id, name=image.result.name)


def backup(services: Services, _other: Path, rounds: int) -> None:
    """Kept backups, one after the other, while results come in."""
    chance = random.Random(os.getpid())
    services.open_history()
    maintenance = HistoryMaintenance(services)
    for number in range(rounds):
        (image,) = _save(services, [made_up(f"new {os.getpid()} {number}", chance)])
        say(image=image.id, name=image.result.name)
        say(backup=maintenance.back_up().path.name, images=services.history.count())


def restore(services: Services, other: Path, rounds: int) -> None:
    """Two backups in turn in the history's place."""
    maintenance = HistoryMaintenance(services)
    for number in range(rounds):
        chosen = other / f"state{number % 2}.sqlite3"
        say(begin=chosen.name)
        maintenance.restore(chosen)
        say(restored=chosen.name)


def repair(services: Services, _other: Path, _rounds: int) -> None:
    """A damaged history."""
    report = HistoryMaintenance(services).repair()
    say(repaired=report.saved_images)


def export(services: Services, other: Path, rounds: int) -> None:
    """Every format again and again; class folders into a new folder each time."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    services.open_history()
    render = report_renderer(services)
    say(begun=len(EXPORT_FORMATS))
    kinds = list(EXPORT_FORMATS.values())
    for number in range(rounds):
        kind = kinds[number % len(kinds)]
        name = f"all{kind.suffix}" if kind.suffix else f"cells-{os.getpid()}-{number}"
        selection = range(1, 20) if kind.drawn else None
        request = ExportRequest(
            other / name, kind.id, selection, ExportOptions(folders=FolderOptions(False, False))
        )
        say(export=name, images=run_export(services, request, render=render).images)


def take_in(services: Services, other: Path, _rounds: int) -> None:
    """An exported document into an empty history."""
    say(taken_in=import_history(services.open_history(), other / "document.json", services.reader).added)


def models(services: Services, other: Path, rounds: int) -> None:
    """Packages imported and removed; settings beside it."""
    for number in range(rounds):
        file = other / f"model{number % 3}.onnx"
        package = services.models.import_file(file)
        say(imported=package.name)
        services.settings.set("operator", f"Ada {number}")
        say(operator=number)
        if number % 3 == 2:
            say(removing=package.name)
            services.models.store.remove(package.name)


def migration(services: Services, _other: Path, _rounds: int) -> None:
    """A history of the first released format."""
    services.open_history()
    say(migrated=services.history.count())
    _save(services, [made_up("after", random.Random(1))])


KINDS: dict[str, Callable[[Services, Path, int], None]] = {
    "review": review,
    "backup": backup,
    "restore": restore,
    "repair": repair,
    "export": export,
    "import": take_in,
    "models": models,
    "migration": migration,
}


def services_at(data: Path, other: Path) -> Services:
    """Services whose shipped models lie in no one's way."""
    paths = find_paths(data)
    return build_at(AppPaths(data, False, other / "shipped", paths.resources))


def main() -> None:
    kind, data, other, rounds = sys.argv[1:5]
    services = services_at(Path(data), Path(other))
    say(ready=kind)
    KINDS[kind](services, Path(other), int(rounds))
    services.close()
    say(ended=kind)


if __name__ == "__main__":
    main()
