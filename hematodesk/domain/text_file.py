"""Writes text files atomically, with failures as ExportError."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from hematodesk.domain import files
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
def replacing(target: Path, *, encoding: str = "utf-8", newline: str = "\n") -> Iterator[IO[str]]:
    """A text stream that replaces `target` when the block succeeds, and is discarded otherwise.

    Lone surrogates, from file names that are not UTF-8, become U+FFFD: one such name must not
    keep a whole history from being exported.

    A target that is no ordinary file (a device, a pipe) is written to directly.

    Raises ExportError (export_unwritable) when the file or its folder cannot be written.
    """
    with worded(target):
        if target.exists() and not target.is_file() and not target.is_dir():
            with target.open("w", encoding=encoding, errors=MARKED, newline=newline) as direct:
                yield direct
            return
        with files.replacing(target, files.Rights.USUAL) as raw:
            stream = io.TextIOWrapper(raw, encoding=encoding, errors=MARKED, newline=newline)
            try:
                yield stream
                stream.flush()
            finally:
                # Collecting the wrapper must not close the stream below.
                stream.detach()


@contextmanager
def replacing_bytes(target: Path) -> Iterator[IO[bytes]]:
    """A stream of bytes that replaces `target` when the block succeeds, and is discarded otherwise.

    Raises ExportError (export_unwritable).
    """
    with worded(target), files.replacing(target, files.Rights.USUAL) as stream:
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
