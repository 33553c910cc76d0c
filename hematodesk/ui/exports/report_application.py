"""Qt without a window, for reports from the command line."""

from __future__ import annotations

import os
import sys

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QGuiApplication

from hematodesk.ui.exports.report_pdf import render_report
from hematodesk.ui.kit.translation import install_translators
from hematodesk.workflow.exports.export import ReportRenderer
from hematodesk.workflow.services import Services


def report_renderer(services: Services) -> ReportRenderer:
    """What renders reports in this process; Qt is begun where it is not yet, and needs no display."""
    if QCoreApplication.instance() is None:
        if sys.platform not in ("win32", "darwin"):
            os.environ["QT_QPA_PLATFORM"] = "offscreen"
        # The instance is Qt's own from here on; it ends with the process.
        application = QGuiApplication([sys.argv[0] if sys.argv else "hematodesk"])
        language = services.settings.text("language")
        folder = services.paths.resources / "translations"
        install_translators(application, folder, "" if language == "system" else language)
        _kept.append(application)
    return render_report


_kept: list[QGuiApplication] = []
