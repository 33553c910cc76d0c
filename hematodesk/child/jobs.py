"""Windows: a job object for a child, so that the system ends it and enforces its limits.

The structures are winnt.h's JOBOBJECT_EXTENDED_LIMIT_INFORMATION and its parts. The job ends its processes
when its last handle is closed, and so also when this program is killed.
"""

from __future__ import annotations

import ctypes
import os
from typing import Any

_EXTENDED_LIMITS = 9
_PROCESS_TIME, _ONE_PROCESS, _PROCESS_MEMORY = 0x2, 0x8, 0x100
_NO_ERROR_BOX, _KILL_ON_CLOSE = 0x400, 0x2000
_TICKS_A_SECOND = 10_000_000


class BasicLimits(ctypes.Structure):
    """JOBOBJECT_BASIC_LIMIT_INFORMATION."""

    _fields_ = (
        ("PerProcessUserTimeLimit", ctypes.c_int64),
        ("PerJobUserTimeLimit", ctypes.c_int64),
        ("LimitFlags", ctypes.c_uint32),
        ("MinimumWorkingSetSize", ctypes.c_size_t),
        ("MaximumWorkingSetSize", ctypes.c_size_t),
        ("ActiveProcessLimit", ctypes.c_uint32),
        ("Affinity", ctypes.c_size_t),
        ("PriorityClass", ctypes.c_uint32),
        ("SchedulingClass", ctypes.c_uint32),
    )


class ExtendedLimits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

    _fields_ = (
        ("BasicLimitInformation", BasicLimits),
        ("IoInfo", ctypes.c_uint64 * 6),
        ("ProcessMemoryLimit", ctypes.c_size_t),
        ("JobMemoryLimit", ctypes.c_size_t),
        ("PeakProcessMemoryUsed", ctypes.c_size_t),
        ("PeakJobMemoryUsed", ctypes.c_size_t),
    )


class Job:
    """A job object with one child. `in_force` names its limits; empty when Windows refused."""

    def __init__(self, process_handle: int, memory_bytes: int, processor_s: int, system: Any = None) -> None:
        self._system = system if system is not None else _kernel32()
        self.in_force: tuple[str, ...] = ()
        self._handle = self._system.CreateJobObjectW(None, None)
        if not self._handle:
            return
        limits = ExtendedLimits()
        basic = limits.BasicLimitInformation
        basic.LimitFlags = _PROCESS_TIME | _ONE_PROCESS | _PROCESS_MEMORY | _NO_ERROR_BOX | _KILL_ON_CLOSE
        basic.PerProcessUserTimeLimit = processor_s * _TICKS_A_SECOND
        basic.ActiveProcessLimit = 1
        limits.ProcessMemoryLimit = memory_bytes
        taken = self._system.SetInformationJobObject(
            self._handle, _EXTENDED_LIMITS, ctypes.byref(limits), ctypes.sizeof(limits)
        )
        if taken and self._system.AssignProcessToJobObject(self._handle, process_handle):
            self.in_force = ("memory", "processor_time", "processes", "parent")

    def close(self) -> None:
        """End the processes that are still in the job."""
        if self._handle:
            self._system.CloseHandle(self._handle)
            self._handle = None


def job_of(process: Any, memory_bytes: int, processor_s: int) -> Job | None:
    """A job with that subprocess.Popen in it; None on other systems than Windows."""
    if os.name != "nt":
        return None
    return Job(int(process._handle), memory_bytes, processor_s)


def _kernel32() -> Any:
    system = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]
    system.CreateJobObjectW.restype = ctypes.c_void_p
    system.CreateJobObjectW.argtypes = [ctypes.c_void_p, ctypes.c_wchar_p]
    system.SetInformationJobObject.argtypes = [
        ctypes.c_void_p,
        ctypes.c_int,
        ctypes.c_void_p,
        ctypes.c_uint32,
    ]
    system.AssignProcessToJobObject.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    system.CloseHandle.argtypes = [ctypes.c_void_p]
    return system
