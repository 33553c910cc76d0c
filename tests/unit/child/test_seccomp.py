"""The filter, run instruction by instruction as the kernel would, for both machines."""

from __future__ import annotations

import struct

import pytest

from hematodesk.child.seccomp import Allowed, filter_program

ALLOW, REFUSE, KILL, UNKNOWN = 0x7FFF0000, 0x00050001, 0x80000000, 0x00050026
MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
CALLS = {
    "x86_64": {
        "read": 0, "write": 1, "open": 2, "mmap": 9, "mprotect": 10, "socket": 41, "clone": 56, "fork": 57,
        "execve": 59, "kill": 62, "ptrace": 101, "prctl": 157, "futex": 202, "exit_group": 231, "openat": 257,
        "memfd_create": 319, "sched_setaffinity": 203, "io_uring_setup": 425, "clone3": 435,
    },
    "aarch64": {
        "read": 63, "write": 64, "mmap": 222, "mprotect": 226, "socket": 198, "clone": 220, "execve": 221,
        "kill": 129, "ptrace": 117, "prctl": 167, "futex": 98, "exit_group": 94, "openat": 56,
        "memfd_create": 279, "sched_setaffinity": 122, "io_uring_setup": 425, "clone3": 435,
    },
}  # fmt: skip
DECODER = Allowed(reads=(0, 5), writes=(1, 2))
LOADER = Allowed(reads=(0,), writes=(1,), threads=True, files=True)


def answer(allowed: Allowed, machine: str, number: int, *arguments: int, architecture: int = 0) -> int:
    """What the kernel's interpreter answers (struct seccomp_data; the five instructions that are used)."""
    program = filter_program(allowed, machine)
    data = struct.pack(
        "<IIQ6Q", number, architecture or MACHINES[machine], 0, *arguments, *[0] * (6 - len(arguments))
    )
    at = value = 0
    while True:
        code, if_true, if_false, constant = struct.unpack_from("<HBBI", program, 8 * at)
        at += 1
        if code == 0x06:
            return constant
        if code == 0x20:
            value = struct.unpack_from("<I", data, constant)[0]
        elif code == 0x15:
            at += if_true if value == constant else if_false
        elif code == 0x45:
            at += if_true if value & constant else if_false
        elif code == 0x35:
            at += if_true if value >= constant else if_false
        else:
            raise AssertionError(f"instruction {code:#x}")


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    "call", ["open", "socket", "fork", "execve", "kill", "ptrace", "prctl", "memfd_create", "io_uring_setup"]
)
@pytest.mark.parametrize("allowed", [DECODER, LOADER], ids=["decoder", "loader"])
def test_what_nobody_needs_is_refused(machine, call, allowed):
    if call in CALLS[machine]:
        assert answer(allowed, machine, CALLS[machine][call]) == REFUSE


@pytest.mark.parametrize("machine", MACHINES)
def test_reading_and_writing_only_where_it_was_agreed(machine):
    calls = CALLS[machine]
    assert [answer(DECODER, machine, calls["read"], each) for each in (0, 5, 1, 7)] == [
        ALLOW,
        ALLOW,
        REFUSE,
        REFUSE,
    ]
    assert [answer(DECODER, machine, calls["write"], each) for each in (1, 2, 0, 7)] == [
        ALLOW,
        ALLOW,
        REFUSE,
        REFUSE,
    ]
    assert answer(LOADER, machine, calls["write"], 7) == REFUSE


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("call", ["mmap", "mprotect"])
def test_memory_is_given_but_never_as_code(machine, call):
    for allowed in (DECODER, LOADER):
        assert answer(allowed, machine, CALLS[machine][call], 0, 4096, 3) == ALLOW
        assert answer(allowed, machine, CALLS[machine][call], 0, 4096, 7) == REFUSE
        assert answer(allowed, machine, CALLS[machine][call], 0, 4096, 5) == REFUSE


@pytest.mark.parametrize("machine", MACHINES)
def test_a_loader_may_start_threads_and_open_for_reading_a_decoder_neither(machine):
    calls = CALLS[machine]
    assert answer(LOADER, machine, calls["clone"], 0x3D0F00) == ALLOW
    assert answer(LOADER, machine, calls["clone"], 17) == REFUSE
    assert answer(LOADER, machine, calls["clone3"]) == UNKNOWN
    assert answer(LOADER, machine, calls["openat"], 0, 0, 0o2000000) == ALLOW
    for writing in (0o1, 0o2, 0o101, 0o1001):
        assert answer(LOADER, machine, calls["openat"], 0, 0, writing) == REFUSE
    for call in ("clone", "clone3", "openat"):
        assert answer(DECODER, machine, calls[call]) == REFUSE


@pytest.mark.parametrize("machine", MACHINES)
def test_processors_are_chosen_for_oneself_alone(machine):
    call = CALLS[machine]["sched_setaffinity"]
    assert answer(LOADER, machine, call, 0) == ALLOW
    assert answer(LOADER, machine, call, 4_321) == REFUSE
    assert answer(DECODER, machine, call, 0) == REFUSE


@pytest.mark.parametrize("machine", MACHINES)
def test_a_child_with_threads_opens_nothing_where_landlock_does_not_say_what(machine):
    allowed = Allowed(reads=(0,), writes=(1,), threads=True)
    assert answer(allowed, machine, CALLS[machine]["openat"], 0, 0, 0o2000000) == REFUSE
    assert answer(allowed, machine, CALLS[machine]["clone"], 0x3D0F00) == ALLOW


def test_calls_by_another_machines_numbers_end_the_process():
    assert answer(DECODER, "x86_64", 0, 0, architecture=0x40000003) == KILL
    assert answer(DECODER, "x86_64", 0x40000000, 0) == KILL
    assert answer(DECODER, "aarch64", 63, 0, architecture=0x40000028) == KILL


@pytest.mark.parametrize("machine", MACHINES)
def test_computing_goes_on(machine):
    for call in ("futex", "exit_group"):
        assert answer(DECODER, machine, CALLS[machine][call]) == ALLOW
