"""Every code of an error is raised once, as the program raises it, in words that can be translated."""

from __future__ import annotations

import ast
import errno
import io
import json
import os
import re
import shutil
import signal
import sqlite3
import struct
import sys
import xml.etree.ElementTree as ElementTree
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import onnx
import pytest
from onnx import helper

from hematodesk.bootstrap import build
from hematodesk.child import launch
from hematodesk.cli import display
from hematodesk.cli.history_commands import restore
from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.cells import Fault, ImageResult, ImageStatus
from hematodesk.domain.errors import HematodeskError
from hematodesk.domain.history import HistoryFilter, RunOptions, RunState
from hematodesk.domain.messages import Message
from hematodesk.domain.packages import ModelPackage
from hematodesk.domain.slide_regions import SlideRegion
from hematodesk.domain.text_file import replacing
from hematodesk.imaging import capture
from hematodesk.imaging.decoder_pool import DecoderPool
from hematodesk.imaging.decoder_worker import WorkerLimits
from hematodesk.imaging.reader import LocalReader
from hematodesk.imaging.slide_pool import SlidePool
from hematodesk.imaging.slide_reader import SlideReader
from hematodesk.inference.confined import ConfinedModel
from hematodesk.inference.head import read_head
from hematodesk.inference.model_process import ModelLimits
from hematodesk.inference.package import parse_package, read_model_bytes, read_package
from hematodesk.inference.provider import open_bytes, open_session
from hematodesk.inference.store import PackageStore
from hematodesk.inference.trial import ModelTrial
from hematodesk.inference.verdicts import Verdicts
from hematodesk.reporting.json_import import read_contents
from hematodesk.storage import backups, maintenance
from hematodesk.storage.history import History
from hematodesk.workflow.analysis.analyser import open_image
from hematodesk.workflow.analysis.pipeline import _with_bug
from hematodesk.workflow.analysis.run_recorder import RunRecorder
from hematodesk.workflow.analysis.slide_scan import plan_scan
from hematodesk.workflow.analysis.sources import Picture, keep_picture, reopen
from hematodesk.workflow.exports.class_folders import FolderOptions, FolderWriter
from hematodesk.workflow.exports.export import ExportRequest, run_export
from hematodesk.workflow.exports.history_import import _import_lock, import_history
from hematodesk.workflow.models.adaptation import parent_of
from hematodesk.workflow.models.reviewed_cells import require_enough
from hematodesk.workflow.services import Services
from hematodesk.workflow.system.policy import Policy, read_policy
from tests.slides import write_huge_svs, write_svs

ROOT = Path(__file__).parents[2]
SPANISH = ROOT / "resources" / "translations" / "hematodesk_es.ts"

GREY = np.full((48, 64, 3), 128, np.uint8)
PNG = bytes(cv2.imencode(".png", GREY)[1])


class World:
    """What the ways below go through: a folder, a package, the program's services."""

    def __init__(
        self, folder: Path, patch: pytest.MonkeyPatch, make_package: Callable[..., bytes], services: Services
    ) -> None:
        self.folder, self.patch, self.make_package, self.services = folder, patch, make_package, services

    def file(self, name: str, data: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path

    def read(self, data: bytes) -> object:
        return LocalReader().read(self.file("smear.png", data))

    def package(self, **changes: Any) -> bytes:
        """The small package with fields of its manifest changed."""
        model = onnx.load_from_string(self.make_package())
        manifest = json.loads(model.metadata_props[0].value)
        helper.set_model_props(model, {"hematodesk": json.dumps(manifest | changes)})
        return bytes(model.SerializeToString())

    def known(self, data: bytes | None = None) -> ModelPackage:
        data = data or self.make_package()
        return parse_package(data, self.file("tiny.onnx", data))

    def store(self) -> PackageStore:
        return PackageStore(self.folder / "shipped", self.folder / "models", lambda data, package: None)

    @property
    def history_file(self) -> Path:
        return self.folder / "history.sqlite3"

    def history(self) -> History:
        return History.open(self.history_file)

    def child(self, *command: str) -> None:
        self.patch.setattr(launch, "child_command", lambda kind, arguments: [sys.executable, *command])

    def full(self, where: str) -> None:
        def refuse(*_given: object, **_more: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        self.patch.setattr(where, refuse)


@pytest.fixture
def world(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package_bytes: Callable[..., bytes]
) -> Iterator[World]:
    services = build(tmp_path / "data")
    yield World(tmp_path, monkeypatch, package_bytes, services)
    services.close()


WAYS: dict[str, Callable[[World], object]] = {}


def way(code: str) -> Callable[[Callable[[World], object]], Callable[[World], object]]:
    """The function raises, or gives, the error of that code."""

    def take(function: Callable[[World], object]) -> Callable[[World], object]:
        assert code not in WAYS, code
        WAYS[code] = function
        return function

    return take


# Images


def png_of(width: int, height: int) -> bytes:
    """A PNG that claims a size; its pixels are none."""
    chunks = (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", b""), (b"IEND", b"")
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


@way("file_empty")
def _(world: World) -> object:
    return world.read(b"")


@way("file_not_found")
def _(world: World) -> object:
    return LocalReader().read(world.folder / "gone.png")


@way("file_unreadable")
def _(world: World) -> object:
    return LocalReader().read(world.folder)


@way("file_too_large")
def _(world: World) -> object:
    world.patch.setattr("hematodesk.domain.limits.MAX_FILE_BYTES", 10)
    return world.read(PNG)


@way("not_an_image")
def _(world: World) -> object:
    return world.read(b"words and no picture")


@way("format_unsupported")
def _(world: World) -> object:
    return world.read(b"%PDF-1.7" + bytes(64))


@way("image_truncated")
def _(world: World) -> object:
    return world.read(PNG[:-20])


@way("image_damaged")
def _(world: World) -> object:
    return world.read(PNG[:20] + b"\xff" + PNG[21:])


@way("image_too_small")
def _(world: World) -> object:
    return world.read(png_of(4, 4))


@way("page_not_there")
def _(world: World) -> object:
    return LocalReader().decode(PNG, "smear.png", page=2)


@way("image_too_large")
def _(world: World) -> object:
    return world.read(png_of(300_000, 300_000))


@way("image_decoder_failed")
def _(world: World) -> object:
    return decoded_by(world, "decoder_child.decode_pixels = lambda *given, **more: sys._exit(0)")


@way("image_decoder_missing")
def _(world: World) -> object:
    world.child("-c", "pass")
    with closing(DecoderPool(1)) as pool:
        return pool.decode(PNG, "smear.png")


@way("image_decoder_stuck")
def _(world: World) -> object:
    return decoded_by(world, "decoder_child.decode_pixels = hang", WorkerLimits(patience_s=0.5))


def decoded_by(world: World, evil: str, limits: WorkerLimits | None = None) -> object:
    """What becomes of an image whose decoder does something else."""
    modules = [str(ROOT), *(path for path in sys.path if path)]
    code = (
        f"import sys; sys.path[:] = {modules!r}\n"
        "from hematodesk.imaging import decoder_child\n"
        "real = decoder_child.decode_pixels\n"
        "def hang(data, name, **more):\n"
        "    while name:\n        pass\n"
        "    return real(data, name, **more)\n"
        "def die(data, name, **more):\n"
        "    import os\n"
        "    return os._exit(3) if name else real(data, name, **more)\n"
        f"{evil.replace('lambda *given, **more: sys._exit(0)', 'die')}\n"
        "sys.exit(decoder_child.main(sys.argv[1:]))"
    )
    world.patch.setattr(
        launch,
        "child_command",
        lambda kind, arguments: [sys.executable, "-I", "-S", "-c", code, *arguments],
    )
    with closing(DecoderPool(1, limits=limits or WorkerLimits())) as pool:
        return pool.decode(PNG, "smear.png")


@way("image_changed")
def _(world: World) -> object:
    path = world.file("smear.png", PNG)
    result = ImageResult("smear.png", str(path), "00" * 32, 64, 48, ImageStatus.NO_CELL)
    return reopen(result, LocalReader())


@way("path_unknown")
def _(world: World) -> object:
    return reopen(ImageResult("pasted", "", "00" * 32, 64, 48, ImageStatus.NO_CELL), LocalReader())


@way("picture_unwritable")
def _(world: World) -> object:
    return keep_picture(Picture(PNG, "pasted"), world.file("no folder", b"") / "pictures")


@way("out_of_memory")
def _(world: World) -> object:
    def refuse(*_given: object) -> None:
        raise MemoryError

    world.patch.setattr("hematodesk.imaging.reader.read_image", refuse)
    return open_image(world.file("smear.png", PNG)).fault


@way("internal_error")
def _(world: World) -> object:
    return _with_bug(open_image(world.file("smear.png", PNG))).fault


# Whole slides


def slide_of(world: World) -> Path:
    """A drawn slide that is small."""
    return write_svs(world.folder / "S-1.svs", np.full((512, 512, 3), 200, np.uint8))


def slide_read(world: World, path: Path) -> object:
    with closing(SlideReader(LocalReader(), SlidePool())) as reader:
        return reader.read(path)


@way("whole_slide")
def _(world: World) -> object:
    world.patch.setattr("hematodesk.domain.limits.MAX_PIXELS", 100_000)
    return slide_read(world, slide_of(world))


@way("slide_incomplete")
def _(world: World) -> object:
    return slide_read(world, world.file("S-1.mrxs", PNG))


@way("slide_preview")
def _(world: World) -> object:
    (world.folder / "S-1").mkdir()
    world.file("S-1/Slidedat.ini", b"")
    return slide_read(world, world.file("S-1.png", PNG))


@way("slide_no_overview")
def _(world: World) -> object:
    slide = write_huge_svs(world.folder / "S-1.svs", 20_000, 20_000, levels=1)
    with closing(SlidePool()) as pool:
        return pool.overview(slide, 1_000)


@way("region_outside")
def _(world: World) -> object:
    with closing(SlidePool()) as pool:
        return plan_scan(pool, slide_of(world), SlideRegion(9_999, 0))


# Cameras


class Device:
    """A camera, open or not, that gives no picture."""

    def __init__(self, opened: bool) -> None:
        self._opened = opened

    def isOpened(self) -> bool:
        return self._opened

    def set(self, _property: int, _value: float) -> bool:
        return True

    def read(self) -> tuple[bool, Any]:
        return False, None

    def release(self) -> None:
        """Nothing is held."""


@way("camera_absent")
def _(world: World) -> object:
    world.patch.setattr(capture.cv2, "VideoCapture", lambda _index, _backend: Device(False))
    return capture.open_camera(3)


@way("camera_lost")
def _(world: World) -> object:
    world.patch.setattr(capture.cv2, "VideoCapture", lambda _index, _backend: Device(True))
    world.patch.setattr(capture, "_PATIENCE_S", 0.1)
    return capture.open_camera(0).read()


@way("video_unreadable")
def _(world: World) -> object:
    return capture.open_video(world.file("cells.avi", b"no video"), LocalReader())


# Models


@way("model_not_found")
def _(world: World) -> object:
    return read_model_bytes(world.folder / "gone.onnx")


@way("model_unreadable")
def _(world: World) -> object:
    return read_model_bytes(world.folder)


@way("model_too_large")
def _(world: World) -> object:
    world.patch.setattr("hematodesk.inference.package.MAX_MODEL_BYTES", 10)
    return read_package(world.file("m.onnx", world.make_package()))


@way("model_damaged")
def _(world: World) -> object:
    return world.known(b"\xff" * 64)


@way("external_data")
def _(world: World) -> object:
    model = onnx.load_from_string(world.make_package())
    model.graph.initializer[0].data_location = onnx.TensorProto.EXTERNAL
    return world.known(model.SerializeToString())


@way("model_foreign")
def _(world: World) -> object:
    return read_package(world.file("model.h5", b"\x89HDF\r\n\x1a\n" + bytes(100)))


@way("manifest_missing")
def _(world: World) -> object:
    model = onnx.load_from_string(world.make_package())
    del model.metadata_props[:]
    return world.known(model.SerializeToString())


@way("manifest_invalid")
def _(world: World) -> object:
    return world.known(world.package(version="new"))


@way("outputs_mismatch")
def _(world: World) -> object:
    outputs = {"scores": "elsewhere", "kind": "logits", "activation_map": None, "embedding": None}
    return world.known(world.package(outputs=outputs))


@way("model_unsupported")
def _(world: World) -> object:
    model = onnx.load_from_string(world.make_package())
    model.graph.node[0].op_type = "Unheard"
    data = bytes(model.SerializeToString())
    return open_bytes(data, world.known(data))


@way("digest_mismatch")
def _(world: World) -> object:
    package = world.known()
    package.path.write_bytes(world.make_package() + b"\0")
    return open_session(package, "cpu")


@way("provider_unavailable")
def _(world: World) -> object:
    runtime: Any = SimpleNamespace(available_providers=lambda: [])
    return open_session(world.known(), "cpu", runtime=runtime)


@way("model_exists")
def _(world: World) -> object:
    store = world.store()
    store.import_bytes(world.make_package(), Path("a.onnx"))
    return store.import_bytes(world.make_package(favourite="monocyte"), Path("b.onnx"))


@way("model_ambiguous")
def _(world: World) -> object:
    store = world.store()
    for version in ("1.0.0", "2.0.0"):
        store.import_bytes(world.make_package(version=version), Path("a.onnx"))
    store.remove("tiny")
    return None


@way("model_shipped")
def _(world: World) -> object:
    world.services.models.store.remove(world.services.models.default().name)
    return None


@way("models_unwritable")
def _(world: World) -> object:
    world.file("models", b"")
    return world.store().import_bytes(world.make_package(), Path("a.onnx"))


@way("model_missing")
def _(world: World) -> object:
    return world.services.models.awaited(CancelToken())


@way("model_trial_failed")
def _(world: World) -> object:
    world.child("-c", "pass")
    ModelTrial(Verdicts(None, "")).check(world.known())
    return None


@way("model_trial_stuck")
def _(world: World) -> object:
    world.child("-c", "while True: pass")
    ModelTrial(Verdicts(None, ""), limits=ModelLimits(start_s=0.5)).check(world.known())
    return None


@way("model_trial_missing")
def _(world: World) -> object:
    world.patch.setattr(launch, "child_command", lambda kind, arguments: ["/no/such/program"])
    ModelTrial(Verdicts(None, "")).check(world.known())
    return None


def confined_run(world: World, signal_name: str) -> object:
    """A run of a foreign model whose process gets a signal, which ends or stops it."""
    data = world.make_package()
    package = world.known(data)
    model = ConfinedModel(data, package, ModelLimits(run_s=0.3, threads=1))
    spec = package.manifest.input
    tensor = np.zeros((1, spec.height, spec.width, 3), np.float32)
    try:
        model._idle[0]._process.send_signal(getattr(signal, signal_name))
        return model.run([package.manifest.outputs.scores], tensor, None, sparing=False)
    finally:
        model.close()


@way("model_run_failed")
def _(world: World) -> object:
    return confined_run(world, "SIGKILL")


@way("model_run_stuck")
def _(world: World) -> object:
    return confined_run(world, "SIGSTOP")


@way("model_given_up")
def _(world: World) -> object:
    data = world.make_package()
    package = world.known(data)
    model = ConfinedModel(data, package, ModelLimits(threads=1))
    model._failures = 3
    try:
        return model.run([package.manifest.outputs.scores], np.zeros((1, 16, 16, 3)), None, sparing=False)
    finally:
        model.close()


@way("head_missing")
def _(world: World) -> object:
    return read_head(world.make_package(), world.known().manifest, "tiny")


@way("head_unknown")
def _(world: World) -> object:
    outputs = {"scores": "logits", "kind": "logits", "activation_map": None, "embedding": "means"}
    model = onnx.load_from_string(world.package(outputs=outputs))
    model.graph.output.append(helper.make_tensor_value_info("means", onnx.TensorProto.FLOAT, ["N", 3]))
    model.graph.node[1].output[0] = "bent"
    model.graph.node.append(helper.make_node("Tanh", ["bent"], ["logits"]))
    data = bytes(model.SerializeToString())
    return read_head(data, world.known(data).manifest, "tiny")


@way("adapt_too_few")
def _(world: World) -> object:
    require_enough(())
    return None


@way("adapt_parent_missing")
def _(world: World) -> object:
    package = world.known(world.package(name="tiny-lab"))
    made = replace(package.manifest.provenance, parent_sha256="00" * 32)
    return parent_of(
        world.services.models, replace(package, manifest=replace(package.manifest, provenance=made))
    )


# The history


@way("history_closed")
def _(world: World) -> object:
    history = world.history()
    history.close()
    return history.count()


@way("history_missing")
def _(world: World) -> object:
    with closing(world.history()) as history:
        history.set_image_note(77, "x")
    return None


@way("history_foreign")
def _(world: World) -> object:
    with closing(sqlite3.connect(world.history_file)) as connection:
        connection.execute("CREATE TABLE theirs (a)")
    return world.history()


@way("history_newer")
def _(world: World) -> object:
    world.history().close()
    with closing(sqlite3.connect(world.history_file)) as connection:
        connection.execute("PRAGMA user_version = 99")
    return world.history()


@way("history_damaged")
def _(world: World) -> object:
    world.file("history.sqlite3", b"no database" * 100)
    return world.history()


@way("history_unwritable")
def _(world: World) -> object:
    return History.open(world.file("no folder", b"") / "history.sqlite3")


@way("history_full")
def _(world: World) -> object:
    with closing(world.history()) as history:
        world.patch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=0))
        return backups.BackupFolder(world.folder / "backups").make(history)


@way("history_locked")
def _(world: World) -> object:
    if sys.platform == "win32":
        pytest.skip("nobody can replace an open file there, so that there is no lock of ours")
    world.patch.setattr(maintenance, "PATIENCE_S", 0.1)
    with closing(world.history()):
        return maintenance.repair(world.history_file)


@way("history_absent")
def _(world: World) -> object:
    return maintenance.repair(world.folder / "gone.sqlite3")


@way("filter_invalid")
def _(world: World) -> object:
    with closing(world.history()) as history:
        return history.count(HistoryFilter(since="yesterday"))


@way("note_too_long")
def _(world: World) -> object:
    with closing(world.history()) as history:
        history.set_image_note(1, "x" * 1_000_000)
    return None


@way("backup_absent")
def _(world: World) -> object:
    restore(world.services, "7", io.StringIO())
    return None


@way("backup_damaged")
def _(world: World) -> object:
    return maintenance.restore(world.history_file, world.file("copy.sqlite3", b""))


@way("backup_failed")
def _(world: World) -> object:
    with closing(world.history()) as history:
        history.backup(history.path)
    return None


@way("run_held")
def _(world: World) -> object:
    services = world.services
    options = RunOptions(("/lab",), "wbc4", "1.0.0", "00" * 32)
    services.open_history()
    given: Any = (services.history, world.folder / "runs", services.session_id(), options)
    first = RunRecorder(*given)
    try:
        return RunRecorder(*given, run_id=first.id)
    finally:
        first.end(RunState.DONE, 0, 0, 0)


# Documents, exports, settings


def document(world: World, text: str) -> Path:
    return world.file("all.json", text.encode())


@way("import_unreadable")
def _(world: World) -> object:
    return read_contents(world.folder / "gone.json", lambda: None)


@way("import_not_json")
def _(world: World) -> object:
    return read_contents(document(world, '{"schema": 2, "images": [{]}'), lambda: None)


@way("import_invalid")
def _(world: World) -> object:
    return read_contents(
        document(world, '{"schema": 2, "sessions": [{"id": -1}], "images": []}'), lambda: None
    )


@way("import_newer")
def _(world: World) -> object:
    return read_contents(document(world, '{"schema": 99}'), lambda: None)


@way("import_held")
def _(world: World) -> object:
    path = document(world, '{"schema": 2, "sessions": [], "images": []}')
    with closing(world.history()) as history:
        lock = _import_lock(history)
        assert lock.take(1.0)
        try:
            return import_history(history, path, LocalReader())
        finally:
            lock.release()


def folders(world: World, target: Path) -> object:
    return FolderWriter(target, FolderOptions(), LocalReader(), None, {}).write([], None)


@way("target_not_empty")
def _(world: World) -> object:
    world.file("mine.txt", b"")
    return folders(world, world.folder)


@way("export_full")
def _(world: World) -> object:
    world.full("hematodesk.workflow.exports.class_folders.FolderWriter._write_tables")
    return folders(world, world.folder / "cells")


@way("export_unwritable")
def _(world: World) -> object:
    with replacing(world.folder / "gone" / "all.csv"):
        return None


@way("export_unsupported")
def _(world: World) -> object:
    world.services.open_history()
    return run_export(world.services, ExportRequest(world.folder / "all.pdf", "pdf"))


@way("report_too_large")
def _(world: World) -> object:
    world.services.open_history()
    world.patch.setattr("hematodesk.workflow.exports.export_writers.MAX_REPORT_IMAGES", -1)
    request = ExportRequest(world.folder / "all.pdf", "pdf")
    return run_export(world.services, request, render=lambda *_given: [])


@way("setting_unknown")
def _(world: World) -> object:
    return world.services.settings.get("colour")


@way("setting_invalid")
def _(world: World) -> object:
    world.services.settings.set("why_opacity", "much")
    return None


@way("setting_locked")
def _(world: World) -> object:
    kind = type(world.services.settings)
    kind(world.folder / "settings.json", {"provider": "cpu"}).set("provider", "cuda")
    return None


@way("settings_unwritable")
def _(world: World) -> object:
    world.full("hematodesk.workflow.system.settings.write_whole")
    world.services.settings.set("operator", "Ada")
    return None


@way("policy_invalid")
def _(world: World) -> object:
    return read_policy(world.file("policy.json", b'{"schema": 1, "exports": false}'))


@way("not_allowed")
def _(world: World) -> object:
    Policy(file=Path("/etc/hematodesk/policy.json"), export=False).require("export")
    return None


@way("data_folder_unusable")
def _(world: World) -> object:
    services = build(world.file("no folder", b"") / "data")
    services.paths.prepare()
    return None


# Without a window


@way("no_display")
def _(world: World) -> object:
    return display.why_no_window({}, "linux")


@way("display_unreachable")
def _(world: World) -> object:
    return display.why_no_window(
        {"DISPLAY": ":9"}, "linux", missing=lambda _names: [], reach_x11=lambda: False
    )


@way("system_library_missing")
def _(world: World) -> object:
    return display.why_no_window({"DISPLAY": ":9"}, "linux", missing=list)


@way("qt_missing")
def _(world: World) -> object:
    return display.qt_fault(ImportError("No module named PySide6", name="PySide6"))


# The tests


FAMILY = re.compile(r"^[A-Z]\w*Error$|^Fault$")


def codes_in_the_program() -> set[str]:
    """First arguments of all that makes an error, where they are written out; constants by their value."""
    found: set[str] = set()
    for path in sorted((ROOT / "hematodesk").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args
            if named and FAMILY.match(node.func.id) and len(node.args) > 1:
                code = node.args[0]
                if isinstance(code, ast.Constant) and isinstance(code.value, str):
                    found.add(code.value)
    return found


NO_ERRORS = {"", "unknown"}
"""Placeholders for what an older history does not say."""

NAMED_ELSEWHERE = {"model_trial_failed", "model_trial_stuck"}
"""Codes that stand in constants, since verdicts are kept under them."""


def test_every_code_has_a_way_to_be_raised() -> None:
    assert codes_in_the_program() - NO_ERRORS == WAYS.keys() - NAMED_ELSEWHERE


@pytest.fixture(scope="module")
def translated() -> set[str]:
    found: set[str] = set()
    for context in ElementTree.parse(SPANISH).getroot().iter("context"):
        # The name of a setting stands in a sentence as it stands in the dialog.
        if context.findtext("name") in ("Errors", "Settings"):
            found |= {each.findtext("source", "") for each in context.iter("message")}
    return found


@pytest.mark.parametrize("code", sorted(WAYS))
def test_every_code_is_raised_with_words_in_both_languages(code: str, world: World, translated) -> None:
    try:
        error = WAYS[code](world)
    except HematodeskError as raised:
        error = raised
    assert isinstance(error, HematodeskError | Fault)
    assert error.code == code
    for words in (error.message, error.remedy):
        assert isinstance(words, Message)
        assert set(words.templates()) <= translated
        assert not re.search(r"\{\w+\}", words)
    assert error.message
