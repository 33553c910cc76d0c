"""Sessions of models that did not come with the program: they compute in confined children, on the CPU.

A graph may do harm at one image only, so that one good run proves nothing about the next. A child that ends,
or takes too long, is one failed run; the next run starts another one, a few times.

A graphics card's driver needs rights that a confined process does not have, so CUDA is for the packages that
came with the program.

ModelError codes:
    model_trial_failed, model_trial_stuck, model_trial_missing: it cannot be loaded, see `opened`.
    model_run_failed: the child ended in a run, or answered nonsense.
    model_run_stuck: a run took longer than is allowed.
    model_given_up: that happened too often.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hematodesk.child.memory import Segment
from hematodesk.child.wire import BadReply, ChildGone
from hematodesk.domain.errors import ModelError
from hematodesk.domain.messages import N_, Message
from hematodesk.domain.packages import ModelPackage
from hematodesk.inference.model_process import ModelLimits, ModelProcess
from hematodesk.inference.package import read_model_bytes
from hematodesk.inference.provider import (
    REQUESTS,
    OpenSession,
    available_providers,
    cpu_options,
    default_threads,
)

FAILED, STUCK = "model_trial_failed", "model_trial_stuck"

_MOST_FAILURES = 3
"""Children in a row that may end in a run before the model is given up."""


@dataclass(slots=True)
class _Node:
    """An input or output as the manifest names it; the child has compared the graph with it."""

    name: str
    type: str
    shape: Sequence[int | str | None]


class ConfinedModel:
    """One model in as many children as are busy at once, `limits.threads` at most. Thread-safe.

    Args:
        data: the file's bytes, of which `package` was parsed.

    Raises ModelError: see `_opened`.
    """

    def __init__(self, data: bytes, package: ModelPackage, limits: ModelLimits) -> None:
        self._package = package
        self._limits = limits
        self._name = package.path.name
        self._free = threading.Condition()
        self._idle: list[ModelProcess] = []
        self._all: list[ModelProcess] = []
        self._starting = self._failures = 0
        try:
            self._model = Segment(len(data), child_writes=False)
        except OSError:
            raise _missing(self._name) from None
        self._model.map[:] = data
        # Not through a bound method, which would keep this object alive.
        self._finalizer = weakref.finalize(self, _end_all, self._all, self._model)
        first = self._opened()
        self._all.append(first)
        self._idle.append(first)
        assert first.greeting is not None
        self.fixed = first.greeting.fixed
        self.in_force = first.greeting.in_force

    def run(
        self, names: Sequence[str], tensor: npt.NDArray[np.float32], run_options: Any, *, sparing: bool
    ) -> list[npt.NDArray[np.float32]]:
        """The outputs of those names.

        Raises ModelError: this module's codes, or outputs_mismatch; RuntimeError when the run itself failed,
        or was stopped.
        """

        def stop() -> bool:
            return bool(getattr(run_options, "terminate", False))

        with self._child(stop) as child:
            try:
                values = child.run(names, tensor, sparing=sparing, stop=stop)
            except (ChildGone, BadReply, TimeoutError) as fault:
                child.kill()
                if stop():
                    raise RuntimeError("the run was stopped") from None
                with self._free:
                    self._failures += 1
                raise self._ended(isinstance(fault, TimeoutError)) from None
        if values is None:
            raise RuntimeError("the run failed in its process")
        with self._free:
            self._failures = 0
        self._check(dict(zip(names, values, strict=True)), len(tensor))
        return values

    def close(self) -> None:
        """End all children; may be called twice."""
        self._finalizer()

    @contextlib.contextmanager
    def _child(self, stop: Any) -> Iterator[ModelProcess]:
        """A child for this thread alone. Raises ModelError, RuntimeError when the run was stopped."""
        child = self._taken(stop)
        failed = True
        try:
            yield child
            failed = False
        finally:
            keep = not failed and not child.tired
            with self._free:
                if keep:
                    self._idle.append(child)
                else:
                    self._all.remove(child)
                self._free.notify()
            if not keep:
                child.end()

    def _taken(self, stop: Any) -> ModelProcess:
        with self._free:
            while True:
                if self._failures >= _MOST_FAILURES:
                    raise ModelError(
                        "model_given_up",
                        N_(
                            "Errors", "The model {name} ended {count} times in a row and is not used further."
                        ),
                        N_("Errors", "Choose another model."),
                        name=self._name,
                        count=_MOST_FAILURES,
                    )
                if self._idle:
                    return self._idle.pop()
                if len(self._all) + self._starting < self._limits.threads:
                    self._starting += 1
                    break
                if stop():
                    raise RuntimeError("the run was stopped")
                self._free.wait(0.05)
        child = None
        try:
            child = self._opened()
        finally:
            with self._free:
                self._starting -= 1
                if child is not None:
                    self._all.append(child)
                self._free.notify()
        return child

    def _opened(self) -> ModelProcess:
        """A child that has loaded and checked the model.

        Raises ModelError: `model_trial_failed`, `model_trial_stuck`, `model_trial_missing` when no process
        can be started, or what is wrong with the model.
        """
        try:
            child = ModelProcess(self._model, self._package, self._limits)
        except OSError:
            raise _missing(self._name) from None
        try:
            child.greet(self._name)
        except (ChildGone, BadReply):
            child.end()
            raise refused(FAILED, self._name, self._limits) from None
        except TimeoutError:
            child.end()
            raise refused(STUCK, self._name, self._limits) from None
        except BaseException:
            child.end()
            raise
        return child

    def _check(self, values: Mapping[str, npt.NDArray[np.float32]], count: int) -> None:
        """Shapes that follow the manifest, and finite numbers. Raises ModelError outputs_mismatch."""
        outputs, classes = self._package.manifest.outputs, len(self._package.class_ids)
        for name, value in values.items():
            shape = value.shape
            if name == outputs.scores:
                fits = shape in ((count, classes), (count, 1))
            elif name == outputs.activation_map:
                fits = len(shape) == 4 and (shape[0], shape[3]) == (count, classes) and 0 not in shape
            elif name == outputs.embedding:
                fits = len(shape) == 2 and shape[0] == count
            else:
                # A familiarity that is no number counts as unfamiliar.
                if value.size == count:
                    continue
                fits = False
            if fits and np.isfinite(value).all():
                continue
            what = (
                Message(N_("Errors", "values in output {name} that are no finite numbers"), name=repr(name))
                if fits
                else Message(N_("Errors", "output {name} in shape {shape}"), name=repr(name), shape=shape)
            )
            raise ModelError(
                "outputs_mismatch",
                N_("Errors", "The model {name} gave {what}."),
                N_("Errors", "Choose another model."),
                name=self._package.name,
                what=what,
            )

    def _ended(self, late: bool) -> ModelError:
        remedy = N_("Errors", "Go on with another model; this one may be made to do harm.")
        if late:
            return ModelError(
                "model_run_stuck",
                N_("Errors", "The model {name} took longer than {seconds} seconds and was ended."),
                remedy,
                name=self._name,
                seconds=f"{self._limits.run_s:.0f}",
            )
        return ModelError(
            "model_run_failed",
            N_("Errors", "The model {name} ended the process in which it computes."),
            remedy,
            name=self._name,
        )


class ConfinedSession:
    """A confined model as a Session; `sparing` computes a run on one thread."""

    def __init__(self, model: ConfinedModel, package: ModelPackage, *, sparing: bool) -> None:
        self._model = model
        self._package = package
        self._sparing = sparing

    def get_inputs(self) -> Sequence[_Node]:
        """The manifest's input; the first dimension is 1 where the graph is made for one crop."""
        spec = self._package.manifest.input
        side = (3, spec.height, spec.width) if spec.layout == "nchw" else (spec.height, spec.width, 3)
        return [_Node(spec.name, "tensor(float)", (1 if self._model.fixed else None, *side))]

    def get_outputs(self) -> Sequence[_Node]:
        """The manifest's outputs."""
        return [_Node(name, "tensor(float)", ()) for name in self._package.manifest.graph_outputs]

    def get_providers(self) -> Sequence[str]:
        """The CPU's alone."""
        return ["CPUExecutionProvider"]

    def run(
        self, output_names: Sequence[str], input_feed: Mapping[str, Any], run_options: Any = None
    ) -> Sequence[npt.NDArray[Any]]:
        """See ConfinedModel.run."""
        (tensor,) = input_feed.values()
        return self._model.run(output_names, tensor, run_options, sparing=self._sparing)


class Confinement:
    """Opens foreign packages; sessions of one package share its children while one of them is in use."""

    def __init__(self, limits: ModelLimits | None = None) -> None:
        self._limits = limits or ModelLimits(threads=default_threads())
        self._lock = threading.Lock()
        self._models: weakref.WeakValueDictionary[str, ConfinedModel] = weakref.WeakValueDictionary()

    def open(
        self, package: ModelPackage, requested: str = "auto", *, threads: int | None = None
    ) -> OpenSession:
        """Like provider.open_session, on the CPU and in children.

        Args:
            threads: 1 computes each run on one thread.

        Raises ValueError for an unknown provider; ModelError: digest_mismatch, those of a file that cannot
        be read, and those of ConfinedModel.
        """
        if requested not in REQUESTS:
            raise ValueError(f"the provider must be one of {', '.join(REQUESTS)}, not {requested!r}")
        with self._lock:
            model = self._models.get(package.sha256)
            if model is None:
                data = read_model_bytes(package.path)
                if hashlib.sha256(data).hexdigest() != package.sha256:
                    raise changed(package.path.name)
                model = ConfinedModel(data, package, self._limits)
                self._models[package.sha256] = model
        reason: str = ""
        if requested != "cpu" and "cuda" in available_providers():
            reason = Message(
                N_("Errors", "CUDA is for models that came with the program; this one computes confined.")
            )
        elif requested == "cuda":
            reason = Message(N_("Errors", "This ONNX Runtime was built without CUDA."))
        session = ConfinedSession(model, package, sparing=threads == 1)
        return OpenSession(
            session, package, requested, "cpu", reason, {**cpu_options(threads), "confined": True}
        )

    def close(self) -> None:
        """End the children of all models that were opened; may be called twice."""
        with self._lock:
            models = list(self._models.values())
        for each in models:
            each.close()

    def open_bytes(self, data: bytes, package: ModelPackage) -> ConfinedSession:
        """A session of bytes that are in no file yet. Raises ModelError: those of ConfinedModel."""
        return ConfinedSession(ConfinedModel(data, package, self._limits), package, sparing=False)


def changed(name: str) -> ModelError:
    """The error of a file with other bytes than those that were chosen."""
    return ModelError(
        "digest_mismatch",
        N_("Errors", "{name} was changed after it was chosen."),
        N_("Errors", "Choose the model again."),
        name=name,
    )


def refused(code: str, name: str, limits: ModelLimits) -> ModelError:
    """The error of a model that ended its first child, or was not loaded in time."""
    if code == STUCK:
        reason = Message(
            N_("Errors", "was not loaded and run once within {seconds} seconds"),
            seconds=f"{limits.start_s:.0f}",
        )
    else:
        reason = Message(N_("Errors", "ended the process in which it was tried"))
    return ModelError(
        code,
        N_("Errors", "The model {name} {reason}; it is not loaded here."),
        N_("Errors", "It is damaged, too large for this computer, or made to do harm. Ask whoever made it."),
        name=name,
        reason=reason,
    )


def _missing(name: str) -> ModelError:
    return ModelError(
        "model_trial_missing",
        N_("Errors", "{name} cannot be tried: no process can be started for it."),
        N_("Errors", "Start the program again. A security program may forbid it."),
        name=name,
    )


def _end_all(children: list[ModelProcess], model: Segment) -> None:
    for each in list(children):
        each.end()
    model.close()
