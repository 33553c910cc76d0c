"""The self-test: what works on this computer and what does not, with remedies for an IT department."""

from __future__ import annotations

import contextlib
import platform
import shutil
import struct
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hematodesk import __version__
from hematodesk.domain.cells import ImageResult, ImageStatus
from hematodesk.domain.errors import HematodeskError
from hematodesk.domain.files import is_shared, new_folder_within
from hematodesk.domain.operators import Operator
from hematodesk.domain.words import number_of
from hematodesk.workflow.analysis.samples import read_samples
from hematodesk.workflow.system.policy import Policy, writable_by_user
from hematodesk.workflow.system.versions import library_versions

if TYPE_CHECKING:
    from hematodesk.storage.history import History
    from hematodesk.workflow.models.model_service import LoadedModel
    from hematodesk.workflow.services import Services

ENOUGH_DISK_BYTES = 1024**3
"""Below this the self-test warns: 100,000 analysed images take about a gigabyte of history."""

NEEDED_DISK_BYTES = 64 * 1024**2
"""Below this a single sitting may fill the disk."""

MODEL_CHECKS = frozenset({"models", "provider", "known image"})
"""Checks without which no image can be classified."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    Attributes:
        name: what was checked.
        ok: whether it is fine.
        detail: what was found, one or two sentences.
        remedy: what to do when it is not fine, or what to know when it is; may be empty.
        code: the error's code when it is not fine.
    """

    name: str
    ok: bool
    detail: str
    remedy: str = ""
    code: str = ""


_SLIDE_LIMITS = {"files": "no other file opened", "descriptors": "few files open"}
"""Where the limits of a slide's reader, which opens its slide itself, are others than a decoder's."""

_SLIDE_GREY = 128
_AGAIN = "Install the program again."
_OPEN_READER = (
    "This system cannot hold the reader of slides to the slide alone: one made to do harm could read other "
    "files, though send them nowhere. The policy file can forbid slides."
)

_LIMITS = {
    "system_calls": "a filter of system calls",
    "files": "no file opened",
    "memory": "memory",
    "processor_time": "processor time",
    "file_writing": "no file written",
    "descriptors": "nothing opened",
    "processes": "no process started",
    "core_dumps": "no memory image left",
    "parent": "an end with the program",
}


def run_self_test(services: Services, provider: str | None = None) -> Iterator[Check]:
    """Run all checks in order; each is yielded as soon as it is done.

    Checks: program, policy (where the administrator has set one), data folder, disk space, decoder, whole
    slides (unless they are not allowed), models, provider, known image, settings, history, history writing.
    Nothing of a person's data is changed.
    """
    yield _program()
    if services.policy.file is not None:
        yield _policy(services.policy, services.policy.file)
    folder = _guarded("data folder", lambda: _data_folder(services))
    yield folder
    if folder.ok:
        yield _guarded("disk space", lambda: _disk_space(services.paths.data))
    yield _guarded("decoder", lambda: _decoder(services))
    if services.policy.slides:
        yield _guarded("whole slides", lambda: _whole_slides(services))
    yield _guarded("models", lambda: _models(services))
    loaded: list[LoadedModel] = []
    yield _guarded("provider", lambda: _provider(services, provider, loaded))
    if loaded:
        yield _guarded("known image", lambda: _known_image(services, loaded[0]))
    yield _settings(services)
    if folder.ok:
        yield _guarded("history", lambda: _history(services))
        yield _guarded("history writing", lambda: _history_writing(services))


def _guarded(name: str, look: Callable[[], Check]) -> Check:
    """Run a check whose fault becomes its outcome."""
    try:
        return look()
    except HematodeskError as error:
        return Check(name, False, error.message, error.remedy, error.code)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return Check(name, False, f"The system refused: {reason}.", "Check access rights.", "system")


def _program() -> Check:
    versions = [f"hematodesk {__version__}", f"Python {platform.python_version()}"]
    missing = []
    for library, version in library_versions():
        if version:
            versions.append(f"{library} {version}")
        # A frozen program carries no such list; one that lacks a library would not have started.
        elif not getattr(sys, "frozen", False):
            missing.append(library)
    detail = f"{', '.join(versions)}; {platform.system()} {platform.release()} {platform.machine()}."
    if missing:
        return Check(
            "program",
            False,
            f"{detail} Missing: {', '.join(missing)}.",
            "Install the program again.",
            "library_missing",
        )
    return Check("program", True, detail)


def _policy(policy: Policy, file: Path) -> Check:
    followed = f"{file} is followed: {policy.in_words()}."
    if not writable_by_user(file):
        return Check("policy", True, followed)
    return Check(
        "policy",
        True,
        followed,
        "But whoever works here can change it, or put another in its place: have the administrator take "
        "users' right to write to the file and its folder.",
    )


def _data_folder(services: Services) -> Check:
    paths = services.paths
    paths.prepare()
    with tempfile.NamedTemporaryFile(dir=paths.data, prefix=".self-test-") as probe:
        probe.write(b"hematodesk")
        probe.flush()
    words = f"{paths.data} can be written{' (portable)' if paths.portable else ''}."
    if is_shared(paths.data):
        words += " It belongs to somebody else or is shared with others: its rights stay as they are."
    return Check("data folder", True, words)


def _disk_space(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    detail = f"{free / 1024**3:.1f} GB free."
    if free < NEEDED_DISK_BYTES:
        return Check("disk space", False, detail, "Free space on the data folder's disk.", "disk_full")
    remedy = "Space runs low: free some before long." if free < ENOUGH_DISK_BYTES else ""
    return Check("disk space", True, detail, remedy)


def _decoder(services: Services) -> Check:
    in_force = services.reader.limits_in_force()
    if not in_force:
        return Check("decoder", True, "Images are decoded; the system sets no limits on that here.")
    words = ", ".join(_LIMITS[name] for name in in_force)
    return Check("decoder", True, f"Images are decoded in processes of their own, with limits: {words}.")


def _whole_slides(services: Services) -> Check:
    """Read a small slide that is written for it, and say what confines its reader."""
    with tempfile.TemporaryDirectory(prefix="hematodesk-self-test-") as folder:
        slide = Path(folder) / "slide.tif"
        slide.write_bytes(_small_slide())
        info = services.slides.info(slide)
        pixels = services.slides.region(slide, 0, 0, 0, info.width, info.height)
        in_force = services.slides.limits_in_force(slide)
    detail = f"OpenSlide {info.version}"
    if not (pixels == _SLIDE_GREY).all():
        return Check("whole slides", False, f"{detail} reads a known slide wrong.", _AGAIN, "wrong_answer")
    words = ", ".join((_LIMITS | _SLIDE_LIMITS)[name] for name in in_force)
    detail += f", confined by: {words}." if words else "; the system sets no limits on it here."
    if "files" in in_force:
        return Check("whole slides", True, detail)
    return Check("whole slides", True, detail, _OPEN_READER)


def _small_slide() -> bytes:
    """A grey TIFF of one tile, which OpenSlide reads as a slide."""
    side = 64
    place = 8 + 2 + 12 * 11 + 4
    bits, data = place, place + 6
    tags = [
        *((256, 4, 1, side), (257, 4, 1, side), (258, 3, 3, bits), (259, 3, 1, 1), (262, 3, 1, 2)),
        *((277, 3, 1, 3), (284, 3, 1, 1), (322, 4, 1, side), (323, 4, 1, side)),
        *((324, 4, 1, data), (325, 4, 1, 3 * side * side)),
    ]
    made = struct.pack("<2sHIH", b"II", 42, 8, len(tags))
    made += b"".join(struct.pack("<HHII", *each) for each in tags) + struct.pack("<IHHH", 0, 8, 8, 8)
    return made + bytes([_SLIDE_GREY]) * (3 * side * side)


def _models(services: Services) -> Check:
    checks = services.models.store.verify()
    # What the administrator has forbidden is as it should be: whether the rest suffices, the provider's
    # check says.
    barred = [check for check in checks if check.error is not None and check.whole]
    broken = [check for check in checks if not check.whole]
    good = ", ".join(f"{check.name} {check.version}" for check in checks if check.error is None)
    if not any(check.shipped for check in checks):
        words = f"No model came with the program; imported: {good}." if good else "There is no model."
        return Check("models", False, words, "Install the program again.", "model_not_found")
    if broken:
        first = broken[0].error
        assert first is not None, "broken ones carry their error"
        words = " ".join(check.error.message for check in broken if check.error is not None)
        return Check("models", False, words, first.remedy, first.code)
    told = [f"Whole and as shipped or imported: {good}."] if good else []
    if barred:
        names = ", ".join(f"{check.name} {check.version}" for check in barred)
        told.append(f"Not allowed by the administrator: {names}.")
    return Check("models", True, " ".join(told))


def _provider(services: Services, provider: str | None, loaded: list[LoadedModel]) -> Check:
    model = services.models.load(provider=provider)
    loaded.append(model)
    words = f"{model.package.name} {model.package.version} runs on {model.active}"
    detail = f"{words} (asked for: {model.requested})."
    if model.model_fault is not None:
        fault = model.model_fault
        if fault.code == "not_allowed":
            return Check("provider", True, detail, f"{fault.message} {fault.remedy}")
        return Check("provider", False, f"{fault.message} {detail}", fault.remedy, fault.code)
    return Check("provider", True, detail, model.provider_reason)


def _known_image(services: Services, loaded: LoadedModel) -> Check:
    """Classify the samples whose class is known; most must be right.

    Not all: the samples are drawings, and packages are made for photographs.
    """
    name = "known image"
    known = [sample for sample in read_samples(services.paths.samples) if sample.class_id is not None]
    if not known:
        return Check(
            name, False, "The sample images are missing.", "Install the program again.", "samples_missing"
        )
    asked = [sample for sample in known if sample.class_id in loaded.package.class_ids]
    if not asked:
        return Check(name, True, "This model has none of the samples' classes; nothing was compared.")
    analyser = services.analyser(loaded)
    results = [analyser.analyse(sample.path).result for sample in asked]
    for result in results:
        if result.fault is not None:
            return Check(name, False, result.fault.message, result.fault.remedy, result.fault.code)
    right = sum(
        sample.class_id in [cell.label for cell in result.cells]
        for sample, result in zip(asked, results, strict=True)
    )
    slowest = max(result.elapsed_ms for result in results)
    detail = f"{right} of {len(asked)} samples named as they are known, {slowest:.0f} ms at most."
    if 2 * right <= len(asked):
        return Check(
            name, False, detail, "Choose another provider or model, or install again.", "wrong_answer"
        )
    return Check(name, True, detail)


def _settings(services: Services) -> Check:
    notices = services.settings.notices
    if notices:
        return Check(
            "settings", False, " ".join(notices), "Set them again in the settings.", "settings_damaged"
        )
    return Check("settings", True, "The settings can be read.")


def _history(services: Services) -> Check:
    path = services.paths.history_file
    if not path.exists():
        return Check("history", True, "There is no history yet; it begins with the first image.")
    history = services.open_history()
    problems = history.check()
    if problems:
        return Check(
            "history",
            False,
            " ".join(problems[:5]),
            "Repair it (`hematodesk history repair`) or restore a backup; the file as it is will be kept.",
            "history_damaged",
        )
    size = path.stat().st_size / 1024**2
    images, sessions = history.count(), len(history.sessions())
    detail = f"{number_of(images, 'image')} in {number_of(sessions, 'session')}, whole; {size:.1f} MB."
    if history.read_only:
        return Check(
            "history",
            False,
            f"{detail} It can only be read.",
            "Allow writing to the data folder and the files in it.",
            "history_unwritable",
        )
    slow = "It lies on a network drive: a local folder is quicker and safer." if history.on_network else ""
    return Check("history", True, detail, slow)


def _history_writing(services: Services) -> Check:
    """Write, read back and delete in a separate history beside the real one."""
    with new_folder_within(services.paths.data) as folder:
        history = services.open_scratch_history(folder / "history.sqlite3")
        with contextlib.closing(history):
            wrong = _written_and_read(history)
    if wrong:
        return Check("history writing", False, wrong, "Check the disk.", "history_damaged")
    return Check("history writing", True, "A result was written, read back and removed.")


def _written_and_read(history: History) -> str:
    given = ImageResult("self-test", "", "0" * 64, 640, 480, ImageStatus.NO_CELL)
    session = history.begin_session(Operator.named("self-test"))
    saved = history.save_result(session, given)
    back = history.image(saved.id).result
    if replace(back, thumbnail=given.thumbnail) != given:
        return "What was read back is not what was written."
    problems = history.check()
    return " ".join(problems)
