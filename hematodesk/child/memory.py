"""Memory shared by the program and its child, without a name that others could open.

Linux: a memfd. Other POSIX systems: shared memory whose name is removed at once.
Windows: a mapping with a random name in the user's own session. The child inherits descriptors, or
learns the name. The system gives real memory only to pages that were touched, so a segment may be as large
as the largest input that is allowed (on Windows it counts against the commit limit at once).
"""

from __future__ import annotations

import contextlib
import mmap
import os
import secrets
import sys


class Segment:
    """The parent's side of one piece of shared memory.

    Args:
        size: bytes.
        child_writes: whether the child may write; else the system makes it read-only (not on Windows).

    Raises OSError when there is not enough memory.
    """

    def __init__(self, size: int, *, child_writes: bool) -> None:
        self.size = size
        self._descriptors: list[int] = []
        if sys.platform == "win32":
            self.handle = f"Local\\hematodesk-{secrets.token_hex(16)}"
            self.map = mmap.mmap(-1, size, tagname=self.handle)
            return
        own, lent = _anonymous(child_writes)
        self._descriptors = [own, lent]
        try:
            os.ftruncate(own, size)
            _seal(own)
            self.map = mmap.mmap(own, size)
        except (OSError, ValueError, OverflowError) as fault:
            self.close()
            raise OSError(f"no shared memory of {size} bytes") from fault
        self.handle = str(lent)

    @property
    def descriptors(self) -> tuple[int, ...]:
        """The descriptors that the child must inherit."""
        return tuple(self._descriptors[1:])

    def handed_over(self) -> None:
        """Close the descriptors once the child has inherited them."""
        while self._descriptors:
            os.close(self._descriptors.pop())

    def release(self, size: int) -> bool:
        """Give the first `size` bytes back to the system; False where it has no means for that."""
        remove = getattr(mmap, "MADV_REMOVE", None)
        if remove is None:
            return False
        pages = -(-min(size, self.size) // mmap.PAGESIZE) * mmap.PAGESIZE
        try:
            self.map.madvise(remove, 0, min(pages, self.size))
        except (OSError, ValueError):
            return False
        return True

    def close(self) -> None:
        """Unmap; may be called twice."""
        self.handed_over()
        with contextlib.suppress(AttributeError, BufferError):
            self.map.close()


def attached(handle: str, size: int, *, writes: bool) -> mmap.mmap:
    """The child's side of a segment, by its handle. Raises OSError, ValueError."""
    if sys.platform == "win32":
        return mmap.mmap(-1, size, tagname=handle, access=mmap.ACCESS_WRITE if writes else mmap.ACCESS_READ)
    descriptor = int(handle)
    try:
        return mmap.mmap(descriptor, size, access=mmap.ACCESS_WRITE if writes else mmap.ACCESS_READ)
    finally:
        os.close(descriptor)


def _seal(descriptor: int) -> None:
    """Fix the size of a memfd for good: a child that cut it short would end its parent with SIGBUS."""
    if sys.platform.startswith("linux"):
        import fcntl

        seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
        # Where there is no memfd nothing can be sealed.
        with contextlib.suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)


def _anonymous(child_writes: bool) -> tuple[int, int]:
    """Two descriptors of one new piece of memory: the parent's, and the child's with fewer rights."""
    rights = os.O_RDWR if child_writes else os.O_RDONLY
    if hasattr(os, "memfd_create"):
        own = os.memfd_create("hematodesk", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            return own, os.open(f"/proc/self/fd/{own}", rights | os.O_CLOEXEC)
        except OSError:
            # Without /proc the child gets the parent's own rights.
            return own, os.dup(own)
    import _posixshmem  # type: ignore[import-not-found,unused-ignore]

    name = f"/hematodesk-{secrets.token_hex(8)}"
    own = _posixshmem.shm_open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode=0o600)
    try:
        return own, _posixshmem.shm_open(name, rights, mode=0o600)
    finally:
        _posixshmem.shm_unlink(name)
