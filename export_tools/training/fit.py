"""The training loop: AdamW with one cycle, averaged weights, checkpoints to resume from."""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from export_tools.data.batches import Batch


@dataclass(frozen=True)
class Plan:
    """A run's settings.

    Attributes:
        passes, steps: passes of so many steps each.
        peak_rate: the highest learning rate; the cycle starts at a 25th of it and ends near 0.
        warm: share of all steps in which the rate rises.
        decay: AdamW's weight decay. clip: largest gradient norm.
        average: share of the averaged weights that each step keeps (exponential moving average).
        together: indexes of classes that must also be told apart among themselves; see `fit`.
        patience: passes without a better validation loss after which the run ends; 0 for never.
    """

    passes: int
    steps: int
    peak_rate: float = 5e-4
    warm: float = 0.2
    decay: float = 0.01
    clip: float = 1.0
    average: float = 0.99
    patience: int = 0
    together: tuple[int, ...] = ()


@dataclass
class Progress:
    """How far a run has come; one history row a pass."""

    done: int = 0
    best_loss: float = math.inf
    best_pass: int = -1
    history: list[dict[str, float]] = field(default_factory=list)


def rate_at(step: int, total: int, peak: float, warm: float) -> float:
    """One cycle (Smith and Topin 2018): cosine from peak/25 up to peak, then cosine down to peak/1000."""
    rising = max(1, round(total * warm))
    if step < rising:
        return peak / 25 + (peak - peak / 25) * (1 - math.cos(math.pi * step / rising)) / 2
    share = min(1.0, (step - rising) / max(1, total - rising))
    return peak / 1000 + (peak - peak / 1000) * (1 + math.cos(math.pi * share)) / 2


def fit(
    model: Any,
    plan: Plan,
    draw: Callable[[int], Iterator[Batch]],
    validate: Callable[[Any], dict[str, float]],
    checkpoint: Path,
    *,
    resume: bool,
    say: Callable[[str], None],
) -> Progress:
    """Train the model in place; at the end it holds the averaged weights.

    Args:
        draw: pass number to that pass's batches (plan.steps of them).
        validate: averaged model to named figures, among them `loss`.
        checkpoint: folder for `state.npz` and `progress.json`, written after every pass.

    With patience the best pass's averaged weights are kept, else the last's: single passes swing on
    unseen sources, the average of a finished cycle does not.

    With `plan.together` the loss is the cross-entropy over all classes plus the one over these alone,
    of the images (and shares of mixed images) that are of these classes: a package that names only
    these answers with their softmax, so that it is trained too.
    """
    import keras
    import tensorflow as tf

    optimizer = keras.optimizers.AdamW(
        learning_rate=plan.peak_rate, weight_decay=plan.decay, global_clipnorm=plan.clip
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "beta", "gamma"])
    optimizer.build(model.trainable_variables)
    logits_model = keras.Model(model.input, model.get_layer("logits").output)
    averaged = [tf.Variable(value, trainable=False) for value in model.trainable_variables]

    def take_step(images: Any, targets: Any, keep: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = logits_model(images, training=True)
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(targets, logits))
            if plan.together:
                among = tf.nn.log_softmax(tf.gather(logits, plan.together, axis=1))
                own = tf.gather(targets, plan.together, axis=1)
                loss -= tf.reduce_mean(tf.reduce_sum(own * among, axis=1))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        for slow, fast in zip(averaged, model.trainable_variables, strict=True):
            slow.assign(keep * slow + (1 - keep) * fast.value)
        return loss

    step = tf.function(take_step, reduce_retracing=True)
    state = _State(checkpoint, model, optimizer, averaged)
    progress = state.load() if resume else Progress()
    total = plan.passes * plan.steps
    for number in range(progress.done, plan.passes):
        began = time.monotonic()
        losses = []
        for index, (images, targets) in enumerate(draw(number)):
            at = number * plan.steps + index
            optimizer.learning_rate = rate_at(at, total, plan.peak_rate, plan.warm)
            # A young average forgets the initial weights faster.
            keep = min(plan.average, (1 + at) / (10 + at))
            losses.append(float(step(images, targets, tf.constant(keep, tf.float32))))
        with _holding(model, averaged):
            figures = validate(model)
        seconds = time.monotonic() - began
        row = {"pass": number + 1, "train_loss": float(np.mean(losses)), "seconds": seconds} | figures
        progress.history.append(row)
        progress.done = number + 1
        better = figures["loss"] < progress.best_loss
        if better:
            progress.best_loss, progress.best_pass = figures["loss"], number
        state.save(progress, best=better)
        left = seconds * (plan.passes - number - 1)
        told = ", ".join(f"{key} {value:.4f}" for key, value in row.items() if key not in ("pass", "seconds"))
        say(f"pass {number + 1}/{plan.passes}: {told}; {seconds:.0f} s, {left / 60:.0f} min left")
        if plan.patience and number - progress.best_pass >= plan.patience:
            say(
                f"no better for {plan.patience} passes: the weights of pass {progress.best_pass + 1} are kept"
            )
            break
    final = state.best() if plan.patience else [value.numpy() for value in averaged]
    for variable, value in zip(model.trainable_variables, final, strict=True):
        variable.assign(value)
    return progress


@contextlib.contextmanager
def _holding(model: Any, averaged: list[Any]) -> Iterator[None]:
    """Within the block the model has the averaged weights, afterwards its own again."""
    kept = [value.numpy() for value in model.trainable_variables]
    for variable, value in zip(model.trainable_variables, averaged, strict=True):
        variable.assign(value)
    try:
        yield
    finally:
        for variable, value in zip(model.trainable_variables, kept, strict=True):
            variable.assign(value)


class _State:
    """What a checkpoint holds: weights, optimiser, averaged weights, best averaged weights, progress."""

    def __init__(self, folder: Path, model: Any, optimizer: Any, averaged: list[Any]) -> None:
        self._folder, self._model, self._optimizer, self._averaged = folder, model, optimizer, averaged
        self._best: list[npt.NDArray[np.float32]] = []

    def save(self, progress: Progress, *, best: bool) -> None:
        if best or not self._best:
            self._best = [value.numpy() for value in self._averaged]
        arrays: dict[str, Any] = {
            f"{kind}{index}": np.asarray(value)
            for kind, values in (
                ("model", self._model.trainable_variables),
                ("optimizer", self._optimizer.variables),
                ("averaged", self._averaged),
                ("best", self._best),
            )
            for index, value in enumerate(values)
        }
        self._folder.mkdir(parents=True, exist_ok=True)
        beside = self._folder / "state.part.npz"
        # One file and one rename, so that weights and progress always belong together.
        np.savez(beside, progress=np.array(json.dumps(asdict(progress))), **arrays)
        beside.replace(self._folder / "state.npz")

    def load(self) -> Progress:
        place = self._folder / "state.npz"
        if not place.is_file():
            return Progress()
        with np.load(place) as archive:
            for kind, values in (
                ("model", self._model.trainable_variables),
                ("optimizer", self._optimizer.variables),
                ("averaged", self._averaged),
            ):
                for index, variable in enumerate(values):
                    variable.assign(archive[f"{kind}{index}"])
            self._best = [archive[f"best{index}"] for index in range(len(self._averaged))]
            return Progress(**json.loads(str(archive["progress"])))

    def best(self) -> list[npt.NDArray[np.float32]]:
        return self._best
