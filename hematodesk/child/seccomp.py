"""A system call filter for this process (Linux 3.5 and newer, on x86-64 and ARM64).

A seccomp filter is a small program that the kernel runs before each system call. Ours allows a short
list, some calls only with certain arguments, and answers every other with EPERM; a call by another
machine's numbers ends the process. It cannot be taken back, and whatever the process starts inherits it.

Sources: Documentation/userspace-api/seccomp_filter.rst and include/uapi/linux/{seccomp,filter,audit}.h of
the Linux kernel; the numbers of the calls from its tables for x86-64 and ARM64.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass

# name: (x86-64, ARM64)
_NUMBERS = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "fcntl": (72, 25),
    "getcwd": (79, 17),
    "geteuid": (107, 175),
    "pread64": (17, 67),
    "readv": (19, 65),
    "sched_yield": (24, 124),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "nanosleep": (35, 101),
    "getpid": (39, 172),
    "clone": (56, 220),
    "exit": (60, 93),
    "uname": (63, 160),
    "getdents64": (217, 61),
    "gettimeofday": (96, 169),
    "getrusage": (98, 165),
    "sysinfo": (99, 179),
    "sigaltstack": (131, 132),
    "gettid": (186, 178),
    "futex": (202, 98),
    "sched_setaffinity": (203, 122),
    "sched_getaffinity": (204, 123),
    "restart_syscall": (219, 128),
    "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115),
    "exit_group": (231, 94),
    "fadvise64": (221, 223),
    "openat": (257, 56),
    "readlinkat": (267, 78),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "newfstatat": (262, 79),
    "set_robust_list": (273, 99),
    "getcpu": (309, 168),
    "getrandom": (318, 278),
    "membarrier": (324, 283),
    "statx": (332, 291),
    "rseq": (334, 293),
    "clone3": (435, 435),
}
_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1), "arm64": (0xC00000B7, 1)}

_COMPUTING = (
    "close", "fstat", "lseek", "munmap", "brk", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
    "sched_yield", "mremap", "madvise", "nanosleep", "getpid", "exit", "gettimeofday", "getrusage",
    "sigaltstack", "gettid", "futex", "sched_getaffinity", "restart_syscall", "clock_gettime",
    "clock_nanosleep", "exit_group", "getrandom", "membarrier",
)  # fmt: skip
_LOADING = (
    "pread64", "readv", "uname", "getdents64", "sysinfo", "newfstatat",
    "set_robust_list", "getcpu", "statx", "rseq",
)  # fmt: skip
_READING = (
    "pread64", "readv", "uname", "getdents64", "sysinfo", "newfstatat", "statx", "getcwd", "geteuid",
    "fadvise64", "readlinkat", "faccessat", "faccessat2", "getcpu", "rseq",
)  # fmt: skip
_FILE_CONTROL = (1, 2, 3, 5, 6, 1030)
"""Of fcntl: the close-on-exec flag, the mode, locks (SQLite asks for one to read), a further descriptor."""

_LOAD, _EQUAL, _ANY_BIT, _AT_LEAST, _ANSWER = 0x20, 0x15, 0x45, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
_UNKNOWN_CALL = 0x00050000 | errno.ENOSYS
_KILL = 0x80000000
_PROT_EXEC = 4
_WRITING = 0o1 | 0o2 | 0o100 | 0o1000 | 0o2000
"""Opening for writing, reading and writing, creating, cutting, appending."""
_THREAD = 0x00010000
_X32 = 0x40000000

_SET_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER_MODE = 38, 22, 2


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a child may still do once it is confined; computing and its own memory always.

    Attributes:
        reads, writes: the descriptors that may be read from and written to.
        threads: also start threads of its own, and read from any descriptor.
        files: open files for reading, read any descriptor, list folders; which ones, Landlock says.
    """

    reads: tuple[int, ...]
    writes: tuple[int, ...]
    threads: bool = False
    files: bool = False


def apply_filter(allowed: Allowed) -> bool:
    """Put the filter in force for this process and its later threads; whether the kernel took it."""
    if not sys.platform.startswith("linux") or platform.machine() not in _ARCHITECTURES:
        return False
    code = filter_program(allowed, platform.machine())
    buffer = ctypes.create_string_buffer(code, len(code))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    program = Program(len(code) // 8, ctypes.addressof(buffer))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    if prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    return bool(prctl(_SET_SECCOMP, _FILTER_MODE, ctypes.addressof(program), 0, 0) == 0)


def filter_program(allowed: Allowed, machine: str) -> bytes:
    """The filter as the kernel's struct sock_filter, eight bytes an instruction."""
    architecture, column = _ARCHITECTURES[machine]
    lines = [_step(_LOAD, 4), _step(_EQUAL, architecture, 1, 0), _step(_ANSWER, _KILL), _step(_LOAD, 0)]
    if column == 0:
        lines += [_step(_AT_LEAST, _X32, 0, 1), _step(_ANSWER, _KILL)]

    def when(name: str, body: list[bytes]) -> None:
        lines.append(_step(_EQUAL, _NUMBERS[name][column], 0, len(body)))
        lines.extend(body)

    further = _LOADING if allowed.threads else _READING if allowed.files else ()
    for name in (*_COMPUTING, *further):
        when(name, [_step(_ANSWER, _ALLOW)])
    # Memory that can be run as code is never given.
    for name in ("mmap", "mprotect"):
        when(name, _unless(2, _PROT_EXEC))
    if allowed.threads:
        when("read", [_step(_ANSWER, _ALLOW)])
        if allowed.files:
            when("openat", _unless(2, _WRITING))
        # Of itself alone: by another number it could pin its parent.
        when("sched_setaffinity", _one_of((0,)))
        when("clone", [_argument(0), _step(_ANY_BIT, _THREAD, 0, 1), *_answers()])
        # Its flags lie in memory, where a filter cannot look: the C library then takes clone.
        when("clone3", [_step(_ANSWER, _UNKNOWN_CALL)])
    elif allowed.files:
        when("read", [_step(_ANSWER, _ALLOW)])
        when("openat", _unless(2, _WRITING))
        when("fcntl", _one_of(_FILE_CONTROL, 1))
    else:
        when("read", _one_of(allowed.reads))
    when("write", _one_of(allowed.writes))
    lines.append(_step(_ANSWER, _REFUSE))
    return b"".join(lines)


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)


def _argument(index: int) -> bytes:
    """Load the low half of an argument (little-endian machines)."""
    return _step(_LOAD, 16 + 8 * index)


def _answers() -> list[bytes]:
    return [_step(_ANSWER, _ALLOW), _step(_ANSWER, _REFUSE)]


def _unless(index: int, bits: int) -> list[bytes]:
    """Allow a call unless its argument has any of the bits."""
    return [_argument(index), _step(_ANY_BIT, bits, 1, 0), *_answers()]


def _one_of(values: Iterable[int], index: int = 0) -> list[bytes]:
    """Allow a call with certain values of an argument, by default the descriptor."""
    body = [_argument(index)]
    for each in values:
        body += [_step(_EQUAL, each, 0, 1), _step(_ANSWER, _ALLOW)]
    return [*body, _step(_ANSWER, _REFUSE)]
