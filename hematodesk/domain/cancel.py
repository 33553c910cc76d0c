"""Cancellation: one token a request, safe to set from any thread."""

from __future__ import annotations

import threading
from collections.abc import Callable

from hematodesk.domain.errors import Cancelled


class CancelToken:
    """Set once to request that the work stops; checked by the work between its steps.

    Work that cannot check (a native call) registers a callback that interrupts it.
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []

    def cancel(self) -> None:
        """Request the stop, and run the interrupting callbacks; a second call does nothing."""
        with self._lock:
            if self._event.is_set():
                return
            self._event.set()
            callbacks = list(self._callbacks)
        for callback in callbacks:
            callback()

    @property
    def cancelled(self) -> bool:
        """Whether the stop was requested."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise Cancelled when the stop was requested."""
        if self._event.is_set():
            raise Cancelled

    def on_cancel(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Register a callback (called at once when already cancelled); returns its removal."""
        with self._lock:
            already = self._event.is_set()
            if not already:
                self._callbacks.append(callback)
        if already:
            callback()

        def remove() -> None:
            with self._lock:
                if callback in self._callbacks:
                    self._callbacks.remove(callback)

        return remove
