"""Writes text files atomically, with failures as ExportError."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from hematodesk.domain import files, targets
from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.errors import ExportError
from hematodesk.domain.messages import N_, reason_of

MARKED = "hematodesk-marked"


def _mark(error: UnicodeError) -> tuple[bytes, int]:
    """U+FFFD for each letter that UTF-8 cannot write."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "\ufffd".encode() * (error.end - error.start), error.end


codecs.register_error(MARKED, _mark)


@contextmanager
def replacing(
    target: Path, *, encoding: str = "utf-8", newline: str = "\n", cancel: CancelToken | None = None
) -> Iterator[IO[str]]:
    """A text stream that replaces `target` when the block succeeds, and is discarded otherwise.

    Lone surrogates, from file names that are not UTF-8, become U+FFFD: one such name must not
    keep a whole history from being exported.

    A pipe or a device is written to directly; `targets` says what may be written to. What killed programs
    left half written in the folder is removed.

    Raises ExportError (export_unwritable), and Cancelled while a pipe is waited for.
    """
    with replacing_bytes(target, cancel) as raw:
        stream = io.TextIOWrapper(raw, encoding=encoding, errors=MARKED, newline=newline)
        try:
            yield stream
            stream.flush()
        finally:
            # Collecting the wrapper must not close the stream below.
            stream.detach()


@contextmanager
def replacing_bytes(target: Path, cancel: CancelToken | None = None) -> Iterator[IO[bytes]]:
    """The same for bytes."""
    targets.check_target(target)
    files.sweep_beside(target)
    with worded(target), files.replacing(target, files.Rights.USUAL, cancel) as stream:
        yield stream


@contextmanager
def worded(target: Path) -> Iterator[None]:
    """Turn an OSError inside the block into ExportError (export_unwritable)."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ExportError(
            "export_unwritable",
            N_("Errors", "“{name}” cannot be written: {reason}."),
            N_(
                "Errors", "Close the file in other programs, make room on the disk, or choose another folder."
            ),
            name=target.name,
            reason=reason_of(error),
        ) from None
