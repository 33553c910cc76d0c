"""Stores the outcomes of model trials by digest in a small file."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path

from hematodesk.domain.files import make_folder, write_whole

_MOST = 500
_MOST_BYTES = 1_000_000
_DIGEST = re.compile(r"[0-9a-f]{64}")
_CODE = re.compile(r"[a-z_]{0,40}")


class Verdicts:
    """Digest to outcome: empty when a model is fine, else the code that it was refused with.

    Valid for one version of the runtime only. A missing or damaged file counts as empty, and when it
    cannot be written nothing is kept: models are then tried again.

    Args:
        file: the file; None keeps the outcomes for this process only.
        runtime: the runtime's version.
    """

    def __init__(self, file: Path | None, runtime: str) -> None:
        self._file = file
        self._runtime = runtime
        self._known: dict[str, str] | None = None

    def of(self, digest: str) -> str | None:
        """The outcome, None when it was never tried."""
        return self._all().get(digest)

    def remember(self, digest: str, outcome: str) -> None:
        """Store an outcome; beyond a limit the oldest are dropped."""
        known = self._all()
        known.pop(digest, None)
        known[digest] = outcome
        for oldest in list(known)[: max(0, len(known) - _MOST)]:
            del known[oldest]
        if self._file is None:
            return
        text = json.dumps({"runtime": self._runtime, "models": known}, indent=1)
        with contextlib.suppress(OSError):
            make_folder(self._file.parent)
            write_whole(self._file, text.encode("ascii"))

    def _all(self) -> dict[str, str]:
        if self._known is None:
            self._known = self._read()
        return self._known

    def _read(self) -> dict[str, str]:
        if self._file is None:
            return {}
        try:
            with self._file.open("rb") as stream:
                kept = json.loads(stream.read(_MOST_BYTES))
        except (OSError, ValueError, RecursionError):
            return {}
        models = (
            kept.get("models") if isinstance(kept, dict) and kept.get("runtime") == self._runtime else None
        )
        if not isinstance(models, dict):
            return {}
        return {
            digest: outcome
            for digest, outcome in models.items()
            if isinstance(outcome, str) and _DIGEST.fullmatch(digest) and _CODE.fullmatch(outcome)
        }
