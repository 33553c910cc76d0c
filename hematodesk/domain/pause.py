"""Pausing: one switch a run, set by whoever wants the work to rest, looked at by the work."""

from __future__ import annotations

import threading

from hematodesk.domain.cancel import CancelToken


class Pause:
    """A switch that long work looks at before it takes the next piece. Safe from any thread."""

    def __init__(self) -> None:
        self._going = threading.Event()
        self._going.set()

    @property
    def paused(self) -> bool:
        """Whether the work is to rest."""
        return not self._going.is_set()

    def set(self, paused: bool) -> None:
        """Let the work rest, or go on."""
        if paused:
            self._going.clear()
        else:
            self._going.set()

    def wait(self, cancel: CancelToken) -> None:
        """Return at once unless paused, else when it goes on. Raises Cancelled."""
        if self._going.is_set():
            return
        # A cancel wakes whoever rests here.
        forget = cancel.on_cancel(self._going.set)
        try:
            self._going.wait()
        finally:
            forget()
        cancel.check()
