"""Puts the concrete parts together; nobody else does. The command line takes them from here.

Everything heavy (ONNX Runtime, the database, Qt) is imported when it is first used.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hematodesk.domain.targets import protect
from hematodesk.workflow.models.model_service import LoadedClassifier, ModelService
from hematodesk.workflow.services import Services
from hematodesk.workflow.system.paths import AppPaths, find_paths
from hematodesk.workflow.system.policy import NO_POLICY, Policy, policy_file, read_policy
from hematodesk.workflow.system.settings import SettingsStore

if TYPE_CHECKING:
    from hematodesk.domain.errors import HematodeskError
    from hematodesk.domain.packages import ModelPackage
    from hematodesk.imaging.reader import ImageReader
    from hematodesk.inference.confined import Confinement
    from hematodesk.inference.store import PackageStore
    from hematodesk.inference.trial import ModelTrial
    from hematodesk.storage.history import History
    from hematodesk.workflow.exports.export import ReportRenderer


def build(data_dir: Path | None = None) -> Services:
    """The services of one data folder (the platform's unless given). Writes nothing yet.

    A model loads with `services.models.load()`, the history opens with `services.open_history()`.
    Raises PolicyError when the administrator's policy cannot be followed.
    """
    policy = present_policy()
    return build_at(find_paths(policy.check_data_dir(data_dir)), policy)


def present_policy() -> Policy:
    """The administrator's policy as it is now. Raises PolicyError."""
    return read_policy(policy_file())


def build_at(paths: AppPaths, policy: Policy = NO_POLICY) -> Services:
    """The services of places that are already known, under the administrator's policy."""
    protect(*paths.own, policy_file())
    settings = SettingsStore(paths.settings_file, policy.settings)

    @functools.cache
    def trial() -> ModelTrial:
        return _open_trial(paths)

    @functools.cache
    def confinement() -> Confinement:
        from hematodesk.inference.confined import Confinement

        return Confinement()

    def open_store() -> PackageStore:
        from hematodesk.inference.store import PackageStore

        def attempt(data: bytes, package: ModelPackage) -> None:
            # Who imports a file again wants it tried again.
            trial().check(package, data, again=True)

        return PackageStore(paths.shipped_models, paths.user_models, attempt, policy.refusal)

    def make_classifier(package: ModelPackage, provider: str) -> LoadedClassifier:
        from hematodesk.inference.classify import Classifier

        if package.shipped:
            return Classifier(package, provider)
        trial().check(package)
        return Classifier(package, provider, opener=confinement().open)

    def end_models() -> None:
        if confinement.cache_info().currsize:
            confinement().close()

    models = ModelService(open_store, settings, make_classifier, policy, end_models)

    def open_reader() -> ImageReader:
        from hematodesk.imaging.slide_pool import SlidePool
        from hematodesk.imaging.slide_reader import SlideReader

        return SlideReader(_open_reader(), SlidePool(), lambda: policy.require("slides"))

    return Services(paths, settings, models, _open_history, open_reader, policy)


def import_window() -> None:
    """Import all of the window. Raises ImportError where Qt is not there or lacks a library."""
    if sys.platform == "win32":
        # After Qt's, ONNX Runtime's own libraries would be looked for in the wrong order.
        import hematodesk.inference.runtime
    import hematodesk.ui.application  # noqa: F401


def run_window(services: Services, paths: Sequence[Path]) -> int:
    """Show the window with these images and run until it is closed; returns the exit code."""
    from hematodesk.ui.application import run_window

    return run_window(services, paths)


def tell_start_fault(error: HematodeskError) -> None:
    """Say in a window why there will be none."""
    from hematodesk.ui.application import tell_start_fault

    tell_start_fault(error)


def report_renderer(services: Services) -> ReportRenderer:
    """What draws PDFs. Raises ImportError where Qt is not there."""
    from hematodesk.ui.exports.report_application import report_renderer

    return report_renderer(services)


def _open_history(path: Path) -> History:
    from hematodesk.storage.history import History

    return History.open(path)


def _open_reader() -> ImageReader:
    from hematodesk.imaging.decoder_pool import DecoderPool
    from hematodesk.workflow.system.log import log_event

    return DecoderPool(tell=log_event)


def _open_trial(paths: AppPaths) -> ModelTrial:
    from hematodesk.inference.runtime import runtime_version
    from hematodesk.inference.trial import ModelTrial
    from hematodesk.inference.verdicts import Verdicts
    from hematodesk.workflow.system.log import log_event

    return ModelTrial(Verdicts(paths.model_verdicts, runtime_version()), tell=log_event)
