"""The state of the model in use: loading, ready, or none with the reason."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from PySide6.QtCore import QObject, Signal

from hematodesk.domain.errors import HematodeskError
from hematodesk.ui.kit.banners import Banners, Level, Notice, notice_of
from hematodesk.ui.kit.class_names import learn_names
from hematodesk.ui.kit.error_words import error_words
from hematodesk.ui.state.task_lanes import Lane, TaskLanes, Ticket
from hematodesk.workflow.models.model_service import LoadedModel, ModelService


class ModelLoadState(StrEnum):
    """Where the model stands."""

    LOADING = "loading"
    READY = "ready"
    NONE = "none"


class ModelState(QObject):
    """Loads models on the inference lane, so that work given there afterwards finds the model ready.

    Signals:
        changed: state or model are different now.
        refused(HematodeskError): a model could not be loaded; the one before stays, if there was one.
    """

    changed = Signal()
    refused = Signal(object)

    def __init__(
        self, service: ModelService, lanes: TaskLanes, banners: Banners, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.service = service
        self._lanes = lanes
        self._banners = banners
        self._loading = 0
        self.fault: HematodeskError | None = None

    @property
    def state(self) -> ModelLoadState:
        """Where the model stands."""
        if self._loading:
            return ModelLoadState.LOADING
        return ModelLoadState.READY if self.service.loaded is not None else ModelLoadState.NONE

    @property
    def loaded(self) -> LoadedModel | None:
        """The model in use."""
        return self.service.loaded

    @property
    def class_ids(self) -> tuple[str, ...]:
        """The classes of the model in use, in its order."""
        loaded = self.service.loaded
        return tuple(loaded.package.class_ids) if loaded is not None else ()

    @property
    def name(self) -> str:
        """The model in use, "wbc4 1.0.0"; empty without one."""
        loaded = self.service.loaded
        return f"{loaded.package.name} {loaded.package.version}" if loaded is not None else ""

    def load(self) -> None:
        """Load the remembered model."""
        self._run(self.service.load)

    def choose(self, reference: str) -> None:
        """Load that model and remember it; when it cannot be loaded the present one stays."""
        self._run(lambda: self.service.choose(reference))

    def choose_provider(self, provider: str) -> None:
        """Load the present model on that provider and remember it."""
        self._run(lambda: self.service.choose_provider(provider))

    def _run(self, job: Callable[[], LoadedModel]) -> None:
        self._loading += 1
        arrived = self.service.expect()
        self.changed.emit()

        def work(_ticket: Ticket) -> LoadedModel:
            return job()

        def came(loaded: LoadedModel) -> None:
            self._came(loaded)
            arrived()

        def failed(error: HematodeskError) -> None:
            self._failed(error)
            arrived()

        def cancelled() -> None:
            self._cancelled()
            arrived()

        self._lanes.run(Lane.INFERENCE, work, done=came, failed=failed, cancelled=cancelled)

    def _came(self, loaded: LoadedModel) -> None:
        self._loading -= 1
        self.fault = None
        learn_names(loaded.package.manifest.classes)
        self._banners.put_away("no_model")
        if loaded.model_fault is not None:
            self._banners.show_notice(notice_of(loaded.model_fault, Level.WARNING))
        if loaded.provider_reason and loaded.requested not in ("auto", loaded.active):
            self._banners.show_notice(
                Notice(
                    "provider_fallback",
                    self.tr("{active} is used instead of {requested}: {reason}").format(
                        active=loaded.active.upper(),
                        requested=loaded.requested.upper(),
                        reason=error_words(loaded.provider_reason),
                    ),
                    level=Level.WARNING,
                )
            )
        self.changed.emit()

    def _failed(self, error: HematodeskError) -> None:
        self._loading -= 1
        self.fault = error
        self.refused.emit(error)
        self.changed.emit()

    def _cancelled(self) -> None:
        self._loading -= 1
        self.changed.emit()
