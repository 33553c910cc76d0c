"""The job object's calls, against a stand-in: Windows itself is not here."""

from __future__ import annotations

import ctypes
import sys

import pytest

from hematodesk.child.jobs import BasicLimits, ExtendedLimits, Job


class Kernel:
    """Remembers what it was asked; refuses the calls it is told to."""

    def __init__(self, refuses: str = "") -> None:
        self.refuses = refuses
        self.calls: list[tuple[str, tuple]] = []

    def __getattr__(self, name):
        def call(*arguments):
            self.calls.append((name, arguments))
            return 0 if name == self.refuses else 88

        return call


@pytest.mark.skipif(sys.maxsize < 2**32, reason="the sizes are those of 64-bit Windows")
def test_the_structures_have_the_sizes_of_winnt_h():
    assert (ctypes.sizeof(BasicLimits), ctypes.sizeof(ExtendedLimits)) == (64, 144)


def test_a_child_is_limited_put_into_the_job_and_ended_with_it():
    kernel = Kernel()
    job = Job(1234, 2**30, 300, kernel)
    assert job.in_force == ("memory", "processor_time", "processes", "parent")
    (_, (handle, kind, given, size)) = kernel.calls[1]
    limits = ctypes.cast(given, ctypes.POINTER(ExtendedLimits)).contents
    assert (handle, kind, size, limits.ProcessMemoryLimit) == (88, 9, 144, 2**30)
    assert limits.BasicLimitInformation.PerProcessUserTimeLimit == 300 * 10_000_000
    assert limits.BasicLimitInformation.ActiveProcessLimit == 1
    assert limits.BasicLimitInformation.LimitFlags == 0x2 | 0x8 | 0x100 | 0x400 | 0x2000
    assert kernel.calls[2] == ("AssignProcessToJobObject", (88, 1234))
    job.close()
    job.close()
    assert [name for name, _ in kernel.calls[3:]] == ["CloseHandle"]


@pytest.mark.parametrize("call", ["CreateJobObjectW", "SetInformationJobObject", "AssignProcessToJobObject"])
def test_what_windows_refuses_is_not_named_as_in_force(call):
    assert Job(1234, 2**30, 300, Kernel(call)).in_force == ()
