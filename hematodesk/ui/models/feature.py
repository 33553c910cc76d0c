"""The models in the window: their dialogs, and importing a package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog, QFileDialog

from hematodesk.domain.errors import HematodeskError
from hematodesk.ui.kit.banners import Notice
from hematodesk.ui.kit.error_words import error_words
from hematodesk.ui.kit.file_chooser import remembering_chooser
from hematodesk.ui.state.task_lanes import Lane, Ticket
from hematodesk.ui.state.window_context import WindowContext

if TYPE_CHECKING:
    from hematodesk.domain.packages import ModelPackage
    from hematodesk.ui.models.models_dialog import ModelsDialog


class ModelsFeature(QObject):
    """Opens the models, their cards, the comparison and the adaptation."""

    def __init__(self, context: WindowContext) -> None:
        super().__init__(context.window)
        self._context = context
        context.actions.bind(
            {
                "models": self.show_models,
                "import_model": self.ask_import,
                "compare_models": self.show_compare,
                "adapt": self.show_adapt,
                "model_card": self.show_card,
            }
        )

    def show_models(self) -> None:
        """The models."""
        self._context.dialogs.show_one("models", self._make_models)

    def show_providers(self) -> None:
        """The models, at the choice of what they compute on."""
        self.show_models()
        if (dialog := self._dialog()) is not None:
            dialog.provider.setFocus()

    def show_card(self) -> None:
        """The models, at the card of the one in use."""
        self.show_models()
        if (dialog := self._dialog()) is not None:
            dialog.card.setFocus()

    def _dialog(self) -> ModelsDialog | None:
        return cast("ModelsDialog | None", self._context.dialogs.open_now.get("models"))

    def _make_models(self) -> QDialog:
        from hematodesk.ui.models.models_dialog import ModelsDialog

        context = self._context
        dialog = ModelsDialog(
            context.model_state,
            context.lanes,
            lambda path: context.services.reader.read(path).pixels,
            context.window,
        )
        dialog.import_requested.connect(self.ask_import)
        return dialog

    def show_compare(self) -> None:
        """Two models side by side on the open image; the window stays usable beside it."""
        context = self._context

        def make() -> QDialog:
            from hematodesk.ui.models.compare_dialog import CompareDialog

            return CompareDialog(context.model_state, context.viewer, context.lanes, context.window)

        context.dialogs.show_one("compare", make, modal=False)

    def show_adapt(self) -> None:
        """A new last layer from the history's reviewed cells, before and after."""
        context = self._context

        def make() -> QDialog:
            from hematodesk.ui.models.adapt_dialog import AdaptDialog

            return AdaptDialog(context.services, context.model_state, context.lanes, context.window)

        context.dialogs.show_one("adapt", make)

    def ask_import(self) -> None:
        """Ask for a package file."""
        chooser = remembering_chooser(
            self._dialog() or self._context.window,
            self.tr("Import a model package"),
            self._context.services.settings,
            "model_folder",
        )
        chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        chooser.setNameFilters([self.tr("Model packages (*.onnx)"), self.tr("All files (*)")])
        chooser.fileSelected.connect(self.import_model)
        chooser.open()

    def import_model(self, name: str) -> None:
        """Copy a package file into the data folder, then use it."""
        path, model_state, banners = Path(name), self._context.model_state, self._context.banners

        def take(_ticket: Ticket) -> tuple[ModelPackage, str]:
            package = model_state.service.import_file(path)
            return package, model_state.service.reference(package)

        def imported(taken: tuple[ModelPackage, str]) -> None:
            package, reference = taken
            words = f"{package.name} {package.version}"
            if (dialog := self._dialog()) is not None:
                dialog.refresh(reference)
                dialog.status.setText(self.tr("{model} was imported.").format(model=words))
            if model_state.loaded is None:
                model_state.choose(reference)
                return
            banners.show_notice(
                Notice(
                    "model_imported",
                    self.tr("{model} was imported.").format(model=words),
                    action_text=self.tr("Use it"),
                    action=lambda: model_state.choose(reference),
                )
            )

        def refused(error: HematodeskError) -> None:
            if (dialog := self._dialog()) is not None:
                dialog.status.setText(f"{error_words(error.message)} {error_words(error.remedy)}")
            banners.show_error(error)

        self._context.lanes.run(Lane.DECODING, take, done=imported, failed=refused)
