"""Which files a child may still read (Linux 5.13 and newer, where Landlock is switched on).

A seccomp filter sees that a file is opened, not which: a path lies in memory, where a filter cannot look.
Landlock decides by the file itself. All else that it knows of is refused with it: writing, creating, removing
and running files, and by newer kernels TCP, abstract sockets and signals to other processes. Files that are
open already stay open.

Sources: Documentation/userspace-api/landlock.rst and include/uapi/linux/landlock.h of the Linux kernel; the
numbers of its calls are the same on every machine.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import stat
import struct
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_ASK_VERSION = 1
_BENEATH = 1
_SET_NO_NEW_PRIVILEGES = 38

_READ_FILE, _READ_FOLDER = 1 << 2, 1 << 3
_RIGHTS_BY_VERSION = {1: 13, 2: 14, 3: 15, 5: 16}
"""How many rights to files each version of Landlock knows; the others are in between."""
_TCP = 0b11  # from version 4 on: binding and connecting
_SCOPES = 0b11  # from version 6 on: abstract sockets and signals


def restrict_to(read_paths: Sequence[Path]) -> bool:
    """From now on this thread, and all that it starts, may open nothing but these for reading.

    It cannot be taken back. `confine` calls it, since its filter refuses the calls for it afterwards. Threads
    that run already are not held.

    Args:
        read_paths: files, and folders with all beneath; one that is missing cannot be opened later either.

    Returns whether the kernel holds it; without Landlock nothing changes.
    """
    version = landlock_version()
    if version < 1:
        return False
    library = ctypes.CDLL(None, use_errno=True)
    call = library.syscall
    call.restype = ctypes.c_long
    attributes = _attributes(version)
    rules = call(ctypes.c_long(_CREATE), attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    if rules < 0:
        return False
    try:
        for path in read_paths:
            _allow(call, rules, path)
        prctl = library.prctl
        prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
        if prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
            return False
        return bool(call(ctypes.c_long(_RESTRICT), ctypes.c_int(rules), ctypes.c_uint32(0)) == 0)
    finally:
        os.close(rules)


def landlock_version() -> int:
    """The version of Landlock that this kernel has, 0 or less without one."""
    if not sys.platform.startswith("linux"):
        return 0
    call = ctypes.CDLL(None, use_errno=True).syscall
    call.restype = ctypes.c_long
    return int(call(ctypes.c_long(_CREATE), None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION)))


def _attributes(version: int) -> bytes:
    """struct landlock_ruleset_attr of that version, with every right that it knows."""
    known = max(count for since, count in _RIGHTS_BY_VERSION.items() if since <= version)
    files = struct.pack("=Q", (1 << known) - 1)
    network = struct.pack("=Q", _TCP) if version >= 4 else b""
    return files + network + (struct.pack("=Q", _SCOPES) if version >= 6 else b"")


def _allow(call: Callable[..., int], rules: int, path: Path) -> None:
    """Add one path to the rules."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
            rights = _READ_FILE | _READ_FOLDER if is_folder else _READ_FILE
            beneath = struct.pack("=Qi", rights, descriptor)
            call(
                ctypes.c_long(_ADD_RULE),
                ctypes.c_int(rules),
                ctypes.c_int(_BENEATH),
                beneath,
                ctypes.c_uint32(0),
            )
        finally:
            os.close(descriptor)
