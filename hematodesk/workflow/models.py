"""Choosing, loading and remembering a model package and a provider."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from hematodesk.domain.cells import Fault
from hematodesk.domain.errors import ModelError
from hematodesk.workflow.analyse import CellClassifier
from hematodesk.workflow.faults import fault_of
from hematodesk.workflow.settings import SettingsStore

if TYPE_CHECKING:
    from hematodesk.inference.package import ModelPackage
    from hematodesk.inference.store import BrokenPackage, PackageStore

DEFAULT_MODEL = "wbc4"
"""The package used until another one is chosen."""

PROVIDERS = ("auto", "cpu", "cuda")


class LoadedClassifier(CellClassifier, Protocol):
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


class ModelDesk:
    """Knows the packages, loads one, and remembers the choice in the settings. Thread-safe.

    Args:
        store: shipped and imported packages.
        settings: where model and provider are remembered.
        make_classifier: (package, provider) -> classifier; raises ModelError, ProviderError.
    """

    def __init__(
        self, store: PackageStore, settings: SettingsStore, make_classifier: ClassifierFactory
    ) -> None:
        self.store = store
        self._settings = settings
        self._make_classifier = make_classifier
        self._lock = threading.RLock()
        self._loaded: LoadedModel | None = None

    @property
    def loaded(self) -> LoadedModel | None:
        """The model last loaded, None before."""
        return self._loaded

    def packages(self) -> Sequence[ModelPackage | BrokenPackage]:
        """All packages, usable or not."""
        return self.store.list()

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

        Raises ModelError: the fault of the shipped package, or model_not_found.
        """
        fault: ModelError | None = None
        try:
            return self.store.find(DEFAULT_MODEL)
        except ModelError as error:
            fault = error
        usable = [package for package in self.packages() if _is_usable(package)]
        if usable:
            usable.sort(key=lambda package: (not package.shipped, package.name, _order(package.version)))
            return usable[0]
        raise fault

    def load(self, model: str | None = None, provider: str | None = None) -> LoadedModel:
        """Load a model and make it the loaded one; slow (some 100 ms), for a worker thread.

        Args:
            model: name, name@version or a file; None takes the remembered one. A model that is
                asked for by name does not fall back to another.
            provider: auto, cpu or cuda; None takes the setting.

        Raises ModelError, ProviderError; the model loaded before stays.
        """
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
            return self._loaded

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
        """Copy a package file into the data folder, checked and hashed. Raises ModelError."""
        return self.store.import_file(path)

    def remove(self, package: ModelPackage) -> None:
        """Remove an imported package; when it was the chosen one, the default is chosen again.

        Raises ModelError for a shipped one.
        """
        reference = self.reference(package)
        self.store.remove(reference)
        if self._settings.text("model") == reference:
            self._settings.reset("model")

    @staticmethod
    def reference(package: ModelPackage) -> str:
        """The name under which `find` finds exactly this package again: name@version."""
        return f"{package.name}@{package.version}"

    def _default_or_none(self) -> ModelPackage | None:
        try:
            return self.default()
        except ModelError:
            return None


def _is_usable(package: ModelPackage | BrokenPackage) -> bool:
    return hasattr(package, "manifest")


def _order(version: str) -> tuple[int, ...]:
    """Newest first: 1.10 before 1.9."""
    return tuple(-int(part) for part in re.findall(r"\d+", version))
