"""Loads and runs unknown models in a child process first; the outcome is stored by digest.

A model file is code for ONNX Runtime, whose loader and kernels are native: a file can make them crash, run
for ever or take all memory. So a package that did not come with the program is tried in a child with limits,
once; only one that loads there, keeps to its manifest and runs is loaded in the program itself.

ModelError codes besides those of inference.package:
    model_trial_failed: the child ended without an answer.
    model_trial_stuck: it took longer than is allowed.
    model_trial_missing: no child can be started.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from hematodesk.child.jobs import job_of
from hematodesk.child.launch import start_child
from hematodesk.child.memory import Segment
from hematodesk.child.wire import BadReply, ChildGone, read_exactly, templates_in, told_fault
from hematodesk.domain.errors import ModelError
from hematodesk.domain.messages import N_, Message
from hematodesk.domain.packages import ModelPackage
from hematodesk.inference import contract, fields, manifest_json, onnx_file, package, provider
from hematodesk.inference.package import read_model_bytes
from hematodesk.inference.trial_child import ANSWER, REPLY
from hematodesk.inference.verdicts import Verdicts

FAILED, STUCK = "model_trial_failed", "model_trial_stuck"

_TOLD = frozenset(
    {
        "model_damaged",
        "manifest_missing",
        "manifest_invalid",
        "external_data",
        "outputs_mismatch",
        "model_unsupported",
    }
)
_MOST_WORDS = 4_096


@dataclass(frozen=True, slots=True)
class TrialLimits:
    """Attributes:
    memory_bytes: private memory; loading a model of the largest size allowed takes three times as much.
    processor_s: processor time, all threads together.
    patience_s: wall time. One run alone may take contract.TRIAL_SECONDS, loading not longer than that.
    """

    memory_bytes: int = 4 * 1024**3
    processor_s: int = 400
    patience_s: float = 120.0


class ModelTrial:
    """Tries packages in children. Safe to use from several threads.

    Args:
        verdicts: what is known of models already.
        limits: what a child may use.
        tell: takes events for the log.
    """

    def __init__(
        self,
        verdicts: Verdicts,
        *,
        limits: TrialLimits | None = None,
        tell: Callable[..., None] = lambda event, /, **facts: None,
    ) -> None:
        self._verdicts = verdicts
        self._limits = limits or TrialLimits()
        self._tell = tell
        self._lock = threading.Lock()

    def check(self, package: ModelPackage, data: bytes | None = None, *, again: bool = False) -> None:
        """Make sure that the program can safely load a package; slow for an unknown one.

        Args:
            data: the file's bytes if they were read already.
            again: try a package again that was refused before.

        Raises ModelError: this module's codes, model_unsupported, outputs_mismatch, digest_mismatch, or
        those of a file that cannot be read.
        """
        if package.shipped:
            return
        with self._lock:
            verdict = self._verdicts.of(package.sha256)
            if verdict in (FAILED, STUCK) and not again:
                raise self._refused(verdict, package.path.name)
            if verdict == "":
                return
            if data is None:
                data = read_model_bytes(package.path)
            if hashlib.sha256(data).hexdigest() != package.sha256:
                raise ModelError(
                    "digest_mismatch",
                    N_("Errors", "{name} was changed after it was chosen."),
                    N_("Errors", "Choose the model again."),
                    name=package.path.name,
                )
            self._try(package, data)

    def _try(self, package: ModelPackage, data: bytes) -> None:
        name = package.path.name
        try:
            words = self._answer_of_child(data)
            fault = ModelError(*told_fault(words, _TOLD, _templates(), name)) if words else None
        except (ChildGone, BadReply):
            fault = self._refused(FAILED, name)
        except TimeoutError:
            fault = self._refused(STUCK, name)
        except OSError:
            raise ModelError(
                "model_trial_missing",
                N_("Errors", "{name} cannot be tried: no process can be started for it."),
                N_("Errors", "Start the program again. A security program may forbid it."),
                name=name,
            ) from None
        self._tell("model_tried", outcome=fault.code if fault is not None else "ok")
        # A model that is merely wrong is refused quickly again, perhaps with a better message by then.
        if fault is None or fault.code in (FAILED, STUCK):
            self._verdicts.remember(package.sha256, fault.code if fault is not None else "")
        if fault is not None:
            raise fault

    def _answer_of_child(self, data: bytes) -> bytes:
        """Start a child, pass it the model, wait: its reply, None when all went well.

        Raises ChildGone, BadReply, TimeoutError, OSError.
        """
        limits = self._limits
        with contextlib.ExitStack() as stack:
            segment = Segment(len(data), child_writes=False)
            stack.callback(segment.close)
            segment.map[:] = data
            given = [os.getpid(), limits.memory_bytes, limits.processor_s, segment.handle, segment.size]
            child = stack.enter_context(
                start_child("try-model", [str(each) for each in given], segment.descriptors)
            )
            stack.callback(child.kill)
            job = job_of(child, limits.memory_bytes, limits.processor_s)
            if job is not None:
                stack.callback(job.close)
            late = threading.Event()

            def stop() -> None:
                late.set()
                child.kill()

            watch = threading.Timer(limits.patience_s, stop)
            watch.daemon = True
            watch.start()
            assert child.stdout is not None
            try:
                magic, length = REPLY.unpack(read_exactly(child.stdout.fileno(), REPLY.size))
                if magic != ANSWER or length > _MOST_WORDS:
                    raise BadReply
                return read_exactly(child.stdout.fileno(), length)
            except ChildGone:
                if late.is_set():
                    raise TimeoutError from None
                raise
            finally:
                watch.cancel()
                watch.join()

    def _refused(self, code: str, name: str) -> ModelError:
        if code == STUCK:
            reason = Message(
                N_("Errors", "was not loaded and run once within {seconds} seconds"),
                seconds=f"{self._limits.patience_s:.0f}",
            )
        else:
            reason = Message(N_("Errors", "ended the process in which it was tried"))
        return ModelError(
            code,
            N_("Errors", "The model {name} {reason}; it is not loaded here."),
            N_(
                "Errors",
                "It is damaged, too large for this computer, or made to do harm. Ask whoever made it.",
            ),
            name=name,
            reason=reason,
        )


@cache
def _templates() -> frozenset[str]:
    """The templates of all messages that a child may send."""
    return templates_in(package, onnx_file, manifest_json, fields, provider, contract)
