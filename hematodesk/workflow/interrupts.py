"""Ctrl+C as a wish to stop, not as a crash."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from hematodesk.domain.cancel import CancelToken


@contextmanager
def cancelled_by_interrupt(cancel: CancelToken) -> Iterator[None]:
    """Within the block Ctrl+C sets the token, so that work ends with what is done kept.

    A second Ctrl+C raises KeyboardInterrupt. Outside the main thread, where signals cannot be
    handled, the block changes nothing.
    """

    def stop(number: int, frame: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        # Not in the handler itself: it interrupts this very thread, which may hold the token's lock.
        threading.Thread(target=cancel.cancel, daemon=True).start()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
