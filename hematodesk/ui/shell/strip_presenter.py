"""Draws what is known into the line at the bottom: model, provider, progress, counts."""

from __future__ import annotations

from PySide6.QtCore import QObject

from hematodesk.domain.cells import ImageStatus
from hematodesk.domain.errors import HematodeskError
from hematodesk.ui.kit.error_words import error_words
from hematodesk.ui.shell.features import Features
from hematodesk.ui.shell.status_strip import StatusStrip
from hematodesk.ui.state.model_state import ModelLoadState
from hematodesk.ui.state.window_context import WindowContext
from hematodesk.workflow.history_service import HistoryService


class StripPresenter(QObject):
    """Listens to the viewer, the model, the runs and the history, and keeps the strip in step."""

    def __init__(self, context: WindowContext, features: Features, strip: StatusStrip) -> None:
        super().__init__(context.window)
        self._viewer = context.viewer
        self._model_state = context.model_state
        self._actions = context.actions
        self._runs = features.runs.runs
        self._strip = strip
        self._viewer.changed.connect(self.show_counts)
        self._viewer.kept.connect(self.show_counts)
        self._model_state.changed.connect(self.show_model)
        self._runs.progressed.connect(self.show_progress)
        context.session.opened.connect(self._history_opened)
        context.session.absent.connect(self._no_history)
        strip.model_clicked.connect(features.models.show_models)
        strip.provider_clicked.connect(features.models.show_providers)
        self.show_model()
        self.show_progress()

    def _history_opened(self, history: HistoryService) -> None:
        self._strip.show_sign(
            self.tr("Read-only") if history.read_only else "",
            self.tr("The history may only be read: results and reviews are not saved."),
        )

    def _no_history(self, error: HematodeskError) -> None:
        self._strip.show_sign(self.tr("Not saved"), error_words(error.message))

    def show_counts(self) -> None:
        """How many cells the image has, and how long it took."""
        result = self._viewer.result
        if result is None or result.status is ImageStatus.ERROR:
            self._strip.show_image("", None)
            return
        standing = [cell for cell in result.cells if not cell.removed]
        words = self.tr("%n cell(s)", "", len(standing))
        uncertain = sum(cell.uncertain for cell in standing)
        if uncertain:
            words += ", " + self.tr("%n uncertain", "", uncertain)
        if self._viewer.image_id is None:
            words += ", " + self.tr("not saved")
        self._strip.show_image(words, result.elapsed_ms)

    def show_model(self) -> None:
        """The model's name and provider."""
        model_state, strip = self._model_state, self._strip
        loaded = model_state.loaded
        if model_state.state is ModelLoadState.LOADING:
            strip.show_loading()
        elif loaded is None:
            strip.show_model("", "")
            strip.show_provider("", "", "")
        else:
            use = loaded.package.manifest.intended_use
            strip.show_model(model_state.name, f"{self.tr('Choose another model (Ctrl+M)')}\n{use}".strip())
            strip.show_provider(loaded.requested, loaded.active, error_words(loaded.provider_reason))

    def show_progress(self) -> None:
        """How far the runs have come."""
        state = self._runs.progress
        self._actions["pause"].setEnabled(state is not None)
        self._actions["pause"].setChecked(state is not None and state.paused)
        if state is None:
            self._strip.end_progress()
        else:
            self._strip.show_progress(state)
