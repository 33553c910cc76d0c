"""Shared by the commands: exit codes, and messages on standard error."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from hematodesk.domain.errors import HematodeskError

if TYPE_CHECKING:
    from hematodesk.workflow.services import Services

OK, SOME_FAILED, USAGE, NO_MODEL, STOPPED, READER_GONE = 0, 1, 2, 3, 130, 141


def say(words: str) -> None:
    """Print one line on standard error, if there is one."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(words + "\n")
            sys.stderr.flush()


def complain(error: HematodeskError) -> None:
    say(f"hematodesk: {error.message} {error.remedy} [{error.code}]")


@contextlib.contextmanager
def shown_progress() -> Iterator[Callable[[int, int], None]]:
    """Show the progress on standard error."""
    from hematodesk.cli.output import ProgressLine

    line = ProgressLine(sys.stderr)
    try:
        yield lambda done, total: line.say(f"{done} of {total}")
    finally:
        line.clear()


def with_history(options: argparse.Namespace) -> Services:
    """The services with the history open. Raises HistoryError, also when there is none yet."""
    from hematodesk.bootstrap import build

    services = build(options.data_dir)
    services.open_history(must_exist=True)
    return services
