"""Tries unknown models in a confined child before they are imported or used; outcomes are stored by digest.

A model that did not come with the program computes in such children always (see confined.py). This tells
before it is kept whether it loads there, keeps to its manifest and runs, and one that ended its child is not
tried again and again.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable

from hematodesk.domain.errors import ModelError
from hematodesk.domain.packages import ModelPackage
from hematodesk.inference.confined import FAILED, STUCK, ConfinedModel, changed, refused
from hematodesk.inference.model_process import ModelLimits
from hematodesk.inference.package import read_model_bytes
from hematodesk.inference.verdicts import Verdicts


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
        limits: ModelLimits | None = None,
        tell: Callable[..., None] = lambda event, /, **facts: None,
    ) -> None:
        self._verdicts = verdicts
        self._limits = limits or ModelLimits()
        self._tell = tell
        self._lock = threading.Lock()

    def check(self, package: ModelPackage, data: bytes | None = None, *, again: bool = False) -> None:
        """Make sure that a package can be loaded and run; slow for an unknown one.

        Args:
            data: the file's bytes if they were read already.
            again: try a package again that was refused before.

        Raises ModelError: those of confined.ConfinedModel, digest_mismatch, or those of a file that cannot
        be read.
        """
        if package.shipped:
            return
        with self._lock:
            verdict = self._verdicts.of(package.sha256)
            if verdict in (FAILED, STUCK) and not again:
                raise refused(verdict, package.path.name, self._limits)
            if verdict == "":
                return
            if data is None:
                data = read_model_bytes(package.path)
            if hashlib.sha256(data).hexdigest() != package.sha256:
                raise changed(package.path.name)
            self._try(package, data)

    def _try(self, package: ModelPackage, data: bytes) -> None:
        code = ""
        try:
            ConfinedModel(data, package, self._limits).close()
        except ModelError as error:
            code = error.code
            raise
        finally:
            self._tell("model_tried", outcome=code or "ok")
            # A model that is merely wrong is refused quickly again, perhaps with a better message by then.
            if code in ("", FAILED, STUCK):
                self._verdicts.remember(package.sha256, code)
