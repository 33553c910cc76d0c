"""Which image is shown, with what is known of it. Widgets draw from here; nothing here draws.

Each image that is asked for gets a request number; what comes late for an older one is not shown.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QTimer, Signal

from hematodesk.domain.cells import Cell, ImageResult, ImageStatus
from hematodesk.domain.errors import HematodeskError
from hematodesk.domain.history import HistoryImage
from hematodesk.ui.kit.banners import Banners, Level, Notice
from hematodesk.ui.kit.error_words import error_words
from hematodesk.ui.state.history_access import HistoryAccess
from hematodesk.ui.state.task_lanes import Lane, TaskLanes, Ticket
from hematodesk.workflow.analysis.sources import reopen
from hematodesk.workflow.analysis.thumbnails import preview
from hematodesk.workflow.services import Services

Pixels = npt.NDArray[np.uint8]

_WORKING_AFTER_MS = 40
"""An answer usually comes sooner than this. To paint the image without it first would only delay it: painting
and the workers take turns at the interpreter."""
_BLANK_AFTER_MS = 150
"""An image that takes longer to read blanks the one before it, which would be taken for it."""
_KEPT_BYTES = 256 * 1024 * 1024


class ViewState(StrEnum):
    """What the middle of the window shows."""

    EMPTY = "empty"
    WORKING = "working"
    SHOWN = "shown"
    FAILED = "failed"
    UNNAMED = "unnamed"
    """The image is there, but no model has looked at it."""


@dataclass(frozen=True, slots=True)
class _Preview:
    """What can be shown in place of an unavailable file."""

    pixels: Pixels | None
    fault: HematodeskError


@dataclass(frozen=True, slots=True)
class _Reopened:
    """An image that was read again; `page` and `pages` as in `Viewer.know_pages`."""

    pixels: Pixels
    digest: str
    page: int
    pages: int


class Viewer(QObject):
    """The image on show.

    Signals:
        changed: another image (with its chosen cell), another state, or other cells.
        chosen: another cell of the image is chosen.
        kept: the image on show is in the history now; it looks the same.
    """

    changed = Signal()
    chosen = Signal()
    kept = Signal()

    def __init__(
        self,
        access: HistoryAccess,
        lanes: TaskLanes,
        banners: Banners,
        services: Services,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._access = access
        self._lanes = lanes
        self._banners = banners
        self._services = services
        self._request = 0
        self.settled = True
        """Whether what is shown is what was last asked for."""
        self._waiting: list[Callable[[], None]] = []
        self._left_at: dict[int, int] = {}
        self._kept: OrderedDict[int, Pixels] = OrderedDict()
        self._pages: dict[str, tuple[int, int]] = {}
        self._blank = QTimer(self)
        self._blank.setSingleShot(True)
        self._blank.setInterval(_BLANK_AFTER_MS)
        self._blank.timeout.connect(self._blank_out)
        self._working = QTimer(self)
        self._working.setSingleShot(True)
        self._working.setInterval(_WORKING_AFTER_MS)
        self._working.timeout.connect(self._show_awaited)
        self._awaited: tuple[str, Pixels] | None = None
        self.state = ViewState.EMPTY
        self.name = ""
        self.pixels: Pixels | None = None
        self.preview = False
        """Whether the pixels are only the thumbnail, drawn up to the size of the image."""
        self.result: ImageResult | None = None
        self.image_id: int | None = None
        self.session_id: int | None = None
        self.note = ""
        self._coming_name = ""
        self.current_index = -1

    # What is shown

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells of the image, removed ones included."""
        return self.result.cells if self.result is not None else ()

    @property
    def cell(self) -> Cell | None:
        """The chosen cell."""
        return self.cells[self.current_index] if 0 <= self.current_index < len(self.cells) else None

    @property
    def standing(self) -> list[int]:
        """Indices of the cells that are not removed."""
        return [index for index, cell in enumerate(self.cells) if not cell.removed]

    @property
    def saved(self) -> bool:
        """Whether the image is in the history, and its cells can be reviewed."""
        return self.image_id is not None

    @property
    def page_of_file(self) -> tuple[int, int]:
        """Which page of its file the image is, counted from 1, and how many there are, as far as is known."""
        return self._pages.get(self.result.digest, (1, 1)) if self.result is not None else (1, 1)

    def know_pages(self, digest: str, page: int, pages: int) -> None:
        """An image was read: which page of its file it is, and how many there are."""
        if pages > 1:
            self._pages[digest] = page, pages

    def when_settled(self, action: Callable[[], None]) -> None:
        """Run now, or as soon as the image asked for is there: keys pressed ahead are not lost."""
        if self.settled:
            action()
        else:
            self._waiting.append(action)

    def choose(self, index: int) -> None:
        """Choose a cell; -1 for none."""
        if index not in self.standing:
            index = -1
        if index == self.current_index:
            return
        self.current_index = index
        if self.image_id is not None:
            self._left_at[self.image_id] = index
        self.chosen.emit()

    def next_open(self) -> int:
        """The next cell after the chosen one that has no review, around the end; -1 when all have."""
        order = self.standing
        later = [index for index in order if index > self.current_index]
        earlier = [index for index in order if index <= self.current_index]
        return next((index for index in later + earlier if self.cells[index].review is None), -1)

    # A source that was just opened

    def begin(self, name: str) -> int:
        """Something new is being opened; returns the request that its results must carry."""
        self._request += 1
        self._unsettle()
        self._coming_name = name
        return self._request

    def show_working(self, request: int, name: str, pixels: Pixels) -> None:
        """The image is decoded and on its way to the model: shown so when the answer takes its time."""
        if request == self._request:
            self._awaited = name, pixels
            self._working.start()

    def _show_awaited(self) -> None:
        if self._awaited is not None:
            self._show(ViewState.WORKING, *self._awaited, None, None, "")

    def show_unnamed(self, request: int, name: str, pixels: Pixels | None) -> None:
        """No model could look at the image."""
        if request == self._request:
            self.settled = True
            self._show(
                ViewState.UNNAMED if pixels is not None else ViewState.EMPTY, name, pixels, None, None, ""
            )
            self._settle()

    def show_result(self, request: int, result: ImageResult, pixels: Pixels | None) -> None:
        """The answer, not yet saved."""
        if request == self._request:
            self.settled = True
            self._show(_state_of(result), result.name, pixels, result, None, "")
            self._settle()

    def show_saved(self, request: int, saved: HistoryImage, pixels: Pixels | None) -> None:
        """The answer just shown is in the history now."""
        self.keep_pixels(saved.id, pixels)
        if request == self._request:
            self.result, self.note = saved.result, saved.note
            self.image_id, self.session_id = saved.id, saved.session_id
            self.kept.emit()

    def show_earlier(self, request: int, image: HistoryImage, pixels: Pixels | None) -> None:
        """The history knew the answer."""
        self.keep_pixels(image.id, pixels)
        if request == self._request:
            self._show_history(image, pixels, None)

    # An image of the history

    def open(self, image_id: int, cell_id: int | None = None, name: str = "") -> None:
        """Show an image of the history, where it was left or at that cell; its name, if it is known."""
        request = self.begin(name)

        def came(image: HistoryImage) -> None:
            if request != self._request:
                return
            kept = self._kept.get(image.id)
            if kept is not None:
                self._kept.move_to_end(image.id)
                self._show_history(image, kept, cell_id)
            elif image.result.status is ImageStatus.ERROR:
                self._show_history(image, None, cell_id)
            else:
                self._read(request, image, cell_id)

        def failed(error: HematodeskError) -> None:
            if request == self._request:
                self._banners.show_error(error)
                self._settle()

        if self._access.ask(lambda history: history.image(image_id), came, failed, self._settle) is None:
            self._settle()

    def _read(self, request: int, image: HistoryImage, cell_id: int | None) -> None:
        self._coming_name = image.result.name
        if not self._blank.isActive():
            # The history took so long that it was blanked already, maybe without a name.
            self._blank_out()

        def read(_ticket: Ticket) -> _Reopened | _Preview:
            try:
                return self._reopened(image.result)
            except HematodeskError as error:
                return _Preview(preview(image.result), error)

        def came(found: _Reopened | _Preview) -> None:
            pixels = found.pixels
            if not isinstance(found, _Preview):
                self._keep(image.id, found)
            if request != self._request:
                return
            self._show_history(image, pixels, cell_id, preview=isinstance(found, _Preview))
            if isinstance(found, _Preview):
                self._banners.show_notice(
                    Notice(
                        found.fault.code,
                        error_words(found.fault.message),
                        self.tr("Its results are kept; the picture shown is its thumbnail."),
                        Level.WARNING,
                        image=image.id,
                    )
                )

        self._lanes.run(Lane.DECODING, read, done=came, cancelled=self._settle)

    def _show_history(
        self, image: HistoryImage, pixels: Pixels | None, cell_id: int | None, *, preview: bool = False
    ) -> None:
        result = image.result
        self.settled = True
        self.session_id = image.session_id
        self._show(
            _state_of(result),
            result.name,
            pixels,
            result,
            image.id,
            image.note,
            preview=preview,
            cell_id=cell_id,
        )
        self._settle()

    def ahead(self, image_id: int) -> None:
        """Read an image that will probably be asked for next, so that it is there at once."""
        if image_id in self._kept:
            return

        def came(image: HistoryImage) -> None:
            def read(_ticket: Ticket) -> _Reopened | None:
                try:
                    return self._reopened(image.result)
                except HematodeskError:
                    # Whoever opens it will be told; here nobody asked.
                    return None

            if image.result.status is not ImageStatus.ERROR:
                self._lanes.run(Lane.DECODING, read, done=lambda found: self._keep(image.id, found))

        def not_there(_error: HematodeskError) -> None:
            """Deleted meanwhile: nothing to read ahead."""

        self._access.ask(lambda history: history.image(image_id), came, not_there)

    def _reopened(self, result: ImageResult) -> _Reopened:
        """The image of a result; on a lane. Raises ImageError."""
        image = reopen(result, self._services.reader)
        return _Reopened(image.pixels, image.digest, image.page, image.pages)

    def _keep(self, image_id: int, found: _Reopened | None) -> None:
        if found is not None:
            self.know_pages(found.digest, found.page, found.pages)
            self.keep_pixels(image_id, found.pixels)

    def keep_pixels(self, image_id: int, pixels: Pixels | None) -> None:
        """Hold a decoded image for a while, as many as fit."""
        if pixels is None:
            return
        self._kept[image_id] = pixels
        self._kept.move_to_end(image_id)
        while len(self._kept) > 1 and sum(kept.nbytes for kept in self._kept.values()) > _KEPT_BYTES:
            self._kept.popitem(last=False)

    # Changes of what is shown

    def update(self, image: HistoryImage) -> None:
        """An image's cells or notes changed; the chosen cell stays."""
        if image.id != self.image_id or self.result is None:
            return
        self.result, self.note = image.result, image.note
        self.state = _state_of(image.result)
        if self.current_index not in self.standing:
            self.current_index = self.standing[0] if self.standing else -1
        self.changed.emit()

    def put_cell(self, index: int, cell: Cell) -> None:
        """Show a cell as it is about to be, before the history has it."""
        if self.result is None:
            return
        cells = list(self.result.cells)
        cells[index] = cell
        self.result = replace(self.result, cells=tuple(cells))
        standing = self.standing
        if self.current_index not in standing:
            later = [other for other in standing if other > self.current_index]
            self.current_index = later[0] if later else (standing[-1] if standing else -1)
        self.changed.emit()

    def clear(self) -> None:
        """Show nothing."""
        self._request += 1
        self.settled = True
        self._show(ViewState.EMPTY, "", None, None, None, "")
        self._settle()

    # Inside

    def _show(
        self,
        state: ViewState,
        name: str,
        pixels: Pixels | None,
        result: ImageResult | None,
        image_id: int | None,
        note: str,
        *,
        preview: bool = False,
        cell_id: int | None = None,
    ) -> None:
        self._blank.stop()
        self._working.stop()
        self._awaited = None
        self.preview = preview
        self.state, self.name, self.pixels, self.result = state, name, pixels, result
        self.image_id, self.note = image_id, note
        self.current_index = self._first(cell_id)
        if image_id is not None:
            self._left_at[image_id] = self.current_index
        self._banners.image_shown(image_id)
        self.changed.emit()

    def _first(self, cell_id: int | None) -> int:
        """The cell that is chosen when an image comes; -1 when it has none."""
        self.current_index = -1
        standing = self.standing
        wanted = [index for index in standing if cell_id is not None and self.cells[index].id == cell_id]
        left_at = self._left_at.get(self.image_id, -1) if self.image_id is not None else -1
        if wanted:
            return wanted[0]
        if left_at in standing:
            return left_at
        index = self.next_open()
        return index if index >= 0 else (standing[0] if standing else -1)

    def _unsettle(self) -> None:
        self.settled = False
        self._working.stop()
        self._awaited = None
        self._waiting.clear()
        self._blank.start()

    def _settle(self) -> None:
        self._blank.stop()
        self.settled = True
        waiting, self._waiting = self._waiting, []
        for action in waiting:
            # An action may ask for another image; the rest then waits for that one.
            self.when_settled(action)

    def _blank_out(self) -> None:
        if not self.settled:
            self._show(ViewState.WORKING, self._coming_name, None, None, None, "")


def _state_of(result: ImageResult) -> ViewState:
    return ViewState.FAILED if result.status is ImageStatus.ERROR else ViewState.SHOWN
