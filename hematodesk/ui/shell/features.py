"""The window's features, made and joined to each other; none of them knows another one."""

from __future__ import annotations

from collections.abc import Sequence

from hematodesk.domain.history import HistoryFilter
from hematodesk.ui.exports.feature import ExportsFeature
from hematodesk.ui.history.feature import HistoryFeature
from hematodesk.ui.image.centre_column import CentreColumn
from hematodesk.ui.image.feature import ImageFeature
from hematodesk.ui.live.feature import LiveFeature
from hematodesk.ui.manual.feature import ManualFeature
from hematodesk.ui.models.feature import ModelsFeature
from hematodesk.ui.review.feature import ReviewFeature
from hematodesk.ui.runs.feature import RunsFeature
from hematodesk.ui.settings.feature import SettingsFeature
from hematodesk.ui.slides.feature import SlidesFeature
from hematodesk.ui.state.window_context import WindowContext
from hematodesk.workflow.analysis.slide_scan import ScanPlan
from hematodesk.workflow.analysis.source_streams import FixedSources


class Features:
    """All features of one window.

    What the viewer, the model and the session tell comes to them in the order in which they are made.
    """

    def __init__(self, context: WindowContext, centre: CentreColumn) -> None:
        self._context = context
        self.image = ImageFeature(context, centre)
        self.review = ReviewFeature(context, centre.view)
        self.runs = RunsFeature(context)
        self.history = HistoryFeature(context)
        self.exports = ExportsFeature(context, self._to_export)
        self.models = ModelsFeature(context)
        self.live = LiveFeature(context)
        self.slides = SlidesFeature(context)
        self.manual = ManualFeature(context)
        self.settings = SettingsFeature(context)
        self._join()

    def _join(self) -> None:
        history, reviews, runs = self.history, self.review.reviews, self.runs
        self.image.page_wanted.connect(runs.runs.open_page)
        runs.runs.saved.connect(history.show_saved)
        runs.runs.replaced.connect(history.browser.deleted)
        reviews.image_changed.connect(history.browser.image_changed)
        reviews.image_done.connect(history.browser.next_to_review)
        reviews.images_deleted.connect(history.browser.deleted)
        reviews.images_deleted.connect(self.review.tell_deleted)
        reviews.images_gone.connect(history.browser.deleted)
        reviews.images_restored.connect(history.show_restored)
        history.delete_requested.connect(self.review.delete_images)
        self.exports.exports.begun.connect(history.panel.show_anew)
        self.exports.exports.imported.connect(history.panel.model.reload)
        self.settings.operator_changed.connect(self.review.set_operator)
        self.slides.scan_requested.connect(self._scan)
        self.slides.image_requested.connect(self._scan)
        self.slides.stop_requested.connect(runs.runs.cancel)
        runs.runs.progressed.connect(self._tell_slides)
        # Last: a note that is being written goes to the history first.
        self._context.session.leaving.connect(self._context.viewer.clear)

    def _scan(self, plan: ScanPlan) -> None:
        """Name the fields of a slide; an image by itself is no area to be gone on with."""
        roots = [plan.root] if len(plan.fields) > 1 else None
        self.runs.runs.open_stream(FixedSources(plan.paths, roots))

    def _tell_slides(self) -> None:
        progress = self.runs.runs.progress
        self.slides.show_progress(None if progress is None else (progress.done, progress.total))

    def _to_export(self) -> tuple[int | None, Sequence[int], HistoryFilter]:
        # A note that is being written is exported with its image.
        self.review.answer.flush_note()
        session_id = self._context.viewer.session_id or self._context.session.session_id
        return session_id, self.history.panel.selected_ids(), self.history.panel.model.filter
