"""How a child confines itself before it reads untrusted data.

Linux and its like: limits of the kernel on memory, processor time, file writing, descriptors, processes and
core dumps; on Linux it also ends with its parent, installs a system call filter and, where its library opens
files itself, gives up reading any but those (see `landlock`). Windows: the parent
puts the child into a job object (see `jobs`). A limit that the system refuses is missing from the
answer, so every limit that is named is in force.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hematodesk.child.landlock import restrict_to
from hematodesk.child.seccomp import Allowed, apply_filter

_SET_DEATH_SIGNAL, _SET_DUMPABLE = 1, 4

_OPEN_FILES = 64
"""Descriptors of a child that opens files itself."""

LIMIT_NAMES = (
    "system_calls",
    "files",
    "memory",
    "processor_time",
    "file_writing",
    "descriptors",
    "processes",
    "core_dumps",
    "parent",
)
"""Every limit that a child may report as in force."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Attributes:
    memory_bytes: private memory that may be allocated.
    processor_s: processor time over the whole lifetime.
    """

    memory_bytes: int
    processor_s: int


def begin(parent: int) -> list[str]:
    """First step: end with the parent and leave Ctrl+C to it; returns the limits in force.

    Args:
        parent: its process id. When it is gone already, the process ends here.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not sys.platform.startswith("linux"):
        return []
    prctl = ctypes.CDLL(None).prctl
    followed = prctl(_SET_DEATH_SIGNAL, int(signal.SIGKILL), 0, 0, 0) == 0
    prctl(_SET_DUMPABLE, 0, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)
    return ["parent"] if followed else []


def confine(limits: Limits, allowed: Allowed, read_paths: Sequence[Path] | None = None) -> list[str]:
    """Drop all rights that are no longer needed, for good; returns the limits in force.

    Everything that the work needs must be imported and have run once: nothing can be opened later, or
    nothing but `read_paths` (see `restrict_to`) by a child that may open files.
    """
    if sys.platform == "win32":
        return []
    import resource

    kinds = {
        "core_dumps": ((resource.RLIMIT_CORE, 0),),
        "file_writing": ((resource.RLIMIT_FSIZE, 0),),
        "processor_time": ((resource.RLIMIT_CPU, limits.processor_s),),
        "memory": _memory_kinds(limits.memory_bytes),
    }
    if not allowed.threads:
        kinds["descriptors"] = ((resource.RLIMIT_NOFILE, _OPEN_FILES if allowed.files else 0),)
        kinds["processes"] = ((resource.RLIMIT_NPROC, 0),)
    in_force = []
    for name, pairs in kinds.items():
        # All of them are tried, even after one was refused.
        outcomes = [_limited(kind, most) for kind, most in pairs]
        if all(outcomes):
            in_force.append(name)
    # After what is imported and read above, and before the filter, which refuses its calls.
    if read_paths is not None and restrict_to(read_paths):
        in_force.append("files")
    if apply_filter(allowed):
        in_force.append("system_calls")
    return in_force


def _memory_kinds(size: int) -> tuple[tuple[int, int], ...]:
    import resource

    # Linux counts private memory alone under RLIMIT_DATA (from 4.7 on), so that shared segments are free;
    # the address space is limited besides, loosely, for what hides elsewhere.
    mapped = _address_space()
    if mapped is None:
        return ((resource.RLIMIT_AS, size), (resource.RLIMIT_DATA, size))
    return ((resource.RLIMIT_DATA, size), (resource.RLIMIT_AS, mapped + size))


def _address_space() -> int | None:
    """Bytes of this process's address space in use; None where the system does not report it."""
    try:
        taken = Path("/proc/self/statm").read_text("ascii")
        return int(taken.split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


def _limited(kind: int, most: int) -> bool:
    import resource

    try:
        _, hard = resource.getrlimit(kind)
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (value, value))
    except (OSError, ValueError):
        return False
    return True
