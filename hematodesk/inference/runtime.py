"""ONNX Runtime behind a small interface: the only module that imports it.

Tests replace the runtime, so that the handling of a graphics card can be tested on a machine
without one.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as _state

_FATAL = 4
"""ONNX Runtime's severity for fatal messages only; other faults arrive as exceptions."""

_ENUMERATIONS = {"graph_optimization_level": "GraphOptimizationLevel", "execution_mode": "ExecutionMode"}

RUNTIME_FAULTS: tuple[type[Exception], ...] = (
    *(
        kind
        for kind in vars(_state).values()
        if isinstance(kind, type) and issubclass(kind, Exception) and kind.__module__ == _state.__name__
    ),
    RuntimeError,
    ValueError,
    MemoryError,
)
"""The exceptions of ONNX Runtime: its own classes, and those that its binding makes of C++ ones."""


class Node(Protocol):
    """An input or output of a graph; unknown dimensions are None or a name."""

    name: str
    type: str
    shape: Sequence[int | str | None]


class Session(Protocol):
    """The part of onnxruntime.InferenceSession that is used."""

    def get_inputs(self) -> Sequence[Node]: ...

    def get_outputs(self) -> Sequence[Node]: ...

    def get_providers(self) -> Sequence[str]: ...

    def run(
        self, output_names: Sequence[str], input_feed: Mapping[str, Any], run_options: Any = None
    ) -> Sequence[npt.NDArray[Any]]: ...


class Runtime(Protocol):
    """What makes sessions."""

    def available_providers(self) -> Sequence[str]:
        """ONNX Runtime's names of the providers built in."""
        ...

    def load_cuda(self) -> None:
        """Load what the CUDA provider needs, where it came with the program; never raises."""
        ...

    def make_session(
        self, model: bytes, options: Mapping[str, str | int | bool], providers: Sequence[Any]
    ) -> Session:
        """A session of those bytes; raises one of RUNTIME_FAULTS."""
        ...


class OnnxRuntime:
    """ONNX Runtime itself, silent on standard error; the package's environment variable keeps it offline."""

    def __init__(self) -> None:
        onnxruntime.set_default_logger_severity(_FATAL)
        # Windows builds report usage through the system's event tracing unless told not to here;
        # the others take hematodesk's environment variable alone, see hematodesk/__init__.py.
        onnxruntime.disable_telemetry_events()

    def available_providers(self) -> Sequence[str]:
        """ONNX Runtime's names of the providers built in."""
        return list(onnxruntime.get_available_providers())

    def load_cuda(self) -> None:
        """Load CUDA's and cuDNN's libraries from NVIDIA's packages beside ONNX Runtime.

        The system's loader does not look there by itself. Libraries of the system's own are found
        without this; what is missing shows when a session is made.
        """
        preload = getattr(onnxruntime, "preload_dlls", None)  # ONNX Runtime 1.21 and newer
        if preload is not None:
            # It prints faults on standard output, which is reserved for the answers.
            with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(OSError, RuntimeError):
                preload(directory="")

    def make_session(
        self, model: bytes, options: Mapping[str, str | int | bool], providers: Sequence[Any]
    ) -> Session:
        """A session of those bytes.

        Options with a dot in the name are session config entries; `graph_optimization_level` and
        `execution_mode` are given by the last part of their enumeration's names; the others are
        attributes of onnxruntime.SessionOptions.
        """
        settings = onnxruntime.SessionOptions()
        settings.add_session_config_entry("session.load_model_format", "ONNX")
        for name, value in options.items():
            if "." in name:
                settings.add_session_config_entry(name, str(value))
            elif name in _ENUMERATIONS:
                setattr(settings, name, getattr(getattr(onnxruntime, _ENUMERATIONS[name]), f"ORT_{value}"))
            else:
                setattr(settings, name, value)
        # enable_fallback would print on standard output and switch to another provider unasked.
        session: Session = onnxruntime.InferenceSession(
            model, sess_options=settings, providers=list(providers), enable_fallback=0
        )
        return session


def runtime_version() -> str:
    """ONNX Runtime's version."""
    return str(onnxruntime.__version__)


def run_options() -> Any:
    """Fresh onnxruntime.RunOptions; `terminate` stops the run that they are given to."""
    return onnxruntime.RunOptions()


def terminate(options: Any) -> None:
    """Stop the run that was given these options, now or as soon as it starts."""
    options.terminate = True


def as_float32(values: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """An output as float32 (models may end in another float type)."""
    return np.asarray(values, dtype=np.float32)
