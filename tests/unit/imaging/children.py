"""Decoders that misbehave on purpose, to see what the pool makes of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

EVIL = """
import ctypes, errno, mmap, os, socket, sys, time
import numpy as np
from hematodesk.domain.errors import ImageError
from hematodesk.imaging import decoder_child, decoder_wire as wire, faults
real = decoder_child.decode_pixels

def attempts(data):
    '''What a file that took the decoder over would try; names of what the system let it do.'''
    def code():
        mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC)
    def write_input():
        page = np.frombuffer(data, np.uint8).ctypes.data & ~4095
        if ctypes.CDLL(None, use_errno=True).mprotect(ctypes.c_void_p(page), 4096, 3):
            raise OSError(ctypes.get_errno(), "")
    tries = {
        "open": lambda: os.close(os.open("/etc/passwd", os.O_RDONLY)),
        "create": lambda: os.close(os.open("/tmp/hematodesk-evil", os.O_WRONLY | os.O_CREAT)),
        "list": lambda: os.listdir("/"),
        "socket": lambda: socket.socket().close(),
        "fork": lambda: os.fork() or os._exit(0),
        "execute": lambda: os.execv("/bin/true", ["/bin/true"]),
        "kill the parent": lambda: os.kill(os.getppid(), 0),
        "run code of its own": code,
        "write elsewhere": lambda: os.write(0, b"x"),
        "more descriptors": lambda: os.dup(1),
        "write its input": write_input,
        "rename": lambda: os.rename("/tmp/a", "/tmp/b"),
    }
    done = []
    for name, attempt in tries.items():
        try:
            attempt()
            done.append(name)
        except (OSError, PermissionError) as fault:
            if fault.errno not in (errno.EPERM, errno.EMFILE, errno.EACCES):
                done.append(f"{name}: {fault.errno}")
    return done

def evil(data, name, **more):
    word = bytes(data[:8]).rstrip(b"\\0").decode("latin-1")
    if word == "CRASH":
        ctypes.string_at(0)
    if word == "HANG":
        while True:
            pass
    if word == "EAT":
        bytearray(3 << 30)
    if word == "TRY":
        raise faults.rare_depth(name, "did: " + ", ".join(attempts(data)))
    if word == "MODULES":
        loaded = {"onnxruntime", "PySide6", "sqlite3", "hematodesk.ui"} & set(sys.modules)
        raise faults.rare_depth(name, "loaded: " + ", ".join(loaded))
    if word.startswith("LIE"):
        lies = {
            "LIE1": b"\\xff" * 400,
            "LIE2": wire.REPLY.pack(wire.ANSWER, 1, wire.PICTURE, 0, 0, 30_000, 30_000, 1, 1, 0),
            "LIE3": wire.failed(1, faults.rare_depth("", "Fine \\x1b[31m")),
            "LIE8": wire.failed(1, ImageError("image_damaged", "All is well with {name}.", name=name)),
            "LIE4": wire.REPLY.pack(wire.ANSWER, 77, wire.PICTURE, 0, 0, 20, 20, 1, 1, 0),
            "LIE5": wire.picture(1, "png", (), 20, 20, wire.FOUND.pack(30.0)),
            "LIE6": wire.REPLY.pack(wire.ANSWER, 1, wire.PICTURE, 0, 0, 20, 20, 1, 1, wire.FOUND.size),
            "LIE7": wire.picture(1, "png", (), 20, 20, wire.FOUND.pack(-2.0)),
        }
        os.write(1, lies[word])
        while True:
            time.sleep(1)
    return real(data, name, **more)

decoder_child.decode_pixels = evil
"""


def evil_command(paths: Sequence[str] = ()) -> Callable[[str, Sequence[str]], list[str]]:
    """For launch.child_command: the real child, whose decoder obeys the word that a file begins with."""
    modules = [str(ROOT), *paths, *(path for path in sys.path if path)]

    def command(kind: str, arguments: Sequence[str]) -> list[str]:
        start = f"import sys; sys.path[:] = {modules!r}\n{EVIL}\nsys.exit(decoder_child.main(sys.argv[1:]))"
        return [sys.executable, "-I", "-S", "-c", start, *arguments]

    return command
