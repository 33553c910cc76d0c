"""Pausing: one switch a run, checked by the work."""

from __future__ import annotations

import threading

from hematodesk.domain.cancel import CancelToken


class Pause:
    """A switch that long work checks before it takes the next item. Thread-safe."""

    def __init__(self) -> None:
        self._going = threading.Event()
        self._going.set()

    @property
    def paused(self) -> bool:
        """Whether the work is to pause."""
        return not self._going.is_set()

    def set(self, paused: bool) -> None:
        """Pause the work, or let it continue."""
        if paused:
            self._going.clear()
        else:
            self._going.set()

    def wait(self, cancel: CancelToken) -> None:
        """Return at once unless paused, else when it continues. Raises Cancelled."""
        if self._going.is_set():
            return
        # Cancelling wakes a waiting thread.
        forget = cancel.on_cancel(self._going.set)
        try:
            self._going.wait()
        finally:
            forget()
        cancel.check()
