"""Access to the history for the window: jobs on the storage lane, answers on the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from hematodesk.domain.errors import HematodeskError
from hematodesk.ui.state.task_lanes import Lane, TaskLanes, Ticket

if TYPE_CHECKING:
    from hematodesk.workflow.history_service import HistoryService

Answer = TypeVar("Answer")


class HistoryAccess:
    """Passes jobs to the storage lane. The history is opened by the lane's first job."""

    def __init__(self, lanes: TaskLanes) -> None:
        self._lanes = lanes
        self._history: HistoryService | None = None

    def use(self, history: HistoryService) -> None:
        """Called once it is open; what is asked before gets no answer (see `ask`)."""
        self._history = history

    def leave(self) -> None:
        """It is closed for a moment: what is asked meanwhile gets no answer."""
        self._history = None

    def ask(
        self,
        job: Callable[[HistoryService], Answer],
        done: Callable[[Answer], None] | None = None,
        failed: Callable[[HematodeskError], None] | None = None,
        cancelled: Callable[[], None] | None = None,
    ) -> Ticket | None:
        """Run the job with the history on the storage lane; None when there is no history."""
        history = self._history
        if history is None:
            return None

        def work(_ticket: Ticket) -> Any:
            return job(history)

        return self._lanes.run(Lane.STORAGE, work, done=done, failed=failed, cancelled=cancelled)
