"""`hematodesk [PATH...]`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from hematodesk import __version__
from hematodesk.cli.arguments import read_arguments
from hematodesk.cli.console import USAGE, say
from hematodesk.cli.images import classify
from hematodesk.domain.errors import PolicyError

if TYPE_CHECKING:
    from hematodesk.domain.errors import HematodeskError


def open_window(options: argparse.Namespace) -> int:
    """`hematodesk [PATH...]`: the window, or without a display the reason and the same answers as a table."""
    from hematodesk.cli.display import why_no_window

    fault = why_no_window()
    if fault is None:
        fault = _without_qt()
    if fault is None:
        from hematodesk.bootstrap import build, run_window, tell_start_fault
        from hematodesk.workflow.system.log import log_event, start_log

        try:
            services = build(options.data_dir)
        except PolicyError as error:
            tell_start_fault(error)
            raise
        start_log(services.paths)
        log_event("started", version=__version__, system=sys.platform, images=len(options.paths))
        code = run_window(services, options.paths)
        log_event("ended", code=code)
        return code
    say(f"hematodesk: {fault.message} {fault.remedy}")
    if not options.paths:
        return USAGE
    say("The answers as a table:")
    return classify(_as_classify(options))


def _without_qt() -> HematodeskError | None:
    """Why Qt cannot be imported; None when it can."""
    from hematodesk.bootstrap import import_window
    from hematodesk.cli.display import qt_fault

    try:
        import_window()
    except ImportError as error:
        return qt_fault(error)
    return None


def _as_classify(options: argparse.Namespace) -> argparse.Namespace:
    """`hematodesk PATH...` as the `classify` that gives the same answers: folders are read whole."""
    asked = read_arguments(["classify", "--recursive", "--", *map(str, options.paths)])
    asked.data_dir = options.data_dir
    return asked
