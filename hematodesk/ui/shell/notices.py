"""The window's own notices: known images, failed ones, a missing model, a refused history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QDir, QObject

from hematodesk.domain.cells import ImageStatus
from hematodesk.domain.errors import HematodeskError
from hematodesk.domain.history import HistoryFilter, HistoryImage, Run, RunSummary
from hematodesk.domain.image_notices import notice_sentences
from hematodesk.domain.messages import N_
from hematodesk.ui.kit.banners import Level, Notice, notice_of
from hematodesk.ui.kit.error_words import error_words
from hematodesk.ui.kit.time_words import moment_words
from hematodesk.ui.kit.words import number, run_words
from hematodesk.ui.shell.features import Features
from hematodesk.ui.shell.run_controls import RunControls
from hematodesk.ui.state.window_context import WindowContext
from hematodesk.workflow.analysis.run_job import RunEnd, RunRequest
from hematodesk.workflow.analysis.sources import Source
from hematodesk.workflow.history_service import HistoryService

_OF_THE_HISTORY = (
    "run_done",
    "some_failed",
    "batch_stopped",
    "run_cut_off",
    "run_other_model",
    "run_images_gone",
    "deleted",
)
"""Banners that speak of runs and images by their place in one history."""


class Notices(QObject):
    """Turns events into banners."""

    def __init__(self, context: WindowContext, features: Features, controls: RunControls) -> None:
        super().__init__(context.window)
        runs, resume = features.runs.runs, features.runs.resume
        self._import_model = features.models.ask_import
        self._show_summary = controls.show_summary
        self._choose_run = controls.choose_run
        self._runs = runs
        self._resume = resume
        self._model_state = context.model_state
        self._viewer = context.viewer
        self._panel = features.history.panel
        self._banners = context.banners
        self._lanes = context.lanes
        self._told: object = None
        self._told_of_image = False
        runs.reused.connect(self._reused)
        runs.ended.connect(self._run_ended)
        runs.summed.connect(self._run_summed)
        resume.offered.connect(self._offer)
        resume.left.connect(self._offer_left)
        resume.refused.connect(self._other_model)
        resume.gone.connect(self._images_gone)
        resume.none_open.connect(self._nothing_to_resume)
        runs.no_model.connect(self._no_model)
        runs.not_saved.connect(self._not_saved)
        context.model_state.refused.connect(self._model_refused)
        context.viewer.changed.connect(self._about_image)
        context.session.opened.connect(self._history_opened)
        context.session.absent.connect(self._no_history)
        context.session.leaving.connect(self._forget_history)
        context.actions.bind({"put_away": context.banners.put_all_away})

    def tell_settings(self, notices: Sequence[str]) -> None:
        """The settings file had to be repaired."""
        if notices:
            self._banners.show_notice(
                Notice("settings_repaired", " ".join(map(error_words, notices)), level=Level.WARNING)
            )

    def _history_opened(self, history: HistoryService) -> None:
        if not history.read_only:
            return
        self._banners.show_notice(
            Notice(
                "history_read_only",
                self.tr("The history {name} may only be read: results and reviews are not saved.").format(
                    name=history.path.name
                ),
                self.tr("Allow writing to the data folder, or choose another one with --data-dir."),
                Level.WARNING,
                cause="history_read_only",
            )
        )

    def _forget_history(self) -> None:
        """Another history takes this one's place: nothing is offered any more that speaks of this one's."""
        for code in _OF_THE_HISTORY:
            self._banners.put_away(code)

    def _no_history(self, error: HematodeskError) -> None:
        self._banners.show_error(error)
        self._banners.show_notice(
            Notice(
                "nothing_saved",
                self.tr("Images are named, but nothing is saved in this session."),
                level=Level.WARNING,
                cause="nothing_saved",
            )
        )

    def _reused(self, image: HistoryImage, source: Source) -> None:
        if image.id != self._viewer.image_id:
            # Somebody has gone on to another one meanwhile.
            return
        self._banners.show_notice(
            Notice(
                "known_image",
                self.tr("{name} was analysed before ({moment}); this is its earlier result.").format(
                    name=image.result.name, moment=moment_words(image.result.created_at)
                ),
                action_text=self.tr("Analyse again"),
                action=self._again([source]),
                image=image.id,
            )
        )

    def _run_ended(self, end: RunEnd) -> None:
        summary = end.summary
        if end.failed:
            self._banners.show_notice(
                Notice(
                    "some_failed",
                    self.tr("%n image(s) could not be read; the rest is done.", "", end.failed),
                    level=Level.WARNING,
                    action_text=self.tr("Show them"),
                    action=self._show_failed,
                )
            )
        if summary.gone is not None:
            self._folder_gone(summary.gone, end)
        elif summary.cancelled:
            self._banners.show_notice(
                Notice(
                    "batch_stopped",
                    self._stopped_words(end),
                    action_text=self.tr("Go on"),
                    action=self._resume.resume_latest,
                    stays=True,
                )
            )
        if summary.reused and end.request.resumed is None:
            self._banners.show_notice(
                Notice(
                    "known_images",
                    self.tr(
                        "%n image(s) were analysed before; their earlier results stand.", "", summary.reused
                    ),
                    action_text=self.tr("Analyse again"),
                    # Only where it means the known ones and no others.
                    action=self._anew(end.request, again=True, skip=end.first is not None)
                    if summary.reused == summary.done
                    else None,
                )
            )

    def _folder_gone(self, folder: Path, end: RunEnd) -> None:
        """A stick was removed, or a share is unavailable: the rest of the run waits for it."""
        place = QDir.toNativeSeparators(str(folder))
        words = self.tr("The folder {folder} is gone.").format(folder=place)
        run_id = end.run_id
        self._banners.show_notice(
            Notice(
                "run_folder_gone",
                f"{words} {self._stopped_words(end)}",
                self.tr("Connect the drive or share that they lie on; the batch can go on then."),
                Level.WARNING,
                self.tr("Go on"),
                None if run_id is None else lambda: self._resume.resume_by_id(run_id),
                stays=True,
            )
        )

    def _stopped_words(self, end: RunEnd) -> str:
        total = end.request.images.total
        if total is None:
            words = self.tr("Stopped after {done} image(s); what is done is kept.", "", end.done)
            return words.format(done=number(end.done))
        words = self.tr("Stopped after {done} of {total} image(s); what is done is kept.", "", total)
        return words.format(done=number(end.done), total=number(total))

    def _run_summed(self, summary: RunSummary, end: RunEnd) -> None:
        if end.summary.cut_short or end.summary.reused == end.summary.done:
            return
        self._banners.show_notice(
            Notice(
                "run_done",
                run_words(summary, end.summary.elapsed_s, end.done),
                action_text=self.tr("Summary"),
                action=self._show_summary,
                stays=True,
            )
        )

    def _offer(self, run: Run, others: int) -> None:
        """A run was cut off: offer to go on with it, and to look at the others that are not finished."""
        name = _name_of(run)
        words = (
            self.tr("A batch over {name} was cut off; {done} of {total} image(s) are done.", "", run.total)
            if run.total is not None
            else self.tr("A batch over {name} was cut off; {done} image(s) are done.", "", run.done)
        )
        words = words.format(name=name, done=number(run.done), total=number(run.total or 0))
        if others:
            words += " " + self.tr("%n more batch(es) are not finished.", "", others)
        self._banners.show_notice(
            Notice(
                "run_cut_off",
                words,
                action_text=self.tr("Go on"),
                action=lambda: self._resume.resume(run),
                more_text=self.tr("All…"),
                more=self._choose_run if others else None,
                stays=True,
            )
        )

    def _nothing_to_resume(self) -> None:
        """There is no batch to go on with."""
        self._banners.show_notice(
            Notice("nothing_to_resume", self.tr("Every batch came to its end; there is none to go on with."))
        )

    def _other_model(self, run: Run) -> None:
        self._banners.show_notice(
            Notice(
                "run_other_model",
                self.tr("The batch was begun with {model}, which is not the present model.").format(
                    model=f"{run.options.model} {run.options.version}"
                ),
                self.tr("Choose that model (Ctrl+M) and go on, or open the folder anew."),
                Level.WARNING,
            )
        )

    def _images_gone(self, run: Run) -> None:
        self._banners.show_notice(
            Notice(
                "run_images_gone",
                self.tr("The images of the batch over {name} are not there.").format(name=_name_of(run)),
                self.tr("Connect the drive or share that they lie on; the batch can go on then."),
                Level.WARNING,
                self.tr("Go on"),
                lambda: self._resume.resume(run),
            )
        )

    def _offer_left(self, request: RunRequest) -> None:
        """A run was stopped for another history to come: offer to go on in that one."""
        name = request.images.roots[0].name if request.images.roots else ""
        self._banners.show_notice(
            Notice(
                "run_left",
                self.tr("The batch over {name} was stopped when the history was exchanged.").format(
                    name=name
                ),
                action_text=self.tr("Go on"),
                action=self._anew(request, again=request.again),
                stays=True,
            )
        )

    def _anew(self, request: RunRequest, *, again: bool, skip: bool = False) -> Callable[[], None]:
        """Go through a run's images once more; skip the one that was opened first and has its own banner."""
        return lambda: self._runs.open_stream(request.images.anew(), again=again, skip=int(skip))

    def _again(self, sources: Sequence[Source]) -> Callable[[], None]:
        return lambda: self._runs.open(sources, again=True)

    def _show_failed(self) -> None:
        self._panel.show_only(HistoryFilter(status=ImageStatus.ERROR))

    def _no_model(self, error: HematodeskError) -> None:
        # The reason was shown when it failed to load.
        self._model_refused(self._model_state.fault or error)

    def _model_refused(self, error: HematodeskError) -> None:
        if self._model_state.loaded is not None:
            self._banners.show_error(error)
            return
        self._banners.show_notice(
            Notice(
                "no_model",
                error_words(error.message),
                error_words(error.remedy),
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
                    N_("Errors", "The history is not open, so only one image at a time is named."),
                    error.remedy,
                )
            )
        )

    def _about_image(self) -> None:
        """What the reader did to the image that the user should know."""
        result = self._viewer.result
        if result is None:
            self._told = None
            self._banners.put_away("image_notices")
            return
        if result.digest == self._told:
            return
        self._told = result.digest
        known = [error_words(sentence) for sentence in notice_sentences(result.notices)]
        if "repair_incomplete" in result.notices:
            known.append(
                self.tr("The history was damaged once: a cell, a review or a note of this image is lost.")
            )
        if known:
            # As long as the image is on show; of the next one with the same words it stands on.
            words = " ".join(known)
            told = self._banners.banner("image_notices")
            if told is None or told.notice.text != words:
                self._banners.show_notice(Notice("image_notices", words, stays=True))
        elif self._told_of_image:
            self._banners.put_away("image_notices")
        self._told_of_image = bool(known)


def _name_of(run: Run) -> str:
    """The first file or folder of a run."""
    return Path(run.options.roots[0]).name if run.options.roots else ""
