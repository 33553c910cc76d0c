"""Checks a loaded model against its manifest: types, shapes and one run."""

from __future__ import annotations

import threading
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from hematodesk.domain.errors import ModelError
from hematodesk.domain.manifest import InputSpec
from hematodesk.domain.messages import N_, Message
from hematodesk.domain.packages import ModelPackage
from hematodesk.inference.preprocess import Tensor, to_tensor
from hematodesk.inference.runtime import RUNTIME_FAULTS, Session, as_float32, run_options, terminate

_SEED = 20261121

TRIAL_SECONDS = 60.0
"""The slowest networks take seconds on an old machine; a hostile graph may never end."""

_FLOATS = ("tensor(float)", "tensor(float16)", "tensor(double)")


def known_tensor(spec: InputSpec) -> Tensor:
    """The same noise image every time, as the network's input of one crop."""
    noise = np.random.default_rng(_SEED).integers(0, 256, (1, spec.height, spec.width, 3), dtype=np.uint8)
    return to_tensor(noise, spec)


def run_known(session: Session, package: ModelPackage) -> list[npt.NDArray[np.float32]]:
    """All outputs that the manifest names, for the known tensor.

    Raises one of RUNTIME_FAULTS, also when the run takes longer than TRIAL_SECONDS.
    """
    feed = {package.manifest.input.name: known_tensor(package.manifest.input)}
    options = run_options()
    watch = threading.Timer(TRIAL_SECONDS, terminate, [options])
    watch.daemon = True
    watch.start()
    try:
        values = session.run(list(package.manifest.graph_outputs), feed, options)
    finally:
        watch.cancel()
        watch.join()
    return [as_float32(value) for value in values]


def check_session(session: Session, package: ModelPackage) -> None:
    """Compare the graph with the manifest; the test run also warms up the session.

    Raises ModelError `outputs_mismatch` naming what is off, or `model_unsupported` when the
    model loads but does not run.
    """
    try:
        # Damaged names make even reading the inputs and outputs fail (UnicodeDecodeError).
        _check_input(session, package)
        _check_types(session, package)
        values = run_known(session, package)
    except RUNTIME_FAULTS as fault:
        raise ModelError(
            "model_unsupported",
            N_("Errors", "ONNX Runtime loads {name} but cannot run it ({kind})."),
            N_("Errors", "Convert the model again with `python -m export_tools convert`."),
            name=package.path.name,
            kind=type(fault).__name__,
        ) from fault
    _check_outputs(dict(zip(package.manifest.graph_outputs, values, strict=True)), package)


def _check_input(session: Session, package: ModelPackage) -> None:
    spec, inputs = package.manifest.input, session.get_inputs()
    if len(inputs) != 1 or inputs[0].name != spec.name:
        names = ", ".join(repr(node.name) for node in inputs) or Message(N_("Errors", "none"))
        _mismatch(
            package,
            N_("Errors", "has the inputs {names}, not {name} alone"),
            names=names,
            name=repr(spec.name),
        )
    if inputs[0].type != "tensor(float)":
        _mismatch(
            package,
            N_("Errors", "takes {type} as input {name}, not tensor(float)"),
            type=inputs[0].type,
            name=repr(spec.name),
        )
    side = (spec.height, spec.width)
    wanted = (1, *side, 3) if spec.layout == "nhwc" else (1, 3, *side)
    given = list(inputs[0].shape)
    fits = len(given) == 4 and all(
        not isinstance(size, int) or size == needed for size, needed in zip(given, wanted, strict=True)
    )
    if not fits:
        needed = ", ".join(str(size) for size in wanted)
        _mismatch(
            package,
            N_("Errors", "takes the input shape ({given}), not ({needed})"),
            given=", ".join(map(str, given)),
            needed=needed,
        )


def _check_types(session: Session, package: ModelPackage) -> None:
    types = {node.name: node.type for node in session.get_outputs()}
    for name in package.manifest.graph_outputs:
        if name not in types:
            _mismatch(package, N_("Errors", "has no output {name}"), name=repr(name))
        if types[name] not in _FLOATS:
            _mismatch(
                package,
                N_("Errors", "gives output {name} as {types}, not as floating-point numbers"),
                name=repr(name),
                types=types[name],
            )


def _check_outputs(values: dict[str, npt.NDArray[np.float32]], package: ModelPackage) -> None:
    outputs, classes = package.manifest.outputs, len(package.class_ids)
    scores = values[outputs.scores]
    one_sigmoid = outputs.kind == "sigmoid" and classes == 2 and scores.shape == (1, 1)
    if scores.shape != (1, classes) and not one_sigmoid:
        _mismatch(
            package,
            N_("Errors", "gives output {scores} in shape {shape}, not (1, {classes}), one a class"),
            scores=repr(outputs.scores),
            shape=scores.shape,
            classes=classes,
        )
    if outputs.activation_map is not None:
        shape = values[outputs.activation_map].shape
        if len(shape) != 4 or shape[0] != 1 or shape[3] != classes or 0 in shape:
            _mismatch(
                package,
                N_("Errors", "gives output {activation_map} in shape {shape}, not (1, h, w, {classes})"),
                activation_map=repr(outputs.activation_map),
                shape=shape,
                classes=classes,
            )
    if outputs.embedding is not None and values[outputs.embedding].ndim != 2:
        shape = values[outputs.embedding].shape
        _mismatch(
            package,
            N_("Errors", "gives output {embedding} in shape {shape}, not (1, D)"),
            embedding=repr(outputs.embedding),
            shape=shape,
        )
    familiarity = package.manifest.abstention.familiarity
    if familiarity is not None and values[familiarity.output].shape not in ((1,), (1, 1)):
        shape = values[familiarity.output].shape
        _mismatch(
            package,
            N_("Errors", "gives output {output} in shape {shape}, not (1,)"),
            output=repr(familiarity.output),
            shape=shape,
        )
    for name, value in values.items():
        if not np.isfinite(value).all():
            _mismatch(
                package,
                N_("Errors", "gives output {name} with values that are no finite numbers"),
                name=repr(name),
            )


def _mismatch(package: ModelPackage, reason: str, /, **data: object) -> NoReturn:
    """Raise `outputs_mismatch`; `reason` is a marked template."""
    raise ModelError(
        "outputs_mismatch",
        N_("Errors", "{name} {reason}."),
        N_("Errors", "Correct the manifest or the model, and convert it again."),
        name=package.path.name,
        reason=Message(reason, **data),
    )
