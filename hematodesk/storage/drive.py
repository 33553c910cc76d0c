"""Whether a folder lies on a network drive, where a write-ahead log is not safe.

The log's index is shared memory, which computers do not share: https://www.sqlite.org/wal.html
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

NETWORK_VARIABLE = "HEMATODESK_NETWORK_DRIVE"
"""The variable that overrides the detection with 1 or 0."""

_MOUNTS = Path("/proc/self/mountinfo")

_NETWORK_TYPES = frozenset(
    {"9p", "acfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "gfs", "gfs2", "gpfs", "lustre"}
    | {"ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "prl_fs", "smb", "smb2", "smb3", "smbfs", "vboxsf"}
    | {"virtiofs", "vmhgfs"}
)
"""Linux's names of file systems that several computers may share, including virtual machines' folders."""

_DRIVE_REMOTE = 4
_MNT_LOCAL = 0x1000


def on_network(folder: Path) -> bool:
    """Whether several computers may share this folder; False where the system does not tell."""
    told = os.environ.get(NETWORK_VARIABLE, "")
    if told in ("0", "1"):
        return told == "1"
    try:
        place = folder.resolve()
        if sys.platform == "win32":
            return _windows(place)
        if sys.platform == "darwin":
            return _mac(place)
        return is_network_type(_linux_type(place, _MOUNTS.read_text("utf-8", "surrogateescape")))
    except (OSError, ValueError, AttributeError):
        return False


def is_network_type(name: str) -> bool:
    """Whether the Linux file system of that name may be shared; those in user space (`fuse.sshfs`) count."""
    return name in _NETWORK_TYPES or name.startswith("fuse.")


def _linux_type(folder: Path, mounts: str) -> str:
    """The file system under a folder, from the text of /proc/self/mountinfo; a later mount covers an earlier.

    https://docs.kernel.org/filesystems/proc.html#proc-pid-mountinfo-information-about-mounts
    """
    best, found = -1, ""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        if not after:
            continue
        point = Path(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), before.split()[4]))
        if folder.is_relative_to(point) and len(point.parts) >= best:
            best, found = len(point.parts), after.split()[0]
    return found


def _windows(folder: Path) -> bool:
    if sys.platform == "win32":
        import ctypes

        anchor = folder.anchor
        return anchor.startswith("\\\\") or ctypes.windll.kernel32.GetDriveTypeW(anchor) == _DRIVE_REMOTE
    return False


def _mac(folder: Path) -> bool:
    """By statfs: f_flags stands 64 bytes into the structure with 64-bit inodes (sys/mount.h)."""
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    # On Intel the plain name is the older structure.
    ask = getattr(library, "statfs$INODE64", None) or library.statfs
    buffer = ctypes.create_string_buffer(4096)
    if ask(os.fsencode(folder), buffer) != 0:
        return False
    return not int.from_bytes(buffer.raw[64:68], sys.byteorder) & _MNT_LOCAL
