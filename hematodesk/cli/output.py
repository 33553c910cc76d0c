"""The command line's output: standard output, or a file that is replaced atomically."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from hematodesk.domain.cancel import CancelToken
    from hematodesk.workflow.analysis.batch import BatchProgress

_PLAIN_EVERY_S = 5.0
_STDERR = 2


class TextSink(Protocol):
    """A sink for text."""

    def write(self, text: str, /) -> object:
        """Write it."""
        ...

    def flush(self) -> object:
        """Flush it."""
        ...


class _Utf8Stream:
    """Standard output as UTF-8 with line ends as given, whatever the console's code page is."""

    def __init__(self, stream: IO[str] | None) -> None:
        self._stream = stream
        self._buffer = getattr(stream, "buffer", None)

    def write(self, text: str, /) -> None:
        if self._buffer is not None:
            self._buffer.write(text.encode("utf-8", "replace"))
        elif self._stream is not None:
            self._stream.write(text)

    def flush(self) -> None:
        if self._stream is not None:
            self._stream.flush()


def standard_output() -> TextSink:
    """Standard output; text is discarded where a program has none (a Windows desktop start)."""
    return _Utf8Stream(sys.stdout)


@contextmanager
def opened_output(
    target: Path | None, *, spreadsheet: bool = False, cancel: CancelToken | None = None
) -> Iterator[TextSink]:
    """Standard output, or a file that replaces the target when the block succeeds.

    Args:
        spreadsheet: begin a file with the byte order mark that Excel needs to know UTF-8.

    Raises ExportError (export_unwritable), and Cancelled while a pipe is waited for.
    """
    if target is None or target == Path("-"):
        stream = standard_output()
        yield stream
        stream.flush()
        return
    encoding = "utf-8-sig" if spreadsheet else "utf-8"
    from hematodesk.domain.text_file import replacing

    with replacing(target, encoding=encoding, newline="", cancel=cancel) as file:
        yield file


def silence_standard_output() -> None:
    """After the reader closed the pipe: discard the interpreter's last flush instead of failing."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


@contextmanager
def muted_codecs() -> Iterator[None]:
    """Discard what native code writes to file descriptor 2; `sys.stderr` still reaches it.

    The image codecs print warnings there (libpng on colour profiles, libjpeg on odd bytes).
    What matters is in the results. Without a usual standard error nothing is changed.
    """
    before = sys.stderr
    try:
        usual = before is not None and before.fileno() == _STDERR
        kept = os.dup(_STDERR) if usual else None
    except (OSError, ValueError, AttributeError):
        kept = None
    if kept is None:
        yield
        return
    before.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    own = os.fdopen(kept, "w", encoding=before.encoding, errors=before.errors, buffering=1)
    os.dup2(nowhere, _STDERR)
    os.close(nowhere)
    sys.stderr = own
    try:
        yield
    finally:
        sys.stderr = before
        os.dup2(kept, _STDERR)
        with contextlib.suppress(OSError):
            own.close()


class ProgressLine:
    """Progress on standard error: one line rewritten on a terminal, else a plain line now and then.

    Args:
        stream: standard error, or None where there is none.
        live: rewrite one line; by default when the stream is a terminal.
    """

    def __init__(self, stream: IO[str] | None, *, live: bool | None = None) -> None:
        self._stream = stream
        self._live = live if live is not None else bool(stream is not None and stream.isatty())
        self._width = 0
        self._last = time.monotonic()

    def show(self, progress: BatchProgress) -> None:
        """Show the progress of a batch."""
        done, total = progress.done, progress.total
        words = f"{done} of {total}" if total is not None else f"{done}"
        if progress.failed:
            words += f", {progress.failed} failed"
        if progress.rate is not None:
            words += f", {progress.rate:.0f} a second"
        if progress.seconds_left is not None and progress.seconds_left >= 1:
            words += f", {in_words(progress.seconds_left)} left"
        self.say(words)

    def say(self, words: str) -> None:
        """Show a text: at once on a terminal, else only at intervals."""
        if self._live:
            self._write("\r" + words.ljust(self._width))
            self._width = len(words)
        elif time.monotonic() - self._last >= _PLAIN_EVERY_S:
            self._last = time.monotonic()
            self._write(words + "\n")

    def clear(self) -> None:
        """Erase the rewritten line, before something else is written."""
        if self._live and self._width:
            self._write("\r" + " " * self._width + "\r")
            self._width = 0

    def _write(self, text: str) -> None:
        if self._stream is not None:
            with contextlib.suppress(OSError, ValueError):
                self._stream.write(text)
                self._stream.flush()


def in_words(seconds: float) -> str:
    """A rounded duration: 40 s, 3 min, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
