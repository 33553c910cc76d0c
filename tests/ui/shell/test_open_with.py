"""What macOS asks the program to open comes as an event, also while it runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from hematodesk.ui.state.viewer_state import ViewState

_PROGRAM = """
import sys
from pathlib import Path
from PySide6.QtCore import QEvent
from PySide6.QtGui import QFileOpenEvent
from hematodesk.ui.application import Application
application = Application(["hematodesk"])
heard = []
application.opened.connect(heard.append)
Application.sendEvent(application, QFileOpenEvent(sys.argv[1]))
Application.sendEvent(application, QEvent(QEvent.Type.User))
print(heard == [Path(sys.argv[1])], len(heard))
"""


def test_a_file_of_open_with_is_heard(tmp_path):
    # A process of its own: there is one application in a process, and this one has pytest-qt's.
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(tmp_path / "smear ü.jpg")],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.split() == ["True", "1"], done.stderr


def test_the_window_opens_it(bench):
    window = bench.show()
    window.open_file(bench.field("a smear ü.jpg"))
    bench.rest(window)
    assert window.viewer.state is ViewState.SHOWN
