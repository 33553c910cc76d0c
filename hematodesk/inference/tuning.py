"""Which threads and how many crops a run suit this computer and this package: measured, not guessed.

What was tried on two cores with the shipped MobileNetV2 at 144 px (ONNX Runtime 1.31, an idle
computer, milliseconds a crop): one thread 1.73 alone, 1.66 to 1.75 in runs of 2 to 8 and 2.0 to 2.2
in runs of 16 and 32; two threads 1.60 alone, 1.10 in fours, 1.01 in eights, 1.09 and 1.22 in 16 and
32. Without the memory arena runs of one to eight take 0 to 35 % longer and runs of 16 half as long
again, so it stays on. Below full graph optimisation everything takes 2.5 times as long
(provider.cpu_options). All scores were the same to the last bit in every combination. In a batch
whose decoding keeps all cores busy processor time counts instead: one thread takes 2.0 to 2.3 ms of it a
crop in runs of one to eight, two take 2.2 to 2.6 and wait for each other 26 times an image. There a
session of one thread is used, whatever the plan (see Classifier.classify, `sparing`); that made an image
5 % cheaper.
"""

from __future__ import annotations

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from hematodesk.domain.errors import ModelError
from hematodesk.domain.messages import N_
from hematodesk.domain.packages import ModelPackage
from hematodesk.inference.contract import known_tensor
from hematodesk.inference.package import read_model_bytes
from hematodesk.inference.provider import cpu_options, default_threads, make_cpu_session
from hematodesk.inference.runtime import RUNTIME_FAULTS, OnnxRuntime, Runtime

CROPS = (1, 2, 4, 8)
"""Crops in a run that are tried; more gain nothing and let a cancel wait."""

ROUNDS = 3
_BUDGET_S = 0.9
_WORTH = 0.95
"""A larger run must take less than this share of the time, or the smaller one stays."""


_UNDISTURBED = 0.85
"""Share of the wall time that threads, one a core, get of them at least where they share them with nobody.
On an idle computer it is 0.93 to 1; where another program keeps one of two cores busy, 0.77 and less."""

_PROBE = bytes(1024**2)
"""What such a thread computes digests of: without the interpreter, and in parts of 1 to 3 ms."""

_PROBE_S = 0.06
"""As long as that: a system takes some 10 ms until it has given each thread a core."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a package runs on the processor: threads inside a run, and crops in one."""

    threads: int
    crops: int


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of a package.

    Attributes:
        quickest: milliseconds a crop of each plan, the quickest of some rounds taken in turn.
        disturbed: whether other programs took the cores meanwhile, so that another moment may say otherwise.
    """

    quickest: dict[Plan, float]
    disturbed: bool


def measure(package: ModelPackage, runtime: Runtime | None = None) -> Measured:
    """Try the plans on this computer as it is now.

    Takes about a second at most: with a slow network fewer plans are tried. Raises ModelError like
    provider.open_session.
    """
    runtime = runtime or OnnxRuntime()
    started = time.perf_counter()
    spec = package.manifest.input
    model = read_model_bytes(package.path)
    names = [package.manifest.outputs.scores]
    quickest: dict[Plan, float] = {}
    crop = known_tensor(spec)
    sessions = {}
    for threads in sorted({1, default_threads()}, reverse=True):
        sessions[threads] = make_cpu_session(runtime, model, cpu_options(threads), package)
        if time.perf_counter() - started > _BUDGET_S / 2:
            break
    fixed = isinstance(next(iter(sessions.values())).get_inputs()[0].shape[0], int)
    before = _share_of_cores()
    for _ in range(ROUNDS):
        for crops in CROPS[:1] if fixed else CROPS:
            feed = {spec.name: np.concatenate([crop] * crops)}
            for threads, session in sessions.items():
                begun = time.perf_counter()
                try:
                    session.run(names, feed)
                except RUNTIME_FAULTS as fault:
                    raise ModelError(
                        "model_unsupported",
                        N_("Errors", "The model {name} failed in a run."),
                        N_("Errors", "Choose another."),
                        name=package.name,
                    ) from fault
                ended = time.perf_counter()
                plan = Plan(threads, crops)
                took = 1000 * (ended - begun) / crops
                quickest[plan] = min(took, quickest.get(plan, took))
                if ended - started > _BUDGET_S:
                    return Measured(quickest, _disturbed(before))
    return Measured(quickest, _disturbed(before))


def _disturbed(before: float) -> bool:
    """Whether this process shared its cores, by what it got of them before the measurement and gets now."""
    return min(before, _share_of_cores()) < _UNDISTURBED


def _share_of_cores() -> float:
    """How much of its cores this process gets when it wants all that it may use, 0 to 1.

    Of a run in several threads that cannot be told: they also wait for each other.
    """

    def work(_: int) -> tuple[float, float]:
        begun, worked = time.perf_counter(), time.thread_time()
        while time.perf_counter() < begun + _PROBE_S:
            hashlib.sha256(_PROBE).digest()
        return time.thread_time() - worked, time.perf_counter() - begun

    with ThreadPoolExecutor(default_threads(), thread_name_prefix="hematodesk-probe") as pool:
        worked, passed = zip(*pool.map(work, range(default_threads())), strict=True)
    return float(sum(worked) / sum(passed))


def best(measured: dict[Plan, float]) -> Plan:
    """The quickest plan; a larger run or more threads only where they are worth it."""
    chosen = min(measured, key=lambda plan: (plan.crops, plan.threads))
    for plan in sorted(measured, key=lambda plan: (plan.crops, plan.threads)):
        if measured[plan] < _WORTH * measured[chosen]:
            chosen = plan
    return chosen
