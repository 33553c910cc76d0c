"""The graphical program: set-up, error report, event loop."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QFileOpenEvent, QIcon
from PySide6.QtWidgets import QApplication, QMessageBox

import hematodesk
from hematodesk.domain.errors import HematodeskError
from hematodesk.ui.kit.error_words import error_words
from hematodesk.ui.kit.theme import Theme
from hematodesk.ui.kit.translation import install_translators
from hematodesk.ui.main_window import MainWindow
from hematodesk.ui.shell.error_report import ErrorReporter
from hematodesk.ui.shell.garbage_collection import GarbageCollection
from hematodesk.workflow.services import Services
from hematodesk.workflow.system.interrupts import told_of_interrupt
from hematodesk.workflow.system.paths import resources_dir

_SWITCH_INTERVAL_S = 0.0005
"""Seconds that a worker may hold the interpreter before the window runs; Python's default of 5 ms adds up."""


class Application(QApplication):
    """Qt's application, which also handles the events by which macOS opens files."""

    opened = Signal(Path)

    def event(self, event: QEvent) -> bool:
        """Take a file of "Open with", from the start or while the program runs."""
        if isinstance(event, QFileOpenEvent) and event.file():
            self.opened.emit(Path(event.file()))
            return True
        return super().event(event)


def make_application(services: Services) -> QApplication:
    """The QApplication, named, translated and with its icon."""
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        application = Application([sys.argv[0] if sys.argv else "hematodesk"])
    application.setApplicationName("hematodesk")
    application.setApplicationDisplayName("hematodesk")
    application.setApplicationVersion(hematodesk.__version__)
    application.setDesktopFileName("hematodesk")
    # The window disappears at once when it is closed; the program ends when all is saved.
    application.setQuitOnLastWindowClosed(False)
    language = services.settings.text("language")
    install_translators(
        application,
        services.paths.resources / "translations",
        "" if language == "system" else language,
    )
    icon = services.paths.resources / "icons" / "hematodesk.png"
    if icon.is_file():
        application.setWindowIcon(QIcon(str(icon)))
    return application


def tell_start_fault(error: HematodeskError) -> None:
    """Show a start failure in a message window, as there is no terminal when started from the desktop."""
    application = QApplication.instance() or QApplication(["hematodesk"])
    install_translators(application, resources_dir() / "translations")
    box = QMessageBox(QMessageBox.Icon.Critical, "hematodesk", error_words(error.message))
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(error_words(error.remedy))
    box.finished.connect(application.quit)
    box.show()
    application.exec()


def calm_interpreter(window: MainWindow) -> None:
    """Shorten Python's thread switching while the window is open: see _SWITCH_INTERVAL_S."""
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    garbage_collection = GarbageCollection(window.lanes, window)
    garbage_collection.begin()
    window.closed.connect(garbage_collection.end)


def run_window(services: Services, paths: Sequence[Path]) -> int:
    """Show the window with these images and run until it is closed; returns the exit code."""
    application = make_application(services)
    reporter = ErrorReporter(application)
    reporter.install()
    theme = Theme(application, services.settings.text("theme"))
    window = MainWindow(services, theme)
    calm_interpreter(window)
    reporter.set_window(window)
    window.lanes.unexpected.connect(reporter.report)
    window.closed.connect(application.quit)
    if isinstance(application, Application):
        application.opened.connect(window.open_file)
    # Python handles signals only between its own instructions, so a timer executes some at intervals.
    pulse = QTimer()
    pulse.timeout.connect(lambda: None)
    pulse.start(500)
    window.show()
    # After the first painting, so that loading never stands before the window.
    QTimer.singleShot(0, lambda: window.start(paths))
    with told_of_interrupt(window.close):
        return application.exec()
