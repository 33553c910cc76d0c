"""The shell's own controllers, which work over several features."""

from __future__ import annotations

from hematodesk.ui.shell.close_guard import CloseGuard
from hematodesk.ui.shell.features import Features
from hematodesk.ui.shell.help_controller import HelpController
from hematodesk.ui.shell.notices import Notices
from hematodesk.ui.shell.open_controller import OpenController
from hematodesk.ui.shell.run_controls import RunControls
from hematodesk.ui.shell.status_strip import StatusStrip
from hematodesk.ui.shell.strip_presenter import StripPresenter
from hematodesk.ui.state.window_context import WindowContext


class ShellControllers:
    """All of them, for one window; each connects itself and binds its actions."""

    def __init__(self, context: WindowContext, features: Features, strip: StatusStrip) -> None:
        self.run_controls = RunControls(context, features, strip)
        self.presenter = StripPresenter(context, features, strip)
        self.notices = Notices(context, features, self.run_controls)
        self.opener = OpenController(context, features)
        self.close_guard = CloseGuard(context, features)
        self.help = HelpController(context)
