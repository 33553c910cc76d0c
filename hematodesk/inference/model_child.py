"""The child in which a model that did not come with the program is loaded, checked, and runs.

A model file is code for ONNX Runtime, whose loader and kernels are native: a file can make them crash, run
for ever or take all memory, at once or only for some image.
"""

from __future__ import annotations

import importlib
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hematodesk.child.confine import Limits, begin, confine
from hematodesk.child.landlock import landlock_version
from hematodesk.child.memory import attached
from hematodesk.child.seccomp import Allowed
from hematodesk.child.wire import NAME_STANDS_HERE, ChildGone, fault_words, read_exactly, write_whole
from hematodesk.domain.errors import ModelError
from hematodesk.inference import model_wire as wire
from hematodesk.inference.package import parse_package
from hematodesk.inference.provider import cpu_options, make_cpu_session
from hematodesk.inference.runtime import RUNTIME_FAULTS, OnnxRuntime, Session, as_float32

_STDIN, _STDOUT, _STDERR = 0, 1, 2

_PROCESSOR = (Path("/proc/cpuinfo"), Path("/sys/devices/system/cpu"))
"""What ONNX Runtime reads when it chooses its kernels."""

_RUN_FAULTS: tuple[type[Exception], ...] = (ModelError, *RUNTIME_FAULTS, TypeError)
"""TypeError: an output that is no tensor, such as an empty optional."""


def main(arguments: Sequence[str]) -> int:
    """Load the model, then run it as often as is asked until the parent closes the pipe.

    Args:
        arguments: the parent's process id, memory in bytes, processor time in seconds, then handle and
            size of the segments of the model file, of the input and of the outputs.
    """
    parent, memory_bytes, processor_s = (int(each) for each in arguments[:3])
    in_force = begin(parent)
    if sys.platform == "win32":
        import msvcrt

        for descriptor in (_STDIN, _STDOUT):
            msvcrt.setmode(descriptor, os.O_BINARY)
    model = attached(arguments[3], int(arguments[4]), writes=False)
    given = np.frombuffer(attached(arguments[5], int(arguments[6]), writes=False), np.float32)
    made = np.frombuffer(attached(arguments[7], int(arguments[8]), writes=True), np.float32)
    runtime = OnnxRuntime()
    # What is imported late elsewhere; afterwards no library can be loaded.
    importlib.import_module("numpy.random")
    # Loading starts threads and looks the processor's features up in files, which it can do without: where
    # Landlock does not say which files, none is opened.
    allowed = Allowed((_STDIN,), (_STDOUT, _STDERR), threads=True, files=landlock_version() > 0)
    in_force += confine(Limits(memory_bytes, processor_s), allowed, _PROCESSOR)
    try:
        package = parse_package(bytes(model), Path(NAME_STANDS_HERE))
        session = make_cpu_session(runtime, bytes(model), cpu_options(), package)
        fixed = isinstance(session.get_inputs()[0].shape[0], int)
    except ModelError as error:
        write_whole(_STDOUT, wire.reply(0, wire.FAILED, fault_words(error)))
        return 0
    sessions = {False: session}
    names, feed_name = package.manifest.graph_outputs, package.manifest.input.name
    write_whole(_STDOUT, wire.reply(0, wire.READY, wire.greeting(fixed, in_force)))
    while True:
        try:
            asked = wire.REQUEST.unpack(read_exactly(_STDIN, wire.REQUEST.size))
        except ChildGone:
            return 0
        magic, number, sparing, bits, *shape = asked
        size = math.prod(shape)
        if magic != wire.ASK or size > len(given) or bits >= 1 << len(names):
            return 1
        wanted = [name for place, name in enumerate(names) if bits & 1 << place]
        try:
            if sparing not in sessions:
                sessions[sparing] = make_cpu_session(runtime, bytes(model), cpu_options(1), package)
            tensor = given[:size].reshape(shape)
            shapes = _run(sessions[sparing], wanted, {feed_name: tensor}, made)
        except _RUN_FAULTS:
            shapes = None
        if shapes is None:
            write_whole(_STDOUT, wire.reply(number, wire.FAILED))
        else:
            write_whole(_STDOUT, wire.reply(number, wire.VALUES, wire.shapes(shapes)))


def _run(
    session: Session, wanted: list[str], feed: dict[str, np.ndarray], made: np.ndarray
) -> list[wire.Shape] | None:
    """Lay the outputs one after the other into `made`; their shapes, None when they do not fit."""
    shapes: list[wire.Shape] = []
    at = 0
    for each in session.run(wanted, feed):
        value = as_float32(each)
        if value.ndim > wire.MOST_DIMENSIONS or at + value.size > len(made):
            return None
        made[at : at + value.size] = value.reshape(-1)
        at += value.size
        shapes.append(value.shape)
    return shapes
