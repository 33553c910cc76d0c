"""What the window tells by itself: known images, failed ones, a missing model, a refused history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject

from hematodesk.domain.cells import ImageStatus
from hematodesk.domain.errors import HematodeskError
from hematodesk.domain.history import HistoryFilter, HistoryImage
from hematodesk.ui.analysing import Analysing
from hematodesk.ui.banners import Banners, Level, Notice, notice_of
from hematodesk.ui.history_panel import HistoryPanel
from hematodesk.ui.history_words import moment_words
from hematodesk.ui.model_keeper import ModelKeeper
from hematodesk.ui.viewing import Viewer
from hematodesk.workflow.batch import BatchSummary
from hematodesk.workflow.sources import Source


class Notices(QObject):
    """Turns what happened into banners."""

    def __init__(
        self,
        analysing: Analysing,
        keeper: ModelKeeper,
        viewer: Viewer,
        panel: HistoryPanel,
        banners: Banners,
        import_model: Callable[[], object],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._import_model = import_model
        self._analysing = analysing
        self._keeper = keeper
        self._viewer = viewer
        self._panel = panel
        self._banners = banners
        self._told: object = None
        analysing.reused.connect(self._reused)
        analysing.batch_ended.connect(self._batch_ended)
        analysing.no_model.connect(self._no_model)
        keeper.refused.connect(self._model_refused)
        analysing.not_saved.connect(self._not_saved)
        viewer.changed.connect(self._about_image)

    def tell_settings(self, notices: Sequence[str]) -> None:
        """The settings file had to be repaired."""
        if notices:
            self._banners.show_notice(Notice("settings_repaired", " ".join(notices), level=Level.WARNING))

    def tell_read_only(self, path: Path) -> None:
        """The history may be read but not written."""
        self._banners.show_notice(
            Notice(
                "history_read_only",
                self.tr("The history {name} may only be read: results and reviews are not saved.").format(
                    name=path.name
                ),
                self.tr("Allow writing to the data folder, or choose another one with --data-dir."),
                Level.WARNING,
            )
        )

    def tell_no_history(self, error: HematodeskError) -> None:
        """There is no history in this sitting."""
        self._banners.show_error(error)
        self._banners.show_notice(
            Notice(
                "nothing_saved",
                self.tr("Images are named, but nothing is saved in this sitting."),
                level=Level.WARNING,
            )
        )

    def _reused(self, image: HistoryImage, source: Source) -> None:
        self._banners.show_notice(
            Notice(
                "known_image",
                self.tr("{name} was analysed before ({moment}); this is its earlier result.").format(
                    name=image.result.name, moment=moment_words(image.result.created_at)
                ),
                action_text=self.tr("Analyse again"),
                action=self._again([source]),
            )
        )

    def _batch_ended(self, summary: BatchSummary, sources: Sequence[Source]) -> None:
        if summary.failed:
            self._banners.show_notice(
                Notice(
                    "some_failed",
                    self.tr("%n image(s) could not be read; the rest is done.", "", summary.failed),
                    level=Level.WARNING,
                    action_text=self.tr("Show them"),
                    action=self._show_failed,
                )
            )
        if summary.cancelled:
            self._banners.show_notice(
                Notice(
                    "batch_stopped",
                    self.tr("Stopped after {done} of {total} images; what is done is kept.").format(
                        done=summary.done, total=len(sources)
                    ),
                    action_text=self.tr("Go on"),
                    action=self._go_on(sources[summary.done :]),
                )
            )
        if summary.reused:
            self._banners.show_notice(
                Notice(
                    "known_images",
                    self.tr(
                        "%n image(s) were analysed before; their earlier results stand.", "", summary.reused
                    ),
                    action_text=self.tr("Analyse again"),
                    # Only where it means the known ones and no others.
                    action=self._again(sources) if summary.reused == summary.done else None,
                )
            )

    def _again(self, sources: Sequence[Source]) -> Callable[[], None]:
        return lambda: self._analysing.open(sources, again=True)

    def _go_on(self, sources: Sequence[Source]) -> Callable[[], None]:
        return lambda: self._analysing.run_many(sources)

    def _show_failed(self) -> None:
        self._panel.show_only(HistoryFilter(status=ImageStatus.ERROR))

    def _no_model(self, error: HematodeskError) -> None:
        # Why there is none was told when it failed to load; that says more.
        self._model_refused(self._keeper.fault or error)

    def _model_refused(self, error: HematodeskError) -> None:
        if self._keeper.loaded is not None:
            self._banners.show_error(error)
            return
        self._banners.show_notice(
            Notice(
                "no_model",
                error.message,
                error.remedy,
                Level.ERROR,
                self.tr("Import a model…"),
                self._import_model,
                cause=error.code,
            )
        )

    def _not_saved(self, error: HematodeskError) -> None:
        self._banners.show_notice(
            notice_of(
                error
                if error.code != "history_closed"
                else HematodeskError(
                    error.code,
                    self.tr("The history is not open, so only one image at a time is named."),
                    error.remedy,
                )
            )
        )

    def _about_image(self) -> None:
        """What the reader did to the image that the person should know."""
        result = self._viewer.result
        if result is None or result.digest == self._told:
            return
        self._told = result.digest
        words = {
            "first_page_of_many": self.tr("The file has several pages; this is the first."),
            "depth_reduced": self.tr("The image has more than 8 bits a colour; it was scaled to 8."),
            "damage_suspected": self.tr(
                "The file's coded pixels are not quite in order: part of the image may be wrong."
            ),
            "alpha_flattened": self.tr("The image was partly transparent; it lies on white."),
        }
        known = [words[code] for code in result.notices if code in words]
        if known:
            self._banners.show_notice(Notice("image_notices", " ".join(known)))
        else:
            self._banners.put_away("image_notices")
