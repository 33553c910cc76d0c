"""Shared memory whose size a child cannot change under its parent."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from hematodesk.child.memory import Segment

LINUX = sys.platform.startswith("linux")

_SCRIPT = """
import os, sys
descriptor, said = int(sys.argv[1]), []
for size in (0, 1, 10_000_000):
    try:
        os.ftruncate(descriptor, size)
        said.append("cut")
    except OSError as fault:
        said.append(type(fault).__name__)
import mmap
memory = mmap.mmap(descriptor, 4096, access=mmap.ACCESS_WRITE if sys.argv[2] == "w" else mmap.ACCESS_READ)
if sys.argv[2] == "w":
    memory[0] = 7
print(*said, memory[0])
"""


@pytest.mark.skipif(not LINUX, reason="seals are Linux's")
@pytest.mark.parametrize("writes", [True, False])
def test_a_child_can_neither_cut_nor_grow_what_it_was_lent(writes: bool) -> None:
    segment = Segment(1_000_000, child_writes=writes)
    (lent,) = segment.descriptors
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(lent), "w" if writes else "r"],
        pass_fds=(lent,),
        capture_output=True,
        text=True,
        check=True,
    )
    *said, first = done.stdout.split()
    assert "cut" not in said and len(said) == 3
    assert segment.map[0] == int(first) == (7 if writes else 0)
    assert segment.map[999_999] == 0
    segment.close()


@pytest.mark.skipif(not LINUX, reason="other systems have no such call")
def test_a_sealed_segment_still_gives_its_memory_back() -> None:
    segment = Segment(8 * 1024**2, child_writes=True)
    segment.map[:] = b"\x01" * segment.size
    before = os.fstat(segment._descriptors[0]).st_blocks
    assert segment.release(segment.size)
    assert os.fstat(segment._descriptors[0]).st_blocks < before
    segment.close()
