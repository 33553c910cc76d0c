"""Opens the dialogs, one of each; none of them ever holds the program up.

A dialog's code is imported when it is first opened, not before the window shows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QLocale, QObject, Qt, Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QMessageBox, QWidget

from hematodesk.domain.errors import HematodeskError
from hematodesk.ui.kit.banners import Banners, Notice
from hematodesk.ui.kit.dialog_size import fit_to_screen
from hematodesk.ui.kit.error_words import error_words
from hematodesk.ui.kit.file_chooser import file_chooser
from hematodesk.ui.kit.theme import Theme
from hematodesk.ui.state.model_state import ModelState
from hematodesk.ui.state.task_lanes import Lane, TaskLanes
from hematodesk.workflow.services import Services
from hematodesk.workflow.system.settings import DECLARED

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from hematodesk.domain.history import HistoryFilter, Run, RunSummary
    from hematodesk.domain.packages import ModelPackage
    from hematodesk.ui.models.models_dialog import ModelsDialog
    from hematodesk.ui.state.viewer_state import Viewer
    from hematodesk.workflow.analysis.run_job import RunEnd


class Dialogs(QObject):
    """Signals:
    operator_changed(str): another name was set.
    """

    operator_changed = Signal(str)

    def __init__(
        self,
        services: Services,
        lanes: TaskLanes,
        model_state: ModelState,
        banners: Banners,
        theme: Theme,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._services = services
        self._lanes = lanes
        self._model_state = model_state
        self._banners = banners
        self._theme = theme
        self._window = window
        self.open_now: dict[str, QDialog] = {}

    def show_settings(self) -> None:
        """The settings."""
        self.show_one("settings", self._make_settings)

    def _make_settings(self) -> QDialog:
        from hematodesk.ui.settings.settings_dialog import SettingsDialog

        dialog = SettingsDialog(self._services.settings, DECLARED, self._window, self._services.policy)
        dialog.changed.connect(self._setting_changed)
        dialog.finished.connect(self._save_settings)
        return dialog

    def _setting_changed(self, key: str) -> None:
        settings = self._services.settings
        if key == "theme":
            self._theme.choose(settings.text("theme"))
        elif key == "operator":
            self.operator_changed.emit(self._services.operator)
        elif key == "provider":
            self._model_state.choose_provider(settings.text("provider"))

    def _save_settings(self) -> None:
        self._lanes.run(Lane.STORAGE, lambda _ticket: self._services.settings.save())

    def show_run_summary(
        self,
        summary: RunSummary,
        end: RunEnd,
        filter_wanted: Callable[[HistoryFilter, str], object],
        image_wanted: Callable[[int], object],
    ) -> None:
        """The summary of a batch run, in place of an earlier one's."""
        from hematodesk.ui.runs.run_summary_dialog import RunSummaryDialog

        self.close_one("run_summary")

        def make() -> QDialog:
            dialog = RunSummaryDialog(summary, end, self._window)
            dialog.filter_wanted.connect(filter_wanted)
            dialog.image_wanted.connect(image_wanted)
            return dialog

        self.show_one("run_summary", make, modal=False)

    def show_runs(
        self, runs: Sequence[Run], chosen: Callable[[Run], object], dropped: Callable[[Run], object]
    ) -> None:
        """Which of these batches to go on with."""

        def make() -> QDialog:
            from hematodesk.ui.runs.runs_dialog import RunsDialog

            dialog = RunsDialog(runs, self._window)
            dialog.chosen.connect(chosen)
            dialog.dropped.connect(dropped)
            return dialog

        self.show_one("runs", make)

    def show_models(self) -> None:
        """The models."""
        self.show_one("models", self._make_models)

    def show_providers(self) -> None:
        """The models, at the choice of what they compute on."""
        self.show_models()
        if (dialog := self._models()) is not None:
            dialog.provider.setFocus()

    def show_card(self) -> None:
        """The models, at the card of the one in use."""
        self.show_models()
        if (dialog := self._models()) is not None:
            dialog.card.setFocus()

    def _models(self) -> ModelsDialog | None:
        return cast("ModelsDialog | None", self.open_now.get("models"))

    def _make_models(self) -> QDialog:
        from hematodesk.ui.models.models_dialog import ModelsDialog

        dialog = ModelsDialog(
            self._model_state,
            self._lanes,
            lambda path: self._services.reader.read(path).pixels,
            self._window,
        )
        dialog.import_requested.connect(self.ask_import)
        return dialog

    def show_live(self, keep: Callable[[npt.NDArray[np.uint8], str], None]) -> None:
        """A camera's picture, live; `keep` is given the pixels and the name of each kept frame."""

        def make() -> QDialog:
            from hematodesk.ui.live.live_dialog import LiveDialog

            dialog = LiveDialog(self._services, self._lanes, self._window)
            dialog.frame_kept.connect(keep)
            return dialog

        self.show_one("live", make, modal=False)

    def show_compare(self, viewer: Viewer) -> None:
        """Two models side by side on the open image; the window stays usable beside it."""

        def make() -> QDialog:
            from hematodesk.ui.models.compare_dialog import CompareDialog

            return CompareDialog(self._model_state, viewer, self._lanes, self._window)

        self.show_one("compare", make, modal=False)

    def show_adapt(self) -> None:
        """A new last layer from the history's reviewed cells, before and after."""

        def make() -> QDialog:
            from hematodesk.ui.models.adapt_dialog import AdaptDialog

            return AdaptDialog(self._services, self._model_state, self._lanes, self._window)

        self.show_one("adapt", make)

    def ask_import(self) -> None:
        """Ask for a package file."""
        chooser = file_chooser(self.open_now.get("models") or self._window, self.tr("Import a model package"))
        chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        chooser.setNameFilters([self.tr("Model packages (*.onnx)"), self.tr("All files (*)")])
        chooser.fileSelected.connect(self.import_model)
        chooser.open()

    def import_model(self, name: str) -> None:
        """Copy a package file into the data folder, then use it."""
        path = Path(name)

        def imported(package: ModelPackage) -> None:
            reference = self._model_state.service.reference(package)
            words = f"{package.name} {package.version}"
            if (dialog := self._models()) is not None:
                dialog.refresh(reference)
                dialog.status.setText(self.tr("{model} was imported.").format(model=words))
            if self._model_state.loaded is None:
                self._model_state.choose(reference)
                return
            self._banners.show_notice(
                Notice(
                    "model_imported",
                    self.tr("{model} was imported.").format(model=words),
                    action_text=self.tr("Use it"),
                    action=lambda: self._model_state.choose(reference),
                )
            )

        def refused(error: HematodeskError) -> None:
            if (dialog := self._models()) is not None:
                dialog.status.setText(f"{error_words(error.message)} {error_words(error.remedy)}")
            self._banners.show_error(error)

        self._lanes.run(
            Lane.DECODING,
            lambda _ticket: self._model_state.service.import_file(path),
            done=imported,
            failed=refused,
        )

    def show_manual(self, words: str = "") -> None:
        """The manual, beside the window; with words, where it has them."""
        from hematodesk.ui.manual.manual_window import ManualWindow
        from hematodesk.workflow.system.manual import Manual

        def make() -> QDialog:
            chosen = self._services.settings.text("language")
            language = QLocale().name() if chosen == "system" else chosen
            manual = Manual(self._services.paths.resources / "manual", language)
            return ManualWindow(manual, self._theme, self._window)

        self.show_one("manual", make, modal=False)
        if words:
            cast("ManualWindow", self.open_now["manual"]).look_up(words)

    def show_about(self) -> None:
        """Versions, licences and intended use."""
        self.show_one("about", self._make_about)

    def _make_about(self) -> QDialog:
        from hematodesk.ui.shell.about import AboutDialog

        return AboutDialog(self._model_state.name, self._window)

    def ask_delete(self, count: int, then: Callable[[], None]) -> None:
        """Ask before images are deleted."""

        def make() -> QDialog:
            box = QMessageBox(self._window)
            box.setIcon(QMessageBox.Icon.Question)
            box.setText(self.tr("Delete %n image(s) from the history?", "", count))
            box.setInformativeText(
                self.tr("The files themselves stay. Undo brings them back until you quit.")
            )
            box.setStandardButtons(QMessageBox.StandardButton.Cancel)
            delete = box.addButton(self.tr("&Delete"), QMessageBox.ButtonRole.AcceptRole)
            box.setDefaultButton(delete)
            box.accepted.connect(then)
            return box

        self.show_one("delete", make)

    def show_one(self, name: str, make: Callable[[], QDialog], *, modal: bool = True) -> None:
        """Open the dialog of that name, or bring the one that is open to the front."""
        dialog = self.open_now.get(name)
        if dialog is None:
            dialog = make()
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            self.open_now[name] = dialog
            dialog.finished.connect(lambda _result: self.open_now.pop(name, None))
            fit_to_screen(dialog)
            if modal:
                dialog.open()
            else:
                dialog.show()
        else:
            dialog.raise_()
            dialog.activateWindow()

    def close_one(self, name: str) -> None:
        """Close the dialog of that name where it is open; nothing comes of it."""
        dialog = self.open_now.get(name)
        if dialog is not None:
            dialog.reject()
