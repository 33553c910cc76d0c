"""Turns Ctrl+C, SIGTERM and SIGHUP into a clean stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from hematodesk.domain.cancel import CancelToken

_ENDS = tuple(
    number
    # Sent by Ctrl+C, by a shutdown or service manager, and by a terminal that is closed.
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if (number := getattr(signal, name, None)) is not None
)


@contextmanager
def cancelled_by_interrupt(cancel: CancelToken) -> Iterator[None]:
    """Within the block Ctrl+C, SIGTERM and SIGHUP set the token: work ends with what is done kept.

    A second one has its usual effect (KeyboardInterrupt for Ctrl+C). Outside the main thread, where
    signals cannot be handled, the block changes nothing.
    """

    # Not in the handler itself: it interrupts this very thread, which may hold the token's lock.
    def stop() -> None:
        threading.Thread(target=cancel.cancel, daemon=True).start()

    with told_of_interrupt(stop, once=True):
        yield


@contextmanager
def told_of_interrupt(tell: Callable[[], object], *, once: bool = False) -> Iterator[None]:
    """Within the block `tell` is called on the main thread when the program is to end.

    With `once` a second signal of a kind has its usual effect. What was ignored before (a program
    begun with nohup) stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _ENDS}

    def came(number: int, _frame: FrameType | None) -> None:
        if once:
            usual = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
            signal.signal(number, usual)
        tell()

    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, came)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
