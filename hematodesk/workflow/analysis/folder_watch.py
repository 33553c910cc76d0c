"""Watches a folder by polling, with a run for its new files."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hematodesk.domain.left_out import LeftOut
from hematodesk.workflow.analysis.run_job import Keep, RunEvent, RunJob, RunRequest, RunServices
from hematodesk.workflow.analysis.source_streams import FixedSources
from hematodesk.workflow.analysis.watched_folder import WatchedFolder

if TYPE_CHECKING:
    from hematodesk.domain.cancel import CancelToken

_STEP_S = 0.1


@dataclass(frozen=True, slots=True)
class FolderAway:
    """The folder has become unreadable, or readable again (`away` False)."""

    away: bool


@dataclass(frozen=True, slots=True)
class MoreLeftOut:
    """The folder holds more than before that is no image; all of it."""

    left_out: LeftOut


WatchEvent = RunEvent | FolderAway | MoreLeftOut


class FolderWatch:
    """One watched folder and the runs over what comes into it.

    Args:
        folder: remembers what was given.
        keep: RESULTS keeps them in the history, and what the history knows is not answered again; with
            NOTHING the answers since the start are remembered instead.
        whole_image: see RunRequest.
    """

    def __init__(
        self, services: RunServices, folder: WatchedFolder, keep: Keep, whole_image: bool | None = None
    ) -> None:
        self._services = services
        self._folder = folder
        self._keep = keep
        self._whole_image = whole_image
        self._away = False
        self._left_out = 0
        self._stopped = False

    def stop(self) -> None:
        """Start nothing more; what is under way is finished."""
        self._stopped = True

    def step(self, cancel: CancelToken, tell: Callable[[WatchEvent], object]) -> None:
        """Look once, and name what is new; blocks as long as that takes.

        Raises what RunJob.run raises; the files that were not named are new at the next look then.
        """
        look = self._folder.look()
        if look.away != self._away:
            self._away = look.away
            tell(FolderAway(look.away))
        left_out = look.left_out.files + look.left_out.closed
        if left_out > self._left_out:
            tell(MoreLeftOut(look.left_out))
        if not look.away:
            self._left_out = left_out
        if not look.ready or self._stopped:
            return
        request = RunRequest(
            FixedSources(look.ready),
            whole_image=self._whole_image,
            keep=self._keep,
            reuse=self._keep is not Keep.NOTHING,
            watched=self._folder,
        )
        try:
            RunJob(self._services, request).run(cancel, tell)
        except BaseException:
            # A full disk, a missing model: files that were not analysed are offered again.
            self._folder.give_again(look.ready)
            raise

    def run(self, cancel: CancelToken, tell: Callable[[WatchEvent], object], interval_s: float) -> None:
        """Look each time that so many seconds have passed, until the cancel. Raises as `step`."""
        while not cancel.cancelled:
            self.step(cancel, tell)
            rest = time.monotonic() + interval_s
            while not cancel.cancelled and time.monotonic() < rest:
                time.sleep(min(_STEP_S, max(0.0, rest - time.monotonic())))
