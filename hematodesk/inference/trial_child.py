"""The child in which an unknown model is loaded and run for the first time."""

from __future__ import annotations

import importlib
import struct
import sys
from collections.abc import Sequence
from pathlib import Path

from hematodesk.child.confine import Limits, begin, confine
from hematodesk.child.memory import attached
from hematodesk.child.seccomp import Allowed
from hematodesk.child.wire import NAME_STANDS_HERE, fault_words, write_whole
from hematodesk.domain.errors import ModelError
from hematodesk.inference.package import parse_package
from hematodesk.inference.provider import open_bytes
from hematodesk.inference.runtime import OnnxRuntime

REPLY = struct.Struct("<4sI")
"""Magic, and the length of the words after it: none when all went well, else code, message, remedy."""

ANSWER = b"hmT1"
_STDIN, _STDOUT, _STDERR = 0, 1, 2


def main(arguments: Sequence[str]) -> int:
    """Try one model and end.

    Args:
        arguments: the parent's process id, memory in bytes, processor time in seconds, then handle and
            size of the segment that holds the model file.
    """
    parent, memory_bytes, processor_s = (int(each) for each in arguments[:3])
    begin(parent)
    model = bytes(attached(arguments[3], int(arguments[4]), writes=False))
    OnnxRuntime()
    # What is imported late elsewhere; afterwards no library can be loaded.
    importlib.import_module("numpy.random")
    # Loading reads the processor's features from files and starts threads; more is not needed.
    allowed = Allowed((_STDIN,), (_STDOUT, _STDERR), threads_and_files=True)
    confine(Limits(memory_bytes, processor_s), allowed)
    try:
        open_bytes(model, parse_package(model, Path(NAME_STANDS_HERE)))
        words = b""
    except ModelError as error:
        words = fault_words(error)
    if sys.platform == "win32":
        import msvcrt
        import os

        msvcrt.setmode(_STDOUT, os.O_BINARY)
    write_whole(_STDOUT, REPLY.pack(ANSWER, len(words)) + words)
    return 0
