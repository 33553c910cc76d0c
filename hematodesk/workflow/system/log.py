"""The log: events as codes with numbers, never texts that could hold a person's name or path."""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import logging.handlers
import re
from io import TextIOWrapper
from pathlib import Path
from typing import IO

from hematodesk.domain.files import create_private, make_folder
from hematodesk.workflow.system.paths import AppPaths

_ROOT = "hematodesk"
_MAX_BYTES = 512 * 1024
_BACKUPS = 3
_SAFE = re.compile(r"[\w.+=:@<>()\[\] -]{0,2000}", re.ASCII)

_log = logging.getLogger(_ROOT)


class _CrashFile:
    """The open file that faulthandler writes to; it must stay open as long as the program runs."""

    stream: IO[bytes] | None = None


class _LogFile(logging.handlers.RotatingFileHandler):
    def _open(self) -> TextIOWrapper:
        """For the owner alone, also after the files were turned over."""
        create_private(Path(self.baseFilename))
        return super()._open()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is of logging
        """A full disk: the program goes on without these lines; logging's own way prints paths."""


def log_event(event: str, /, **facts: str | int | float | bool) -> None:
    """Write one event: its snake_case name, and facts that are codes, counts, versions or times."""
    words = (f"{key}={_plain(value)}" for key, value in facts.items())
    _log.info("%s", " ".join([event, *words]))


def log_bug(code: str, trace: str) -> None:
    """Write a bug with the code lines it passed through (see faults.code_trace)."""
    _log.error("%s %s", code, trace)


def start_log(paths: AppPaths) -> None:
    """Log to the data folder from now on; without write access the program goes on without a log.

    The files rotate, so the log never grows beyond two megabytes. Native crashes leave the code
    lines of all threads in the crash file.
    """
    stop_log()
    try:
        make_folder(paths.data)
        handler = _LogFile(
            paths.log_file, maxBytes=_MAX_BYTES, backupCount=_BACKUPS, encoding="utf-8", delay=True
        )
        create_private(paths.crash_file)
        _CrashFile.stream = paths.crash_file.open("ab")
    except OSError:
        return
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    handler.addFilter(_only_plain)
    _log.addHandler(handler)
    _log.setLevel(logging.INFO)
    _log.propagate = False
    faulthandler.enable(_CrashFile.stream)


def stop_log() -> None:
    """Close the log's files."""
    for handler in list(_log.handlers):
        _log.removeHandler(handler)
        with contextlib.suppress(OSError):
            handler.close()
    if _CrashFile.stream is not None:
        faulthandler.disable()
        with contextlib.suppress(OSError):
            _CrashFile.stream.close()
        _CrashFile.stream = None


def _only_plain(record: logging.LogRecord) -> bool:
    """Keep a record whose arguments are plain; of any other only its place in the code is written."""
    record.exc_info = record.exc_text = record.stack_info = None
    if not _SAFE.fullmatch(record.getMessage()):
        record.msg, record.args = "withheld %s:%d", (record.module, record.lineno)
    return True


def _plain(value: str | int | float | bool) -> str:
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    return text if _SAFE.fullmatch(text) else "withheld"
