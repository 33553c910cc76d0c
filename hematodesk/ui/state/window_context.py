"""The context that every feature of the window gets."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QMainWindow, QWidget

from hematodesk.ui.kit.accessible import install as install_accessible
from hematodesk.ui.kit.actions import Actions
from hematodesk.ui.kit.banners import Banners
from hematodesk.ui.kit.dialog_host import DialogHost
from hematodesk.ui.kit.theme import Theme
from hematodesk.ui.state.history_access import HistoryAccess
from hematodesk.ui.state.model_state import ModelState
from hematodesk.ui.state.session_controller import SessionController
from hematodesk.ui.state.task_lanes import TaskLanes
from hematodesk.ui.state.viewer_state import Viewer
from hematodesk.workflow.services import Services


@dataclass(frozen=True, slots=True)
class WindowContext:
    """Handed to each feature by the window, which makes it.

    Attributes:
        window: the parent of dialogs, and of what lives as long as the window.
        services: what workflow offers.
        theme: the look, light or dark.
        lanes: where work off the window's thread runs.
        access: the open history, asked on the storage lane.
        session: opens the history and closes it; what begins and ends with it listens.
        viewer: the image on show.
        model_state: the model in use.
        banners: the window's messages.
        actions: the one table of actions; a feature binds those that are its own.
        dialogs: opens dialogs, one of each.
    """

    window: QMainWindow
    services: Services
    theme: Theme
    lanes: TaskLanes
    access: HistoryAccess
    session: SessionController
    viewer: Viewer
    model_state: ModelState
    banners: Banners
    actions: Actions
    dialogs: DialogHost


def make_context(window: QMainWindow, services: Services, theme: Theme, column: QWidget) -> WindowContext:
    """The context of a window that is being built.

    Args:
        column: the one that banners have a room in, above what it shows.
    """
    install_accessible()
    lanes = TaskLanes(window)
    access = HistoryAccess(lanes)
    banners = Banners(column)
    return WindowContext(
        window,
        services,
        theme,
        lanes,
        access,
        SessionController(services, lanes, access, window),
        Viewer(access, lanes, banners, services, window),
        ModelState(services.models, lanes, banners, window),
        banners,
        Actions(window),
        DialogHost(window),
    )
