"""Replaces the history's file so that a power cut leaves the old or the new one.

The new file is completed under a temporary name; from the moment it has its waiting name it is to
replace the history, and the next one to open the history finishes the swap. The old file is kept
beside it, with its date. The caller has exclusive access.
"""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

from hematodesk.domain.files import create_private, sync_folder
from hematodesk.domain.messages import reason_of
from hematodesk.storage import faults

HELPERS = ("-wal", "-journal")
"""Suffixes of a database's helper files: rows not yet in it, or its rows before a change."""

RESTORED, REPAIRED = ".restored", ".repaired"
_KEPT_AS = {RESTORED: "before-restore", REPAIRED: "damaged"}


def waiting(path: Path) -> Path | None:
    """The complete file that is to replace the history, if there is one."""
    for ending in _KEPT_AS:
        new = path.with_name(path.name + ending)
        if new.exists():
            return new
    return None


def finish(path: Path) -> Path | None:
    """Put the waiting file in place; returns where the old one is kept, None when there was none.

    Raises HistoryError: history_unwritable, history_locked where another program has it open.
    """
    new = waiting(path)
    kept = None
    try:
        if new is not None:
            if path.exists():
                kept = _keep(path, _KEPT_AS[new.name.removeprefix(path.name)])
            for helper in (*HELPERS, "-shm"):
                path.with_name(path.name + helper).unlink(missing_ok=True)
            # The old file's log must be gone before the new file stands in its place.
            sync_folder(path.parent)
            new.replace(path)
            sync_folder(path.parent)
    except PermissionError as fault:
        if os.name == "nt":
            raise faults.in_use(path) from fault
        raise faults.unwritable(path, reason_of(fault)) from fault
    except OSError as fault:
        raise faults.unwritable(path, reason_of(fault)) from fault
    return kept


def _keep(path: Path, word: str) -> Path:
    """Hard links to the file and its helpers, or copies where the drive has no hard links."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    kept = path.with_name(f"{path.stem}.{word}.{stamp}{path.suffix}")
    for helper in ("", *HELPERS):
        source = path.with_name(path.name + helper)
        if source.exists() and (not helper or source.stat().st_size > 0):
            target = kept.with_name(kept.name + helper)
            try:
                target.hardlink_to(source)
            except OSError:
                create_private(target)
                shutil.copyfile(source, target)
                with target.open("rb+") as stream:
                    os.fsync(stream.fileno())
    sync_folder(path.parent)
    return kept
