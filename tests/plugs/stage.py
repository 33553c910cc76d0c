"""What the plug tests begin with, and what must hold afterwards, for each kind of work."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
import sys
import zipfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from hematodesk.imaging.reader import LocalReader
from hematodesk.reporting.json_import import read_contents
from hematodesk.reporting.table import write_table
from hematodesk.storage.backups import BackupFolder
from hematodesk.storage.history import History
from hematodesk.storage.maintenance import problems_of
from hematodesk.storage.migrations import MIGRATIONS
from hematodesk.workflow.exports.class_folders import FolderOptions, FolderWriter
from hematodesk.workflow.exports.export import ExportRequest, run_export
from hematodesk.workflow.exports.history_maintenance import HistoryMaintenance
from hematodesk.workflow.system.private_folder import keep_private
from tests.plugs.worker import fill, services_at

WORKER = Path(__file__).with_name("worker.py")
ROOT = Path(__file__).parents[2]
KINDS = ("batch", "review", "backup", "restore", "repair", "export", "import", "models", "migration")
OLD_IMAGES = 120

Said = list[dict[str, Any]]


class Stage:
    """A data folder with a history in it, and another folder, both as they are before each round."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.data, self.other = folder / "data", folder / "other"
        self.other.mkdir(parents=True)
        history = self.data / "history.sqlite3"
        match kind:
            case "migration":
                self.data.mkdir()
                _first_version(history)
            case "batch":
                self._pictures()
            case _:
                with closing(History.open(history)) as opened:
                    fill(opened, OLD_IMAGES)
        if kind == "restore":
            for number in range(2):
                with closing(History.open(history)) as opened:
                    opened.backup(self.other / f"state{number}.sqlite3")
                    fill(opened, 10, seed=9)
        if kind == "repair":
            content = bytearray(history.read_bytes())
            content[4096 * 60 : 4096 * 64] = bytes(4096 * 4)
            history.write_bytes(content)
        if kind == "models":
            self._packages()
        if kind == "import":
            services = services_at(self.data, self.other)
            services.open_history()
            run_export(services, ExportRequest(self.other / "document.json", "json"))
            services.close()
            shutil.rmtree(self.data)
        shutil.rmtree(folder / "before", ignore_errors=True)
        self.before = folder / "before"
        if self.data.exists():
            shutil.copytree(self.data, self.before)

    def reset(self) -> None:
        """As before the first round."""
        shutil.rmtree(self.data, ignore_errors=True)
        if self.before.exists():
            shutil.copytree(self.before, self.data)

    def command(self, rounds: int) -> list[str]:
        """What to run: the program itself for a batch, else the worker."""
        if self.kind == "batch":
            asked = ["classify", str(self.other / "pictures"), "--save", "--format", "json", "--quiet"]
            return [sys.executable, "-m", "hematodesk", "--data-dir", str(self.data), *asked]
        return [sys.executable, str(WORKER), self.kind, str(self.data), str(self.other), str(rounds)]

    def _pictures(self) -> None:
        import cv2
        import numpy as np

        (self.other / "pictures").mkdir()
        samples = sorted((ROOT / "resources" / "samples").glob("*.*g"))
        chance = np.random.default_rng(7)
        for number in range(48):
            pixels = cv2.imread(str(samples[number % len(samples)]))
            noise = chance.integers(0, 3, pixels.shape, dtype=np.uint8)
            cv2.imwrite(str(self.other / "pictures" / f"field {number:02}.png"), cv2.add(pixels, noise))

    def _packages(self) -> None:
        import onnx

        source = next((ROOT / "models").glob("wbc4*.onnx"))
        for number in range(3):
            model = onnx.load(str(source))
            for entry in model.metadata_props:
                if entry.key == "hematodesk":
                    manifest = json.loads(entry.value)
                    manifest["name"] = f"other{number}"
                    entry.value = json.dumps(manifest)
            (self.other / f"model{number}.onnx").write_bytes(model.SerializeToString())

    # What must hold

    def faults(self, said: Said, data: Path | None = None, other: Path | None = None) -> list[str]:
        """Every promise that was broken, in words; empty when all is well."""
        data, other = data or self.data, other or self.other
        found = []
        if self.kind == "repair":
            return _repaired(data, said)
        history = data / "history.sqlite3"
        if history.exists() or self.kind != "batch" or any("file" in each for each in said):
            try:
                with closing(History.open(history)) as opened:
                    found += opened.check(values=True)
                    found += _missing(opened, said)
                    if self.kind == "restore":
                        found += _restored(opened, said, [OLD_IMAGES, OLD_IMAGES + 10, OLD_IMAGES + 20])
                    elif self.kind == "migration":
                        found += [] if opened.count() - OLD_IMAGES in (0, 1) else ["images lost"]
                    elif self.kind == "import":
                        taken = [each["taken_in"] for each in said if "taken_in" in each]
                        found += [] if opened.count() in (taken or [0, OLD_IMAGES]) else ["half an import"]
                    elif self.kind != "batch" and opened.count() < OLD_IMAGES:
                        found.append("old images lost")
            except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
                found.append(f"the history does not open: {error!r}")
        found += _bad_backups(data, said)
        found += _bad_exports(other, said)
        found += _left_over(data, other)
        if self.kind == "models":
            found += _bad_models(data, other, said)
        return found


def _first_version(path: Path) -> None:
    """A history of format 1 with some images."""
    with closing(History.open(path)) as opened:
        fill(opened, OLD_IMAGES)
    with closing(sqlite3.connect(path)) as connection:
        # What the later migrations brought.
        assert len(MIGRATIONS) == 5, "undo the newer migrations, too"
        connection.executescript(
            "DROP INDEX image_noted; DROP INDEX cell_noted; DROP TABLE cell_listing; "
            "ALTER TABLE image DROP COLUMN fault_templates; DROP TABLE run_image; DROP TABLE run; "
            "PRAGMA user_version = 1; VACUUM;"
        )


def _missing(history: History, said: Said) -> list[str]:
    """What was said to be saved and is not there."""
    found = []
    batch = sum("file" in each for each in said)
    if batch and history.count() < batch:
        found.append(f"{batch} answers were shown, {history.count()} are there")
    # Killed between a deletion and its undo, an image may be gone.
    doubtful = {said[-1]["deleting"]} if said and "deleting" in said[-1] else set()
    for each in said:
        if doubtful & {each.get("image"), each.get("note"), each.get("of")}:
            continue
        try:
            if "image" in each and history.image(each["image"]).result.name != each["name"]:
                found.append(f"image {each['image']} is another one")
            if "review" in each:
                given = history.reviews(each["review"])[each["count"] - 1]
                if given is None or given.class_id != each["class_id"]:
                    found.append(f"review of {each['review']} is another one")
            if "note" in each and history.image(each["note"]).note != each["text"]:
                found.append(f"note of {each['note']} lost")
            if "cell" in each:
                history.cell(each["cell"])
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            found.append(f"{each} is lost: {error!r}")
    return found


def _restored(history: History, said: Said, counts: Sequence[int]) -> list[str]:
    """The history is the one restored last, or the one that was being restored."""
    allowed = {counts[2]}
    for each in said:
        if "begin" in each:
            allowed.add(counts[int(each["begin"][5])])
        if "restored" in each:
            allowed = {counts[int(each["restored"][5])]}
    return [] if history.count() in allowed else [f"{history.count()} images, not one of {allowed}"]


def _repaired(data: Path, said: Said) -> list[str]:
    """Either still damaged and whole to repair, or repaired; the damaged file is there in both cases."""
    path = data / "history.sqlite3"
    saved = [each["repaired"] for each in said if "repaired" in each]
    damaged = [file for file in data.glob("history*.sqlite3") if problems_of(file)]
    found = [] if damaged else ["the damaged file is gone"]
    if path.exists() and problems_of(path):
        if saved:
            found.append("said to be repaired and is damaged")
        maintenance = HistoryMaintenance(services_at(data, data.parent))
        saved = [maintenance.repair().saved_images]
    try:
        with closing(History.open(path)) as opened:
            found += opened.check(values=True)
            if opened.count() < 0.6 * OLD_IMAGES or (saved and opened.count() != saved[0]):
                found.append(f"{opened.count()} images after the repair, {saved} said")
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        found.append(f"the history does not open: {error!r}")
    return found


def _bad_backups(data: Path, said: Said) -> list[str]:
    folder = BackupFolder(data / "backups")
    found = [f"backup {each.path.name} is damaged" for each in folder.kept() if problems_of(each.path)]
    there = {each.path.name: each.images for each in folder.kept()}
    promised = [each for each in said if "backup" in each][-7:]
    # One more may have been made, and the oldest gone for it, before that could be said.
    for each in promised[1:] if len(promised) == 7 else promised:
        if there.get(each["backup"]) != each["images"]:
            found.append(
                f"backup {each['backup']} has {there.get(each['backup'])} of {each['images']} images"
            )
    return found


def _bad_exports(other: Path, said: Said) -> list[str]:
    found = []
    for name in {each["export"] for each in said if "export" in each} - {
        file.name for file in (*other.glob("all.*"), *other.glob("cells-*"))
    }:
        found.append(f"{name} was said to be written and is gone")
    table, document = other / "all.csv", other / "all.json"
    if table.exists():
        with table.open(encoding="utf-8-sig", newline="") as stream:
            names = {row[0] for row in csv.reader(stream)}
        if len(names) < OLD_IMAGES:
            found.append(f"the table has {len(names)} names")
    if document.exists():
        assert read_contents(document, lambda: None).images >= OLD_IMAGES
    if (other / "all.xlsx").exists():
        with zipfile.ZipFile(other / "all.xlsx") as workbook:
            assert workbook.testzip() is None
    if (other / "all.pdf").exists() and not (other / "all.pdf").read_bytes().rstrip().endswith(b"%%EOF"):
        found.append("half a report")
    return found


def _left_over(data: Path, other: Path) -> list[str]:
    """What the next exports do not take away of those that were killed."""
    found = []
    if data.exists():
        keep_private(data, made=False)
        found += [f"{path} in the data folder" for path in data.rglob(".hematodesk-*")]
        found += [f"{path} may be read by others" for path in data.rglob("*") if path.lstat().st_mode & 0o077]
    if not other.exists():
        # After a power cut before anything was exported.
        return found
    write_table((), ("a",), other / "next.csv")
    for folder in other.glob("cells-*"):
        if not (folder / "labels.csv").exists():
            FolderWriter(folder, FolderOptions(), LocalReader(), None, {}).write([], None)
    found += [f"{path} beside a target" for path in other.rglob(".hematodesk-*")]
    return found


def _bad_models(data: Path, other: Path, said: Said) -> list[str]:
    services = services_at(data, other)
    checks = services.models.store.verify()
    found = [f"package {check.path.name}: {check.error}" for check in checks if not check.ok]
    there = {check.name for check in checks}
    expected: set[str] = set()
    for each in said:
        if "imported" in each:
            expected.add(each["imported"])
        expected.discard(each.get("removing", ""))
        if "operator" in each:
            operator = each["operator"]
            if int(services.settings.text("operator").split()[-1]) < operator:
                found.append(f"the settings forgot operator {operator}")
    return found + [f"package {name} is gone" for name in expected - there]
