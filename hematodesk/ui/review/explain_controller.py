"""Shows why a cell got its name: asks the model, and keeps overlay, controls and action in step."""

from __future__ import annotations

from collections import OrderedDict

from PySide6.QtCore import QLocale, QObject, QTimer

from hematodesk.domain.cells import Cell, CellOrigin
from hematodesk.domain.errors import HematodeskError, SettingsError
from hematodesk.domain.geometry import Box
from hematodesk.ui.kit.activation_overlay import ActivationOverlay
from hematodesk.ui.kit.class_names import class_name
from hematodesk.ui.kit.error_words import error_words
from hematodesk.ui.kit.image_view import ImageView
from hematodesk.ui.review.why_box import WhyBox
from hematodesk.ui.state.model_state import ModelLoadState
from hematodesk.ui.state.task_lanes import Lane, Ticket
from hematodesk.ui.state.window_context import WindowContext
from hematodesk.workflow.review.explain import Explanation, Obstacle, explain_cell, obstacle

_KEPT = 64
"""Explanations kept: going back and forth among an image's cells asks the model once."""

_SAVE_AFTER_MS = 500

_Key = tuple[int, Box, CellOrigin, str]


class ExplainController(QObject):
    """While the action `show_why` is checked, the chosen cell is shown with the evidence for its class."""

    def __init__(self, context: WindowContext, view: ImageView, box: WhyBox) -> None:
        super().__init__(context.window)
        self._viewer = context.viewer
        self._model_state = context.model_state
        self._lanes = context.lanes
        self._settings = context.services.settings
        self._view = view
        self._box = box
        self._action = context.actions["show_why"]
        self._kept: OrderedDict[_Key, Explanation] = OrderedDict()
        self._pixels: object = None
        self._image = 0
        self._asked: _Key | None = None
        self._ticket: Ticket | None = None
        self._failed: _Key | None = None
        self._shown: _Key | None = None
        self._resting: tuple[Obstacle | None, bool, bool] | None = None
        """Why nothing is shown, as it was last told; None while something is."""
        self._class_id = ""
        """The class asked for by hand, for the cell shown; empty takes the predicted one."""
        self._save = QTimer(self)
        self._save.setSingleShot(True)
        self._save.setInterval(_SAVE_AFTER_MS)
        self._save.timeout.connect(self._save_opacity)
        box.set_opacity(self._settings.number("why_opacity"))
        box.class_chosen.connect(self._choose_class)
        box.opacity_changed.connect(self._set_opacity)
        self._action.toggled.connect(self.update)
        self._viewer.changed.connect(self.update)
        self._viewer.chosen.connect(self.update)
        self._model_state.changed.connect(self.update)
        self.update()

    def update(self) -> None:
        """Bring everything into step with what is shown."""
        viewer = self._viewer
        if viewer.pixels is not self._pixels:
            self._pixels = viewer.pixels
            self._image += 1
            self._kept.clear()
        cell = viewer.cell
        what = self._obstacle(cell)
        possible = what is None and self._model_state.state is not ModelLoadState.LOADING
        # What is switched on stays on from cell to cell, and can be switched off anywhere.
        self._action.setEnabled(possible or self._action.isChecked())
        self._action.setToolTip(self._reason(what) if what is not None else self._purpose())
        if not (possible and self._action.isChecked() and cell is not None):
            resting = (what, self._action.isChecked(), viewer.settled)
            if resting == self._resting:
                return
            self._resting = resting
            self._drop()
            # Asked again, a model that failed may try again.
            self._failed = None
            # What no key and no other cell would change is said beside the grey button at once.
            wondering = self._action.isChecked() or what in (Obstacle.NO_MAP, Obstacle.OTHER_MODEL)
            self._tell(self._reason(what) if what is not None and wondering and viewer.settled else "")
            return
        self._resting = None
        key = self._key(cell)
        if key != self._shown:
            self._class_id = ""
        found = self._kept.get(key)
        if found is not None:
            self._show(key, cell, found)
        elif key == self._failed:
            self._drop()
        else:
            # The controls rest as they are: the answer is there in a few milliseconds.
            self._shown = None
            self._view.set_overlay(None)
            self._ask(key, cell)

    def _obstacle(self, cell: Cell | None) -> Obstacle | None:
        loaded = self._model_state.loaded
        return obstacle(
            cell,
            loaded.package if loaded is not None else None,
            has_image=self._viewer.pixels is not None and not self._viewer.preview,
        )

    def _key(self, cell: Cell) -> _Key:
        """What an explanation depends on; a review or a note changes nothing of it."""
        loaded = self._model_state.loaded
        sha256 = loaded.package.sha256 if loaded is not None else ""
        return self._image, cell.box, cell.origin, sha256

    # Asking

    def _ask(self, key: _Key, cell: Cell) -> None:
        if key == self._asked:
            return
        loaded, pixels, result = self._model_state.loaded, self._viewer.pixels, self._viewer.result
        if loaded is None or pixels is None or result is None:
            return
        if self._ticket is not None:
            self._ticket.cancel()
        self._asked = key
        diameter = result.red_cell_diameter

        def ask(ticket: Ticket) -> Explanation | None:
            return explain_cell(pixels, cell, diameter, loaded.classifier, ticket.token)

        def came(found: Explanation | None) -> None:
            self._forget(key)
            if found is None or key[0] != self._image:
                return
            self._kept[key] = found
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            self.update()

        def failed(error: HematodeskError) -> None:
            self._forget(key)
            self._failed = key
            self._drop()
            self._tell(error_words(error.message))

        self._ticket = self._lanes.run(
            Lane.INFERENCE, ask, done=came, failed=failed, cancelled=lambda: self._forget(key)
        )

    def _forget(self, key: _Key) -> None:
        if self._asked == key:
            self._asked, self._ticket = None, None

    # Showing

    def _show(self, key: _Key, cell: Cell, found: Explanation) -> None:
        self._shown = key
        class_id = self._class_id or (cell.prediction.class_id if cell.prediction is not None else "")
        if class_id not in found.class_ids:
            class_id = found.class_ids[0]
        overlay = self._view.overlay
        if overlay is None or (overlay.explanation, overlay.class_id) != (found, class_id):
            self._view.set_overlay(ActivationOverlay(found, class_id, self._box.opacity.value() / 100))
        self._box.show_classes(found.class_ids, class_id)
        self._box.tell(*self._words(found, class_id))

    def _drop(self) -> None:
        self._shown = None
        self._view.set_overlay(None)
        self._box.show_classes((), "")

    def _tell(self, words: str) -> None:
        self._box.tell(words, words)

    def _choose_class(self, class_id: str) -> None:
        self._class_id = class_id
        self.update()

    def _set_opacity(self, percent: int) -> None:
        overlay = self._view.overlay
        if overlay is not None:
            overlay.opacity = percent / 100
            self._view.update()
        self._settings.set("why_opacity", percent, save=False)
        self._save.start()

    def _save_opacity(self) -> None:
        try:
            self._settings.save()
        except SettingsError as error:
            self._lanes.fault.emit(error)

    # Words

    def _purpose(self) -> str:
        return self.tr("Lay over the image where the model finds evidence for the class")

    def _words(self, found: Explanation, class_id: str) -> tuple[str, str]:
        """One line on what is shown, and what the map is, with its sum, for who asks."""
        score = found.score_of(class_id)
        if not found.exact or score is None:
            return (
                self.tr("Approximate: the package's own map"),
                self.tr("The package gives this map; it does not add up to the class's score."),
            )
        mean = round(found.mean_of(class_id), 2)
        line = self.tr("Exact map of what speaks for the class")
        tip = self.tr(
            "Exact: the mean of this map plus the bias is the class's score (logit).\n"
            "Mean {mean} + bias {bias} = {score}.\n"
            "Only what speaks for {class_name} is coloured, on one scale for all classes of this cell.\n"
            "The frame is what the model saw; the map has {across} × {down} values in it, no finer."
        ).format(
            mean=_number(mean),
            bias=_number(round(score, 2) - mean),
            score=_number(score),
            class_name=class_name(class_id),
            across=found.maps.shape[1],
            down=found.maps.shape[0],
        )
        return line, tip

    def _reason(self, what: Obstacle) -> str:
        return {
            Obstacle.NO_CELL: self.tr("Choose a cell to see why it got its name."),
            Obstacle.NO_MODEL: self.tr("There is no model to ask."),
            Obstacle.NO_ANSWER: self.tr("No model has named this cell yet."),
            Obstacle.NO_IMAGE: self.tr("The image is not at hand, only its thumbnail."),
            Obstacle.NO_MAP: self.tr("This model gives no map of its evidence."),
            Obstacle.OTHER_MODEL: self.tr("Another model gave this answer; choose that model to see why."),
        }[what]


def _number(value: float) -> str:
    """Two places, with a true minus."""
    return QLocale().toString(round(value, 2) + 0.0, "f", 2).replace("-", "−")
