"""Files that are either whole or not there: written beside, synced, then put in place."""

from __future__ import annotations

import codecs
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from hematodesk.domain.errors import ExportError

_MARKED = "hematodesk-marked"


def _mark(error: UnicodeError) -> tuple[bytes, int]:
    """U+FFFD for each letter that UTF-8 cannot write."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "\ufffd".encode() * (error.end - error.start), error.end


codecs.register_error(_MARKED, _mark)


@contextmanager
def replacing(target: Path, *, encoding: str = "utf-8", newline: str = "\n") -> Iterator[IO[str]]:
    """A text stream that becomes `target` when the block ends well, and vanishes when it doesn't.

    Half characters, which names of files that are no UTF-8 are made of, become U+FFFD: one such
    name must not keep a whole history from being exported.

    A target that is no ordinary file (a device, a pipe) is written to directly.

    Raises ExportError (export_unwritable) when the file or its folder cannot be written.
    """
    beside: Path | None = None
    try:
        if target.exists() and not target.is_file() and not target.is_dir():
            with target.open("w", encoding=encoding, errors=_MARKED, newline=newline) as direct:
                yield direct
            return
        handle, beside_name = tempfile.mkstemp(dir=target.parent, prefix=".hematodesk-", suffix=".part")
        beside = Path(beside_name)
        with os.fdopen(handle, "w", encoding=encoding, errors=_MARKED, newline=newline) as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        _give_usual_rights(beside, target)
        beside.replace(target)
        beside = None
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ExportError(
            "export_unwritable",
            f"“{target.name}” cannot be written: {error.strerror or error}.",
            "Close the file in other programs, or choose another folder.",
        ) from None
    finally:
        if beside is not None:
            beside.unlink(missing_ok=True)


def _give_usual_rights(beside: Path, target: Path) -> None:
    """Temporary files are private; the export gets the rights of the file it replaces or the usual ones."""
    if target.exists():
        beside.chmod(target.stat().st_mode & 0o777)
    else:
        mask = os.umask(0)
        os.umask(mask)
        beside.chmod(0o666 & ~mask)
