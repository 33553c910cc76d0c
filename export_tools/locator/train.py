"""Train the locator's small network and write its constants beside imaging.locate.

A fully convolutional network of some 100,000 numbers, after the idea of Zhou et al. 2019,
"Objects as Points": heat maps of the middles of white cells, red cells and platelets at an eighth
of the working scale, and the boxes of white and red cells. Batch normalisation is folded into the
convolutions, so that the program needs nothing but matrix products.

The shipped constants come from two runs: 6,000 steps at a rate of 0.003 (seed 20261121), before pairs,
border cells and the list of wrongly boxed fields were added to `fields`, and from these 2,400
steps more at 0.0012 (`--start`, seed 7) with them. The pictures drawn depend on the seed alone, the
sums on the machine's threads, so a new run gives constants as good but not the same to the bit.
"""

from __future__ import annotations

import argparse
import os
import queue
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from export_tools.locator.fields import Field, read_fields
from export_tools.locator.pictures import Sampler
from export_tools.locator.targets import STRIDE

STEM = (16, 24, 48)
"""Channels of the three halving convolutions."""

DILATIONS = (1, 2, 4, 1)
"""Of the residual convolutions behind them."""

OUTPUTS = 3 + 4 + 4

TRAIN_SIZE = (160, 192)


def add_parser(subparsers: Any) -> None:
    """Add `locate-train` to the export tools' commands."""
    parser = subparsers.add_parser("locate-train", help="train the white-cell locator's network")
    parser.add_argument("data", type=Path, help="folder that holds bccd, txl and pbc")
    parser.add_argument("--output", type=Path, default=Path("hematodesk/imaging/locator.npz"))
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--start", type=Path, help="constants of an earlier run to go on from")
    parser.add_argument("--rate", type=float, default=3e-3, help="highest learning rate (default 0.003)")
    parser.add_argument("--seed", type=int, default=20261121)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Train on the fields of split `train` and write the constants; returns 0."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    fields = read_fields(arguments.data)
    model = train(
        [field for field in fields if field.split == "train"],
        steps=arguments.steps,
        batch=arguments.batch,
        seed=arguments.seed,
        rate=arguments.rate,
        start=arguments.start,
        save=lambda trained: write_constants(trained, arguments.output),
    )
    write_constants(model, arguments.output)
    print(f"wrote {arguments.output}")
    return 0


def build() -> Any:
    """The network: (N, H, W, 3) from -1 to 1, sides multiples of 8, to (N, H/8, W/8, OUTPUTS)."""
    import keras

    def block(value: Any, channels: int, stride: int, dilation: int) -> Any:
        value = keras.layers.Conv2D(
            channels, 3, strides=stride, dilation_rate=dilation, padding="same", use_bias=False
        )(value)
        return keras.layers.BatchNormalization(momentum=0.98, epsilon=1e-3)(value)

    picture = keras.Input((None, None, 3))
    value = picture
    for channels in STEM:
        value = keras.layers.ReLU()(block(value, channels, 2, 1))
    for dilation in DILATIONS:
        value = keras.layers.ReLU()(keras.layers.Add()([value, block(value, STEM[-1], 1, dilation)]))
    bias = keras.initializers.Constant([-3.0] * 3 + [0.0, 0.0, 1.5, 1.5, 0.0, 0.0, 1.2, 1.2])
    value = keras.layers.Conv2D(OUTPUTS, 1, bias_initializer=bias)(value)
    return keras.Model(picture, value)


def loss(target: Any, output: Any) -> Any:
    """Penalty-reduced focal loss of the heat maps plus the boxes' smooth L1, as one number."""
    from keras import ops

    heat, weight = target[..., 0:3], target[..., 3:6]
    logit = output[..., 0:3]
    chance = ops.clip(ops.sigmoid(logit), 1e-4, 1 - 1e-4)
    peak = ops.cast(heat > 0.999, "float32")
    hit = peak * ops.square(1 - chance) * ops.log(chance)
    miss = (1 - peak) * weight * (1 - heat) ** 4 * ops.square(chance) * ops.log(1 - chance)
    classes = np.array([3.0, 1.0, 0.5], np.float32)
    focal = -ops.sum((hit + miss) * classes) / (ops.sum(peak) + 1.0)
    total = focal
    for kind, factor in ((0, 2.0), (1, 1.0)):
        first = 6 + 5 * kind
        mask = target[..., first : first + 1]
        gap = ops.abs(target[..., first + 1 : first + 5] - output[..., 3 + 4 * kind : 7 + 4 * kind])
        smooth = ops.where(gap < 0.1, gap * gap * 5.0, gap - 0.05)
        total = total + factor * ops.sum(mask * smooth) / (4.0 * ops.sum(mask) + 1.0)
    return total


def train(
    fields: list[Field], *, steps: int, batch: int, seed: int, rate: float, start: Path | None, save: Any
) -> Any:
    """A trained network, its weights averaged over the last stretch (exponential moving average)."""
    import keras

    keras.utils.set_random_seed(seed)
    model = build()
    if start is not None:
        read_constants(model, start, Sampler(fields, TRAIN_SIZE, seed + 1).batch(8 * batch)[0])
    schedule = keras.optimizers.schedules.CosineDecay(
        1e-4, steps, alpha=0.01, warmup_target=rate, warmup_steps=steps // 20
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=1e-4, use_ema=True, ema_momentum=0.995)
    model.compile(optimizer=optimizer, loss=loss)
    ready: queue.Queue[Any] = queue.Queue(8)
    stop = threading.Event()

    def draw() -> None:
        sampler = Sampler(fields, TRAIN_SIZE, seed)
        while not stop.is_set():
            made = sampler.batch(batch)
            while not stop.is_set():
                try:
                    ready.put(made, timeout=0.5)
                    break
                except queue.Full:
                    continue

    worker = threading.Thread(target=draw)
    worker.start()
    began, recent = time.monotonic(), []
    try:
        for step in range(1, steps + 1):
            pictures, targets = ready.get()
            value = model.train_on_batch(pictures, targets)
            model.reset_metrics()
            recent.append(float(np.ravel(value)[0]))
            if step % 200 == 0:
                spent = time.monotonic() - began
                print(f"step {step}/{steps}  loss {np.mean(recent):.4f}  {spent:.0f} s", flush=True)
                recent.clear()
            if step % 1000 == 0 and step < steps:
                save(model)
    finally:
        stop.set()
        worker.join()
    model.optimizer.finalize_variable_values(model.trainable_variables)
    return model


def read_constants(model: Any, path: Path, pictures: npt.NDArray[np.float32]) -> None:
    """Load written constants, so that the network answers as before, in training mode, too.

    Batch normalisation is set to undo itself on `pictures` (N, H, W, 3): its scale is the spread
    that it divides by, its shift the mean that it takes away plus the bias.
    """
    import keras

    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    with np.load(path) as constants:
        for index, layer in enumerate(convolutions):
            kernel, bias = (constants[f"{part}{index}"].astype(np.float32) for part in "wb")
            if index >= len(norms):
                layer.set_weights([kernel, bias])
                continue
            layer.set_weights([kernel])
            seen = np.asarray(keras.Model(model.input, layer.output)(pictures, training=False))
            mean, variance = seen.mean(axis=(0, 1, 2)), seen.var(axis=(0, 1, 2))
            spread = np.sqrt(variance + norms[index].epsilon)
            norms[index].set_weights([spread, bias + mean, mean, variance])


def write_constants(model: Any, path: Path) -> None:
    """Fold batch normalisation into the convolutions and write them as float16.

    Keys `w0, b0, w1 ...`: weights (3, 3, in, out) or (1, 1, in, out), and biases, in running order.
    """
    import keras

    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    arrays = {}
    for index, layer in enumerate(convolutions):
        kernel = layer.get_weights()[0]
        if index < len(norms):
            gamma, beta, mean, variance = norms[index].get_weights()
            factor = gamma / np.sqrt(variance + norms[index].epsilon)
            kernel, bias = kernel * factor, beta - mean * factor
        else:
            bias = layer.get_weights()[1]
        arrays[f"w{index}"] = kernel.astype(np.float16)
        arrays[f"b{index}"] = bias.astype(np.float16)
    np.savez(path, stride=np.int64(STRIDE), dilations=np.array(DILATIONS), **arrays)
