"""Keeps the data folder to its owner: what an older version or another umask left open is closed at start."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from pathlib import Path

from hematodesk.domain.files import is_shared, sweep_left_over

_OURS = re.compile(
    r"history\..*|settings\.json.*|model-verdicts\.json|import\.lock|(hematodesk|crash)\.log.*|\.hematodesk-.*"
)
_FOLDERS = ("backups", "models", "pictures", "runs", "scratch")


def keep_private(folder: Path, *, made: bool) -> None:
    """Close the program's files in the data folder to others, and sweep what killed programs left.

    A folder of another owner, or one that is shared on purpose (see `is_shared`), stays as it is. Of a
    folder in which other things lie, too, only the program's own are touched; links are not followed.

    Args:
        made: whether the folder is new.
    """
    for each in (folder, *(folder / name for name in _FOLDERS)):
        sweep_left_over(each)
    if os.name == "nt":
        # A folder elsewhere may be several people's; there is no telling.
        if made or _within_home(folder):
            from hematodesk.workflow.system.windows_rights import restrict

            with contextlib.suppress(OSError):
                restrict(folder)
        return
    real = Path(os.path.realpath(folder))
    if is_shared(real):
        return
    if not Path.home().is_relative_to(real):
        _close(real)
    with contextlib.suppress(OSError), os.scandir(real) as entries:
        for entry in entries:
            if entry.name in _FOLDERS and entry.is_dir(follow_symlinks=False):
                _close_all(Path(entry.path))
            elif _OURS.fullmatch(entry.name):
                _close(Path(entry.path))


def _within_home(folder: Path) -> bool:
    return folder.is_relative_to(Path.home()) and folder != Path.home()


def _close_all(folder: Path) -> None:
    _close(folder)
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                _close_all(Path(entry.path))
            else:
                _close(Path(entry.path))


def _close(path: Path) -> None:
    """Take everybody else's rights to a file or folder of this user.

    Nothing is opened: closing a file that SQLite has open would lose its locks.
    """
    with contextlib.suppress(OSError):
        status = path.lstat()
        mode = stat.S_IMODE(status.st_mode)
        kept = stat.S_ISDIR(status.st_mode) or stat.S_ISREG(status.st_mode)
        if kept and status.st_uid == os.geteuid() and mode & 0o077:
            path.chmod(mode & 0o700)
