"""Classifies crops with a loaded package."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.cells import Prediction, Provenance, UncertainReason, now_utc
from hematodesk.domain.errors import Cancelled, ModelError, ProviderError
from hematodesk.domain.manifest import CropRule
from hematodesk.domain.messages import N_, Message, counted
from hematodesk.domain.packages import ModelPackage
from hematodesk.domain.statistics import softmax
from hematodesk.inference.evidence import Evidence, agree_exactly, biases_before_sigmoid
from hematodesk.inference.preprocess import Crop, to_tensor
from hematodesk.inference.provider import OpenSession, Options, open_session
from hematodesk.inference.runtime import RUNTIME_FAULTS, Session, as_float32, run_options, terminate

_CROPS_A_RUN = {"cpu": 4, "cuda": 32}
"""Crops in one run at most, by provider. On a processor eight make a batch 3 % quicker and keep 55 MB more
memory (ARCHITECTURE.md)."""

_SLACK = 1e-3
"""How far probabilities may leave 0 to 1 by rounding before the manifest's kind is called wrong."""

_SMALLEST = 1e-30
"""Replaces a probability of 0, which has no logarithm."""


class Classifier:
    """One package on one provider, ready to name cells. Safe to use from several threads.

    Raises what `open_session` raises.
    """

    def __init__(
        self,
        package: ModelPackage,
        requested: str = "auto",
        *,
        opener: Callable[..., OpenSession] = open_session,
    ) -> None:
        self._open_sparing = partial(opener, package, "cpu", threads=1)
        self._sparing: Session | None = None
        self._making = threading.Lock()
        self._open = opener(package, requested)
        manifest = package.manifest
        familiarity = manifest.abstention.familiarity
        self._familiarity = familiarity
        self._names = [manifest.outputs.scores]
        if familiarity is not None:
            self._names.append(familiarity.output)
        # A graph may be made for one crop at a time, whatever the provider.
        fixed = isinstance(self._open.session.get_inputs()[0].shape[0], int)
        self._batch = 1 if fixed else _CROPS_A_RUN[self._open.active]
        self._exact_maps: bool | None = None
        self._biases: npt.NDArray[np.float32] | None = None

    @property
    def package(self) -> ModelPackage:
        """What was loaded."""
        return self._open.package

    @property
    def requested(self) -> str:
        """The provider asked for: auto, cpu or cuda."""
        return self._open.requested

    @property
    def active(self) -> str:
        """The provider that runs, proved: cpu or cuda."""
        return self._open.active

    @property
    def fallback_reason(self) -> str:
        """Why the CPU runs instead of the preferred provider; empty without a fallback."""
        return self._open.fallback_reason

    @property
    def session_options(self) -> Options:
        """The session options as they were set."""
        return {**self._open.options, "crops_a_run": self._batch}

    @property
    def input_size(self) -> int:
        """Side of the square crops, in pixels."""
        return self.package.manifest.input.width

    @property
    def crop_rule(self) -> CropRule:
        """What part of an image the model wants."""
        return self.package.manifest.input.crop

    @property
    def crops_a_run(self) -> int:
        """How many crops one run takes at most."""
        return self._batch

    def classify(
        self, crops: Sequence[Crop], cancel: CancelToken | None = None, *, sparing: bool = False
    ) -> list[Prediction]:
        """Name each crop.

        Args:
            crops: uint8 (input_size, input_size, 3) RGB each; none gives none.
            cancel: stops the work between runs and inside a run.
            sparing: other work keeps the cores busy, so processor time counts and not latency: on the
                processor runs then take one thread, in a session of its own. Answers are the same.

        Returns one Prediction a crop, in order.

        Raises Cancelled; ValueError when a crop has another size or type; ModelError
        `model_unsupported` when a run fails, `outputs_mismatch` when its numbers make no sense.
        """
        predictions: list[Prediction] = []
        run = partial(self._run, session=self._sparing_session()) if sparing else self._run
        for first in range(0, len(crops), self._batch):
            if cancel is not None:
                cancel.check()
            batch = crops[first : first + self._batch]
            started = time.perf_counter()
            values = run(batch, self._names, cancel)
            probabilities = self._probabilities(values[0], len(batch))
            strange = self._strange(values[1] if self._familiarity is not None else None, len(batch))
            elapsed = (time.perf_counter() - started) * 1000 / len(batch)
            for index in range(len(batch)):
                predictions.append(self._prediction(probabilities[index], strange[index], elapsed))
        return predictions

    def evidence(self, crop: Crop, cancel: CancelToken | None = None) -> Evidence | None:
        """The activation maps of all classes for one crop, and the scores that they belong to.

        The first call also proves, by one more run, whether the maps explain the scores exactly.
        None when the package has no such output. Raises what `classify` raises.
        """
        outputs = self.package.manifest.outputs
        if outputs.activation_map is None:
            return None
        names = [outputs.scores, outputs.activation_map]
        scores, maps = self._run([crop], names, cancel)
        if self._exact_maps is None:
            others = self._run([np.ascontiguousarray(255 - crop)], names, cancel)
            pairs = (scores, maps), (others[0], others[1])
            if outputs.kind == "sigmoid":
                self._biases = biases_before_sigmoid(*pairs)
            self._exact_maps = self._biases is not None or (
                outputs.kind == "logits" and agree_exactly(*pairs)
            )
        told = scores[0] if self._biases is None else maps[0].mean(axis=(0, 1)) + self._biases
        return Evidence(maps[0], told, exact=self._exact_maps)

    def embed(
        self, crops: Sequence[Crop], cancel: CancelToken | None = None
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32] | None]:
        """The network's embedding of each crop, and the value of the familiarity output.

        Returns the embeddings (N, D), and the values of the familiarity output (N,) or None.
        Raises what `classify` raises, and ValueError for a package without an embedding.
        """
        embedding = self.package.manifest.outputs.embedding
        if embedding is None:
            raise ValueError("the package gives no embedding")
        names = [embedding] if self._familiarity is None else [embedding, self._familiarity.output]
        parts = [
            self._run(crops[first : first + self._batch], names, cancel)
            for first in range(0, len(crops), self._batch)
        ]
        strange = (
            None if self._familiarity is None else np.concatenate([part[1].reshape(-1) for part in parts])
        )
        return np.concatenate([part[0] for part in parts]), strange

    def _sparing_session(self) -> Session:
        """The session with one thread, made at its first use; the usual one where that is impossible."""
        with self._making:
            if self._sparing is None:
                self._sparing = self._open.session
                if self._open.active == "cpu" and self._open.options.get("intra_op_num_threads") != 1:
                    with contextlib.suppress(ModelError, ProviderError):
                        self._sparing = self._open_sparing().session
            return self._sparing

    def _run(
        self,
        crops: Sequence[Crop],
        names: list[str],
        cancel: CancelToken | None,
        session: Session | None = None,
    ) -> list[npt.NDArray[np.float32]]:
        session = session or self._open.session
        spec = self.package.manifest.input
        feed = {spec.name: to_tensor(crops, spec)}
        options = run_options()
        forget = cancel.on_cancel(lambda: terminate(options)) if cancel is not None else None
        try:
            values = session.run(names, feed, options)
        except RUNTIME_FAULTS as fault:
            if cancel is not None and cancel.cancelled:
                raise Cancelled from None
            raise ModelError(
                "model_unsupported",
                N_("Errors", "The model {name} failed in a run ({kind})."),
                N_("Errors", "Choose the CPU as provider, or another model."),
                name=self.package.name,
                kind=type(fault).__name__,
            ) from fault
        finally:
            if forget is not None:
                forget()
        if cancel is not None:
            cancel.check()
        return [as_float32(value) for value in values]

    def _probabilities(self, scores: npt.NDArray[np.float32], count: int) -> npt.NDArray[np.float64]:
        """Calibrated probabilities (count, K) of the raw scores.

        Temperature works on logarithms of probabilities as it does on logits: they differ by a
        constant per crop, which the softmax takes out.
        """
        outputs = self.package.manifest.outputs
        columns = (len(self.package.class_ids), 1 if outputs.kind == "sigmoid" else 0)
        if scores.ndim != 2 or scores.shape[0] != count or scores.shape[1] not in columns:
            words = N_("Errors", "scores of shape {shape} for {crops}")
            raise self._nonsense(Message(words, shape=scores.shape, crops=_crops_words(count)))
        if not np.isfinite(scores).all():
            raise self._nonsense(Message(N_("Errors", "scores that are no finite numbers")))
        logits = scores.astype(np.float64)
        if outputs.kind != "logits":
            if logits.min() < -_SLACK or logits.max() > 1 + _SLACK:
                outside = N_("Errors", "values outside 0 to 1, though its manifest says {kind}")
                raise self._nonsense(Message(outside, kind=outputs.kind))
            if logits.shape[1] == 1:
                logits = np.concatenate([1 - logits, logits], axis=1)
            logits = np.log(np.clip(logits, _SMALLEST, 1))
        return softmax(logits, self.package.manifest.temperature)

    def _nonsense(self, what: Message) -> ModelError:
        return ModelError(
            "outputs_mismatch",
            N_("Errors", "The model {name} gave {what}."),
            N_("Errors", "Correct outputs.kind in its manifest, or choose another model."),
            name=self.package.name,
            what=what,
        )

    def _strange(self, values: npt.NDArray[np.float32] | None, count: int) -> list[bool]:
        """Whether each crop is unfamiliar to the model; NaN counts as unfamiliar."""
        if values is None or self._familiarity is None:
            return [False] * count
        if values.size != count:
            one, many = N_("Errors", "1 value of familiarity"), N_("Errors", "{count} values of familiarity")
            told = counted(values.size, one, many)
            words = N_("Errors", "{values} for {crops}")
            raise self._nonsense(Message(words, values=told, crops=_crops_words(count)))
        return [not value <= self._familiarity.max for value in values.reshape(-1).tolist()]

    def _prediction(
        self, probabilities: npt.NDArray[np.float64], strange: bool, elapsed_ms: float
    ) -> Prediction:
        ids, abstention = self.package.class_ids, self.package.manifest.abstention
        # Stable, so that a tie goes to the class that the manifest names first.
        order = np.argsort(-probabilities, kind="stable")
        ranked = tuple((ids[index], float(probabilities[index])) for index in order)
        uncertain = None
        if strange:
            uncertain = UncertainReason.UNFAMILIAR
        elif ranked[0][1] < abstention.min_confidence:
            uncertain = UncertainReason.LOW_CONFIDENCE
        return Prediction(
            ranked,
            uncertain,
            Provenance(
                self.package.name,
                self.package.version,
                self.package.sha256,
                self.requested,
                self.active,
                elapsed_ms,
                now_utc(),
            ),
        )


def _crops_words(count: int) -> Message:
    return counted(count, N_("Errors", "1 crop"), N_("Errors", "{count} crops"))
