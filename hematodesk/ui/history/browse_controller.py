"""Moves through the images: next and previous, from the list, and after a review."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject

from hematodesk.domain.history import HistoryImage, ImageSummary, ReviewState
from hematodesk.ui.history.panel import HistoryPanel
from hematodesk.ui.kit.banners import Notice
from hematodesk.ui.state.window_context import WindowContext

_TO_REVIEW = (ReviewState.OPEN, ReviewState.PARTLY)


class BrowseController(QObject):
    """Moves along the list as it is shown, filter included."""

    def __init__(self, context: WindowContext, panel: HistoryPanel) -> None:
        super().__init__(context.window)
        self._viewer = context.viewer
        self._banners = context.banners
        self._panel = panel
        self._at: int | None = None
        self._ahead_of: int | None = None
        self._viewer.changed.connect(self._viewer_changed)
        self._viewer.kept.connect(self._viewer_changed)
        panel.image_chosen.connect(self.open)

    def open(self, image_id: int) -> None:
        """Show an image of the list."""
        self._at = image_id
        self._panel.mark(image_id)
        listed = self._panel.model.summary(image_id)
        self._viewer.open(image_id, name="" if listed is None else listed.name)

    def next_image(self) -> None:
        """The image below in the list."""
        self._go(1)

    def previous_image(self) -> None:
        """The image above in the list."""
        self._go(-1)

    def next_open(self) -> None:
        """The next cell without a review, in this image or the next one."""
        index = self._viewer.next_open()
        if index >= 0:
            self._viewer.choose(index)
        else:
            self.next_to_review()

    def next_to_review(self) -> None:
        """The next image below that is not wholly reviewed, then from the top; or say that all are."""
        model = self._panel.model
        for start in (self._at, None):
            found = model.neighbour(start, 1)
            while found is not None and (found.review_state not in _TO_REVIEW or found.id == self._at):
                found = model.neighbour(found.id, 1)
            if found is not None:
                self.open(found.id)
                return
        self._banners.show_notice(Notice("all_reviewed", self.tr("Every image in the list is reviewed.")))

    def deleted(self, image_ids: Sequence[int]) -> None:
        """Images are gone: take them out of the list, and show the next one when the shown one went."""
        gone = set(image_ids)
        following: ImageSummary | None = None
        if self._viewer.image_id in gone:
            for step in (1, -1):
                following = self._panel.model.neighbour(self._viewer.image_id, step)
                while following is not None and following.id in gone:
                    following = self._panel.model.neighbour(following.id, step)
                if following is not None:
                    break
        shown_went = self._viewer.image_id in gone
        self._panel.model.remove_images(gone)
        if following is not None:
            self.open(following.id)
        elif shown_went:
            self._at = None
            self._viewer.clear()

    def image_changed(self, image: HistoryImage) -> None:
        """An image's row in the list is to be drawn anew; with a cell open again, not all are reviewed."""
        was_open = self._is_open(image.id)
        self._panel.model.update_image(image)
        if self._is_open(image.id) and not was_open:
            self._banners.put_away("all_reviewed")

    def _is_open(self, image_id: int) -> bool:
        listed = self._panel.model.summary(image_id)
        return listed is not None and listed.review_state in _TO_REVIEW

    def _go(self, step: int) -> None:
        found = self._panel.model.neighbour(self._at, step)
        if found is not None:
            self.open(found.id)

    def _viewer_changed(self) -> None:
        """Mark what is shown, and nothing when that is not in the history (yet)."""
        image_id = self._viewer.image_id
        if image_id is None:
            # An image on its way is marked already.
            if self._viewer.settled:
                self._panel.mark(None)
            return
        if image_id == self._at == self._panel.marked:
            return
        self._at = image_id
        if self._viewer.session_id is not None and not self._panel.model.filtered:
            self._panel.model.unfold(self._viewer.session_id)
        self._panel.mark(image_id)

    def read_ahead(self) -> None:
        """Read the neighbours of the shown image while nobody waits; once for each."""
        if self._viewer.image_id == self._ahead_of:
            return
        self._ahead_of = self._viewer.image_id
        for step in (1, -1):
            found = self._panel.model.neighbour(self._viewer.image_id, step)
            if found is not None and self._viewer.image_id is not None:
                self._viewer.ahead(found.id)
