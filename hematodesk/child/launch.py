"""Starts a child: this same program with a hidden first argument that `__main__` checks."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

CHILD_ARGUMENT = "--child"
"""The first argument of a child; the second is its kind."""

_KEPT_VARIABLES = (
    # Variables that an interpreter or a library needs to be found and to start.
    "PATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "PYTHONHOME",
    "SYSTEMROOT",
    "WINDIR",
    # These choose a numerical library's kernels: a child must round as the program does.
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
    "NPY_DISABLE_CPU_FEATURES",
)
_OWN_VARIABLES = {
    # One thread is enough, and each idle thread of a numerical library takes address space.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    # glibc gives memory back and asks for it again within each image, which took a seventh of a decoder's
    # time; this bounds what it keeps instead. Other C libraries ignore the names.
    "MALLOC_MMAP_THRESHOLD_": str(4 * 1024**2),
    "MALLOC_TRIM_THRESHOLD_": str(16 * 1024**2),
}

POLITE = 5
"""A child's nice value (Windows: one class below normal). Several children that started at once kept
the processor from the window for up to 60 ms."""

POLITE_KINDS = frozenset({"decode", "slide"})
"""The children that stand back. A model's child does not: a person waits for its answer, which stood back for
nothing when the program itself computed it."""

_START = (
    "import sys; sys.path[:] = {paths!r}; sys.argv[:] = {argv!r}; "
    "from hematodesk.__main__ import main; sys.exit(main())"
)


def child_command(kind: str, arguments: Sequence[str]) -> list[str]:
    """The command line that starts a child of that kind.

    From source the interpreter is started bare (no site, no user's folder, no variables) with this
    process's own module folders: a module that lies beside somebody's images is never imported.
    """
    given = [CHILD_ARGUMENT, kind, *arguments]
    if getattr(sys, "frozen", False):
        return [sys.executable, *given]
    # On Windows a virtual environment's python.exe only starts the real one as a child of its own.
    python = getattr(sys, "_base_executable", sys.executable) if sys.platform == "win32" else sys.executable
    package = str(Path(__file__).resolve().parents[2])
    paths = [package, *(path for path in sys.path if Path(path).is_absolute() and path != package)]
    return [python, "-I", "-S", "-B", "-c", _START.format(paths=paths, argv=["hematodesk", *given])]


def start_child(
    kind: str, arguments: Sequence[str], descriptors: Sequence[int] = ()
) -> subprocess.Popen[bytes]:
    """Start a child that inherits nothing but pipes as standard input and output.

    Args:
        descriptors: further file descriptors for the child, under the same numbers (not on Windows).

    Raises OSError when the system refuses.
    """
    environment = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    environment.update(_OWN_VARIABLES)
    if sys.platform == "win32":
        return subprocess.Popen(
            child_command(kind, arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            bufsize=0,
            creationflags=subprocess.CREATE_NO_WINDOW
            | subprocess.CREATE_NEW_PROCESS_GROUP
            | (subprocess.BELOW_NORMAL_PRIORITY_CLASS if kind in POLITE_KINDS else 0),
        )
    return subprocess.Popen(
        child_command(kind, arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        bufsize=0,
        pass_fds=tuple(descriptors),
        # Ctrl+C in a terminal is for the program, which ends its children itself.
        start_new_session=True,
    )
