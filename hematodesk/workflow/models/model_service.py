"""Choosing, loading and remembering a model package and a provider."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from hematodesk.domain.cells import Fault
from hematodesk.domain.errors import ModelError
from hematodesk.domain.messages import N_
from hematodesk.workflow.analysis.analyser import EmbeddingClassifier
from hematodesk.workflow.review.class_choice import class_choice
from hematodesk.workflow.review.explain import ExplainingClassifier
from hematodesk.workflow.system.faults import fault_of
from hematodesk.workflow.system.log import log_event
from hematodesk.workflow.system.policy import NO_POLICY, Policy
from hematodesk.workflow.system.settings import SettingsStore

if TYPE_CHECKING:
    from hematodesk.domain.cancel import CancelToken
    from hematodesk.domain.cells import Prediction
    from hematodesk.domain.packages import BrokenPackage, ModelPackage, ReportPart
    from hematodesk.inference.store import PackageStore

DEFAULT_MODEL = "wbc4"
"""The package used until another one is chosen."""

_LOOK_S = 0.05
"""Seconds between two checks for cancelling while waiting for a model."""

PROVIDERS = ("auto", "cpu", "cuda")


class LoadedClassifier(ExplainingClassifier, EmbeddingClassifier, Protocol):
    """A classifier that knows its provider; inference.classify.Classifier is one."""

    @property
    def requested(self) -> str:
        """The provider asked for: auto, cpu or cuda."""
        ...

    @property
    def active(self) -> str:
        """The provider that runs: cpu or cuda."""
        ...

    @property
    def fallback_reason(self) -> str:
        """Why the active one is not the requested one; empty when it is."""
        ...

    @property
    def session_options(self) -> Mapping[str, str | int | bool]:
        """The runtime's options as they were set."""
        ...


ClassifierFactory: TypeAlias = "Callable[[ModelPackage, str], LoadedClassifier]"


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model ready to work.

    Attributes:
        classifier: the classifier.
        package: what it was made of.
        requested, active: providers; different facts.
        provider_reason: why they differ, one sentence; empty when they do not.
        model_fault: why this is not the model that was remembered; None when it is.
    """

    classifier: LoadedClassifier
    package: ModelPackage
    requested: str
    active: str
    provider_reason: str
    model_fault: Fault | None


class ModelService:
    """Lists the packages, loads one, and stores the choice in the settings. Thread-safe.

    Args:
        open_store: makes the store of shipped and imported packages, at its first use.
        settings: where model and provider are remembered.
        make_classifier: (package, provider) -> classifier; raises ModelError, ProviderError.
        policy: what the administrator allows.
        end: ends the processes in which models compute, if there are any.
    """

    def __init__(
        self,
        open_store: Callable[[], PackageStore],
        settings: SettingsStore,
        make_classifier: ClassifierFactory,
        policy: Policy = NO_POLICY,
        end: Callable[[], None] = lambda: None,
    ) -> None:
        self._policy = policy
        self._end = end
        self._open_store = open_store
        self._store: PackageStore | None = None
        self._settings = settings
        self._make_classifier = make_classifier
        self._lock = threading.RLock()
        self._loaded: LoadedModel | None = None
        self._expected = 0
        self._expected_changed = threading.Condition()

    @property
    def may_import(self) -> bool:
        """Whether packages may be imported and adapted here."""
        return self._policy.model_import

    @property
    def provider_locked(self) -> bool:
        """Whether the administrator has set the provider."""
        return self._policy.provider is not None

    @property
    def store(self) -> PackageStore:
        """The available packages."""
        with self._lock:
            if self._store is None:
                self._store = self._open_store()
            return self._store

    @property
    def loaded(self) -> LoadedModel | None:
        """The model last loaded, None before."""
        return self._loaded

    def close(self) -> None:
        """End the processes in which models compute; those that are loaded are of no use afterwards."""
        self._end()

    def expect(self) -> Callable[[], None]:
        """A model is about to be loaded: `awaited` waits until the function that is returned is called."""
        with self._expected_changed:
            self._expected += 1

        def over() -> None:
            with self._expected_changed:
                self._expected -= 1
                self._expected_changed.notify_all()

        return over

    def awaited(self, cancel: CancelToken) -> LoadedModel:
        """The model in use, once those expected are loaded. Raises ModelError model_missing, Cancelled."""
        with self._expected_changed:
            while self._expected:
                cancel.check()
                self._expected_changed.wait(_LOOK_S)
        return self.in_use()

    def in_use(self) -> LoadedModel:
        """The model in use. Raises ModelError model_missing."""
        loaded = self._loaded
        if loaded is None:
            raise ModelError(
                "model_missing",
                N_("Errors", "There is no model to name cells with."),
                N_("Errors", "Import a model package from the Models menu."),
            )
        return loaded

    def class_choice(self, prediction: Prediction | None) -> tuple[str, ...]:
        """The classes that an answer may be corrected to, in the order of their keys; see class_choice.py.

        Reads no file: it knows the model in use and the packages that were seen when they were last listed.
        """
        orders = dict(self._store.class_orders) if self._store is not None else {}
        loaded = self._loaded
        if loaded is None:
            return class_choice(prediction, orders, ())
        used = tuple(loaded.package.class_ids)
        # One that was chosen by its file was found without a list.
        return class_choice(prediction, orders | {loaded.package.sha256: used}, used)

    def packages(self) -> Sequence[ModelPackage | BrokenPackage]:
        """All packages, usable or not."""
        return self.store.list()

    def packages_with_charts(self) -> list[tuple[ModelPackage | BrokenPackage, Sequence[ReportPart]]]:
        """All packages, each with the charts and tables that lie beside it."""
        from hematodesk.inference.report_folder import report_parts

        return [(each, report_parts(each.path)) for each in self.packages()]

    def chosen(self) -> tuple[ModelPackage, Fault | None]:
        """The package to use: the remembered one, or the default with the fault that forced it.

        Raises ModelError when there is no usable package at all.
        """
        remembered = self._settings.text("model")
        if not remembered:
            return self.default(), None
        try:
            return self.store.find(remembered), None
        except ModelError as error:
            return self.default(), fault_of(error)

    def default(self) -> ModelPackage:
        """The newest shipped package of the default name, else the first usable one.

        An imported package never becomes the default by its name alone: it has to be chosen.
        Raises ModelError: what is wrong with the default package, or model_not_found.
        """
        usable = [each for each in self.packages() if not hasattr(each, "error")]
        for package in usable:
            if package.shipped and package.name == DEFAULT_MODEL:
                return package
        return usable[0] if usable else self.store.find(DEFAULT_MODEL)

    def load(self, model: str | None = None, provider: str | None = None) -> LoadedModel:
        """Load a model and make it the loaded one; slow (some 100 ms), for a worker thread.

        Args:
            model: name, name@version or a file; None takes the remembered one. A model that is
                asked for by name does not fall back to another.
            provider: auto, cpu or cuda; None takes the setting.

        Raises ModelError, ProviderError; the model loaded before stays.
        """
        self._policy.check_provider(provider)
        with self._lock:
            requested = provider if provider is not None else self._settings.text("provider")
            package, fault = (self.store.find(model), None) if model is not None else self.chosen()
            try:
                classifier = self._make_classifier(package, requested)
            except ModelError as error:
                if model is not None or package == self._default_or_none():
                    raise
                package, fault = self.default(), fault_of(error)
                classifier = self._make_classifier(package, requested)
            self._loaded = LoadedModel(
                classifier, package, requested, classifier.active, classifier.fallback_reason, fault
            )
            log_event(
                "model_loaded",
                model=f"{package.name}@{package.version}",
                requested=requested,
                active=classifier.active,
                fault=fault.code if fault is not None else "none",
            )
            log_event("session_options", **classifier.session_options)
            return self._loaded

    def open_beside(self, model: str) -> LoadedClassifier:
        """A package's classifier for a look beside the model in use, which stays the one in use.

        Slow like `load`, and raises like it. The model in use is not loaded a second time.
        """
        with self._lock:
            package, present = self.store.find(model), self._loaded
            if present is not None and present.package == package:
                return present.classifier
            return self._make_classifier(package, self._settings.text("provider"))

    def choose(self, model: str) -> LoadedModel:
        """Load a model and, when that worked, remember it. Raises like `load`, and SettingsError."""
        loaded = self.load(model)
        self._settings.set("model", self.reference(loaded.package))
        return loaded

    def choose_provider(self, provider: str) -> LoadedModel:
        """Load the present model with that provider and remember it.

        Raises like `load`, and SettingsError.
        """
        present = self._loaded
        loaded = self.load(self.reference(present.package) if present is not None else None, provider)
        self._settings.set("provider", provider)
        return loaded

    def import_file(self, path: Path) -> ModelPackage:
        """Copy a package file into the data folder, checked and hashed.

        Raises ModelError, and PolicyError where that is not allowed.
        """
        self._policy.require("model_import")
        return self.store.import_file(path)

    def other_kind(self, path: Path) -> ModelError | None:
        """The error that says which other kind of model a file or folder is; None for none."""
        from hematodesk.inference.foreign_models import foreign_error, foreign_head

        try:
            foreign = foreign_head(path)
        except OSError:
            return None
        return None if foreign is None else foreign_error(path.name, foreign)

    def import_bytes(self, data: bytes, path: Path) -> ModelPackage:
        """The same for a package's bytes that would be called `path`."""
        self._policy.require("model_import")
        return self.store.import_bytes(data, path)

    def remove(self, package: ModelPackage | BrokenPackage) -> None:
        """Remove an imported package, usable or not; when it was the chosen one, the default is again.

        Raises ModelError for a shipped one.
        """
        reference = self.reference(package)
        self.store.remove(f"{package.name}@{package.version}" if package.version else package.name)
        if self._settings.text("model") == reference:
            self._settings.reset("model")

    def reference(self, package: ModelPackage | BrokenPackage) -> str:
        """What `find` finds exactly this package by: name@version, or the file where that is another."""
        named = f"{package.name}@{package.version}"
        try:
            return named if self.store.find(named).path == package.path else str(package.path.absolute())
        except ModelError:
            return str(package.path.absolute())

    def _default_or_none(self) -> ModelPackage | None:
        try:
            return self.default()
        except ModelError:
            return None
