"""Turning exceptions into data that may be shown, copied and logged."""

from __future__ import annotations

import traceback
from pathlib import Path

from hematodesk.domain.cells import Fault
from hematodesk.domain.errors import HematodeskError


def fault_of(error: HematodeskError) -> Fault:
    """The error as data."""
    return Fault(error.code, error.message, error.remedy)


def code_trace(error: BaseException) -> str:
    """Type and code lines of an exception, without its message, which may hold names and paths.

    For example `ValueError batch.py:120 _take < analyse.py:88 finish`, innermost last.
    """
    frames = traceback.extract_tb(error.__traceback__)
    places = (f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames)
    return " ".join([type(error).__name__, " < ".join(places)]).strip()
