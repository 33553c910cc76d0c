"""No override of a Qt method lets an exception out: Qt cannot handle one, and the program may crash.

An exception that Python itself raised (an IndexError, a deleted widget) and that leaves an override which Qt
called from within another override ends the process: PySide reads the arguments of an exception that is not
made yet (seen with PySide 6.11 on CPython 3.11).

So every class of the window that derives from one of Qt's has its overrides guarded automatically when
it is defined. A guarded override that raises reports the error through sys.excepthook, as an
exception in a slot is, and answers as if the event had not been handled, or as the class it overrides does.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from types import FunctionType
from typing import Any

# Before shiboken6, which would end the process where PySide6 cannot be imported.
import PySide6.QtCore  # noqa: F401
from shiboken6 import Shiboken

_GUARDED = "hematodesk.ui"
_UNHANDLED = frozenset({"event", "eventFilter", "viewportEvent", "nativeEvent", "focusNextPrevChild"})
"""What answers whether it has handled an event."""


def guard_overrides() -> None:
    """Guard the overrides of every class that is defined from now on in the window's packages."""
    setattr(Shiboken.Object, "__init_subclass__", classmethod(_guard_class))  # noqa: B010


def is_guarded(method: object) -> bool:
    """Whether an override cannot let an exception out."""
    return getattr(method, "_guarded", False) is True


def overrides_of(kind: type) -> dict[str, FunctionType]:
    """The methods of a class, and of what it mixes in, that stand in place of one of Qt's, by name."""
    found: dict[str, FunctionType] = {}
    for place, base in enumerate(kind.__mro__):
        if _is_qts(base):
            break
        qts = [other for other in kind.__mro__[place:] if _is_qts(other)]
        for name, value in vars(base).items():
            overrides = isinstance(value, FunctionType) and not name.startswith("__")
            if overrides and name not in found and any(hasattr(other, name) for other in qts):
                found[name] = value
    return found


def _is_qts(kind: type) -> bool:
    return kind.__module__.startswith(("PySide6", "Shiboken"))


def _guard_class(kind: type[Any], /, **options: Any) -> None:
    super(Shiboken.Object, kind).__init_subclass__(**options)
    if kind.__module__.startswith(_GUARDED):
        for name, method in overrides_of(kind).items():
            if not is_guarded(method):
                setattr(kind, name, _guarded(method, _qts_own(kind, name)))


def _qts_own(kind: type, name: str) -> Callable[..., Any] | None:
    """What answers in place of an override that has raised; None where nothing needs to."""
    if name in _UNHANDLED:
        return lambda *_arguments: False
    if name.endswith("Event"):
        return None
    own: Callable[..., Any] | None = next(
        (getattr(base, name) for base in kind.__mro__ if _is_qts(base) and hasattr(base, name)), None
    )
    return own


def _guarded(method: Callable[..., Any], instead: Callable[..., Any] | None) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(*arguments: Any, **named: Any) -> Any:
        try:
            return method(*arguments, **named)
        except BaseException:  # noqa: BLE001 - the edge to Qt: told, never swallowed
            sys.excepthook(*sys.exc_info())
        try:
            return None if instead is None else instead(*arguments)
        except NotImplementedError:
            # Qt has none of its own; PySide answers with an empty value.
            return None

    call._guarded = True  # type: ignore[attr-defined]
    return call
