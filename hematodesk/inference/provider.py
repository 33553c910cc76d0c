"""Opens a package on a provider, and verifies that this provider computes.

ONNX Runtime falls back to the CPU silently, even when only CUDA is requested. So what was
*requested* and what is *active* are two facts here, and CUDA counts as active only after a run
on a known tensor that agrees with the CPU's answer.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field

import numpy as np

from hematodesk.domain.errors import ModelError, ProviderError
from hematodesk.domain.messages import N_, Message
from hematodesk.domain.packages import ModelPackage
from hematodesk.inference.contract import check_session, run_known
from hematodesk.inference.package import read_model_bytes
from hematodesk.inference.runtime import RUNTIME_FAULTS, OnnxRuntime, Runtime, Session

REQUESTS = ("auto", "cpu", "cuda")

_ORT_NAMES = {"cuda": "CUDAExecutionProvider", "cpu": "CPUExecutionProvider"}

ABSOLUTE_TOLERANCE = 1e-3
RELATIVE_TOLERANCE = 1e-3
"""CUDA passes when every value is within 1e-3 + 1e-3 * (largest CPU value of that output).

In float32 without TF32 the two differ by rounding order alone, 1e-5 of the largest value in
networks of this size; a wrong kernel or driver is off by much more.
"""

_CUDA_SETTINGS = {
    # TF32 keeps 10 bits of mantissa; without it the answers can be compared.
    "use_tf32": "0",
    # The default search takes minutes at the first run, which small networks never regain.
    "cudnn_conv_algo_search": "HEURISTIC",
}

Options = dict[str, str | int | bool]


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A package loaded and checked.

    Attributes:
        session: ONNX Runtime's session.
        package: what was loaded.
        requested: auto, cpu or cuda.
        active: cpu or cuda, proved.
        fallback_reason: one sentence on why the CPU is active instead of the preferred provider; else empty.
        options: the session options, as set.
    """

    session: Session
    package: ModelPackage
    requested: str
    active: str
    fallback_reason: str = ""
    options: Options = field(default_factory=dict)


def cpu_options(threads: int | None = None) -> Options:
    """Session options for latency on few cores.

    Measured with MobileNetV2 at 144 px, ONNX Runtime 1.31, two cores (median of a run, and the
    95th percentile where it decides):
    """
    return {
        # Spinning threads are quicker on an idle machine (1.3 ms against 1.7), but they fight with
        # the threads that decode the next image: with the cores busy 20 ms at the 95th percentile
        # against 6. They also burn 14 ms of processor time a run where 2.5 do.
        "session.intra_op.allow_spinning": "0",
        # For so small a network one thread is as fast (1.7 ms); larger ones are assumed to gain.
        "intra_op_num_threads": threads or default_threads(),
        # Operators one after the other: the graph has no branches worth a second pool.
        "execution_mode": "SEQUENTIAL",
        "inter_op_num_threads": 1,
        # 1.7 ms against 4.4 at every lower level: only this one lays convolutions out for the cache.
        "graph_optimization_level": "ENABLE_ALL",
        # 1.7 ms against 1.8 without; shapes hardly change, so the arena stays as small as one run.
        "enable_cpu_mem_arena": True,
        "enable_mem_pattern": True,
    }


def default_threads() -> int:
    """Threads inside one run: the cores that this process may use, at most 4."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on Windows and macOS
        cores = os.cpu_count() or 1
    return max(1, min(cores, 4))


def available_providers(runtime: Runtime | None = None) -> tuple[str, ...]:
    """Which of cuda and cpu are built into this ONNX Runtime; built in is not yet proved."""
    built_in = (runtime or OnnxRuntime()).available_providers()
    return tuple(name for name, ort_name in _ORT_NAMES.items() if ort_name in built_in)


def open_session(
    package: ModelPackage,
    requested: str = "auto",
    *,
    runtime: Runtime | None = None,
    threads: int | None = None,
) -> OpenSession:
    """Load a package on the provider that was asked for, or on the CPU with the reason.

    `auto` takes CUDA when it is built in and proves right, else the CPU. The file is read again
    and must still have the package's digest; the session is made of exactly those bytes. `threads`
    inside a run on the CPU; by default see default_threads.

    Raises ValueError for another request; ProviderError `provider_unavailable` when not even the
    CPU is available; ModelError digest_mismatch, model_unsupported, outputs_mismatch, or the
    codes of a file that cannot be read.
    """
    if requested not in REQUESTS:
        raise ValueError(f"the provider must be one of {', '.join(REQUESTS)}, not {requested!r}")
    runtime = runtime or OnnxRuntime()
    built_in = available_providers(runtime)
    if "cpu" not in built_in:
        raise ProviderError(
            "provider_unavailable",
            N_("Errors", "ONNX Runtime has no CPU provider, so no model can run."),
            N_("Errors", "Install the program again."),
        )
    model = read_model_bytes(package.path)
    if hashlib.sha256(model).hexdigest() != package.sha256:
        raise ModelError(
            "digest_mismatch",
            N_("Errors", "{name} was changed after it was chosen."),
            N_("Errors", "Choose the model again."),
            name=package.path.name,
        )
    options = cpu_options(threads)
    cpu = make_cpu_session(runtime, model, options, package)
    reason: str = ""
    if requested != "cpu" and "cuda" in built_in:
        reason, session, cuda_options = _try_cuda(runtime, model, package, cpu)
        if session is not None:
            return OpenSession(session, package, requested, "cuda", "", cuda_options)
    elif requested == "cuda":
        reason = Message(N_("Errors", "This ONNX Runtime was built without CUDA."))
    return OpenSession(cpu, package, requested, "cpu", reason, options)


def open_bytes(model: bytes, package: ModelPackage) -> Session:
    """A checked CPU session of bytes that are in no file yet; `package` is their parsed package.

    Raises ModelError model_unsupported, outputs_mismatch.
    """
    return make_cpu_session(OnnxRuntime(), model, cpu_options(), package)


def make_cpu_session(runtime: Runtime, model: bytes, options: Options, package: ModelPackage) -> Session:
    """A checked CPU session. Raises ModelError model_unsupported, outputs_mismatch.

    ONNX Runtime's messages contain build paths, so they stay out of the sentence.
    """
    try:
        session = runtime.make_session(model, options, [_ORT_NAMES["cpu"]])
    except RUNTIME_FAULTS as fault:
        raise ModelError(
            "model_unsupported",
            N_("Errors", "ONNX Runtime cannot load {name} ({kind})."),
            N_(
                "Errors",
                "Convert the model again with `python -m export_tools convert`, for this version of the "
                "program.",
            ),
            name=package.path.name,
            kind=type(fault).__name__,
        ) from fault
    check_session(session, package)
    return session


def _try_cuda(
    runtime: Runtime, model: bytes, package: ModelPackage, cpu: Session
) -> tuple[str, Session | None, Options]:
    """("", session, options) when CUDA proves right, else (reason, None, {})."""
    options: Options = {
        "graph_optimization_level": "ENABLE_ALL",
        # Any operator that CUDA cannot take makes loading fail, instead of running half on the CPU.
        "session.disable_cpu_ep_fallback": "1",
    }
    recorded: Options = {**options, **{f"cuda.{name}": value for name, value in _CUDA_SETTINGS.items()}}
    runtime.load_cuda()
    try:
        session = runtime.make_session(model, options, [(_ORT_NAMES["cuda"], dict(_CUDA_SETTINGS))])
    except RUNTIME_FAULTS as fault:
        kind = type(fault).__name__
        return Message(N_("Errors", "CUDA could not load the model ({kind})."), kind=kind), None, {}
    if not session.get_providers() or session.get_providers()[0] != _ORT_NAMES["cuda"]:
        chose = N_("Errors", "CUDA was asked for, but ONNX Runtime chose another provider.")
        return Message(chose), None, {}
    names = package.manifest.graph_outputs
    try:
        ours = run_known(session, package)
    except RUNTIME_FAULTS as fault:
        kind = type(fault).__name__
        return Message(N_("Errors", "CUDA failed in a trial run ({kind})."), kind=kind), None, {}
    for name, got, wanted in zip(names, ours, run_known(cpu, package), strict=True):
        allowed = ABSOLUTE_TOLERANCE + RELATIVE_TOLERANCE * float(np.abs(wanted).max(initial=0))
        if got.shape != wanted.shape:
            shape = N_("Errors", "CUDA gave output {name} in another shape than the CPU.")
            return Message(shape, name=repr(name)), None, {}
        largest = float(np.abs(got - wanted).max(initial=0))
        # Written so that a NaN on either side fails.
        if not largest <= allowed:
            differ = N_("Errors", "CUDA's answers differ from the CPU's by {number}, more than {most}.")
            return Message(differ, number=f"{largest:.2g}", most=f"{allowed:.2g}"), None, {}
    return "", session, recorded
