"""The measured plan of each package on this computer, remembered in the data folder."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hematodesk.domain.files import write_whole
from hematodesk.workflow.system.log import log_event

if TYPE_CHECKING:
    from hematodesk.domain.packages import ModelPackage
    from hematodesk.inference.tuning import Plan

_MOST_KEPT = 50
_MOST_BYTES = 1024 * 1024


class Tuning:
    """Plans by computer, ONNX Runtime's version and package. Thread-safe; a lost file costs a second."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()

    def plan(self, package: ModelPackage) -> Plan | None:
        """The remembered plan of a package on this computer; None when it was not measured."""
        from hematodesk.inference.tuning import CROPS, Plan

        found = self._read().get(self._key(package))
        if not isinstance(found, dict):
            return None
        threads, crops = found.get("threads"), found.get("crops")
        cores = os.cpu_count() or 1
        if type(threads) is not int or not 1 <= threads <= cores or crops not in CROPS:
            return None
        return Plan(threads, crops)

    def measure(self, package: ModelPackage) -> Plan:
        """Measure a package (less than a second) and remember the plan. Raises ModelError.

        What was measured while other programs kept the cores busy is not remembered: the next time may tell.
        """
        from hematodesk.inference.tuning import best, measure

        measured = measure(package)
        chosen = best(measured.quickest)
        log_event(
            "tuned",
            threads=chosen.threads,
            crops=chosen.crops,
            plans=len(measured.quickest),
            disturbed=measured.disturbed,
        )
        if not measured.disturbed:
            self._remember(package, chosen, measured.quickest)
        return chosen

    def _remember(self, package: ModelPackage, chosen: Plan, quickest: dict[Plan, float]) -> None:
        figures = {
            f"threads={plan.threads} crops={plan.crops}": round(took, 3) for plan, took in quickest.items()
        }
        with self._lock:
            plans = self._read()
            plans.pop(self._key(package), None)
            plans[self._key(package)] = {
                "threads": chosen.threads,
                "crops": chosen.crops,
                "ms_a_crop": figures,
            }
            kept = dict(list(plans.items())[-_MOST_KEPT:])
            try:
                self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                write_whole(self._file, json.dumps(kept, indent=1).encode())
            except OSError:
                # Measured again at the next start; nothing depends on it.
                log_event("tuning_unwritable")

    def _read(self) -> dict[str, Any]:
        try:
            if self._file.stat().st_size > _MOST_BYTES:
                return {}
            plans = json.loads(self._file.read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        return plans if isinstance(plans, dict) else {}

    def _key(self, package: ModelPackage) -> str:
        from hematodesk.inference.runtime import runtime_version

        machine = [platform.system(), platform.machine(), platform.processor(), _cpu_name()]
        parts = [*machine, str(os.cpu_count()), runtime_version(), package.sha256]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _cpu_name() -> str:
    """The processor's model, where the system tells it by a file."""
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as lines:
            return next(
                (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), ""
            )
    except OSError:
        return ""
