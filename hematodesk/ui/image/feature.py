"""The image in the window: what the middle column shows, and what is done with the view itself."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QKeySequence

from hematodesk.ui.image.centre_column import CentreColumn
from hematodesk.ui.kit.plain_text import whole_letters
from hematodesk.ui.state.viewer_state import ViewState
from hematodesk.ui.state.window_context import WindowContext


class ImageFeature(QObject):
    """Listens to the viewer and keeps the middle column in step; joins it to the actions.

    Signals:
        page_wanted(Path, int): another page of the file on show is asked for, counted from 1.
    """

    page_wanted = Signal(object, int)

    def __init__(self, context: WindowContext, centre: CentreColumn) -> None:
        super().__init__(context.window)
        self._viewer = context.viewer
        self._actions = context.actions
        self._window = context.window
        self._drawn: object = None
        self.centre = centre
        view = centre.view
        self._actions.bind(
            {
                "zoom_in": view.zoom_in,
                "zoom_out": view.zoom_out,
                "zoom_fit": view.fit,
                "zoom_actual": view.zoom_actual,
                "next_cell": lambda: view.choose_next(1),
                "previous_cell": lambda: view.choose_next(-1),
                "add_cell": self.toggle_add,
            }
        )
        view.cell_chosen.connect(self._viewer.choose)
        view.add_mode_changed.connect(self._actions["add_cell"].setChecked)
        self._viewer.changed.connect(self.show_image)
        centre.page_bar.page_wanted.connect(self._want_page)
        self._viewer.chosen.connect(lambda: view.choose_cell(self._viewer.current_index))
        hint = {
            name: self._actions[name].shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            for name in ("open_files", "open_folder")
        }
        centre.zone.set_key_hints(files=hint["open_files"], folder=hint["open_folder"])
        self._show_possible()

    def show_image(self) -> None:
        """The middle, after another image or other cells came."""
        viewer, centre = self._viewer, self.centre
        if viewer.pixels is not self._drawn:
            self._drawn = viewer.pixels
            # While its cells are looked for there is nothing to tell: "no cells" would be wrong.
            told = viewer.state is not ViewState.WORKING
            centre.view.set_image(viewer.pixels, viewer.name, viewer.cells, viewer.current_index, told=told)
        else:
            centre.view.set_cells(viewer.cells, viewer.current_index)
        centre.page_bar.show_page(*viewer.page_of_file)
        # The platform adds the program's name.
        name = whole_letters(viewer.name)
        self._window.setWindowTitle(name or "hematodesk")
        if viewer.pixels is not None:
            centre.show_image()
        elif viewer.state is ViewState.EMPTY:
            centre.show_empty()
        elif viewer.state is ViewState.FAILED:
            centre.show_message(self.tr("This image could not be read"), name)
        elif viewer.state is ViewState.WORKING:
            centre.show_message(self.tr("Opening…"), name)
        else:
            centre.show_message(self.tr("The picture is not at hand"), name)
        self._show_possible()

    def _want_page(self, page: int) -> None:
        result = self._viewer.result
        if result is not None and result.path:
            self.page_wanted.emit(Path(result.path), page)

    def _show_possible(self) -> None:
        """Switch actions that would do nothing off."""
        viewer = self._viewer
        self._actions.set_possible(
            dict.fromkeys(("zoom_in", "zoom_out", "zoom_fit", "zoom_actual"), viewer.pixels is not None)
            # Tab goes from control to control only where there is nothing to look at; without cells it rests.
            | dict.fromkeys(("next_cell", "previous_cell", "next_open"), viewer.state is not ViewState.EMPTY)
        )

    def toggle_add(self) -> None:
        """Draw the boxes of missed cells, or no more."""
        self.centre.view.setFocus()
        self.centre.view.set_add_mode(self._actions["add_cell"].isChecked())
