"""The command line. Its names, exit codes and JSON are a contract: scripts depend on them.

Qt is imported only when a window is to be opened, and everything else only by the command that
needs it, so that `hematodesk --version` answers at once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from hematodesk.cli.arguments import read_arguments
from hematodesk.cli.console import (
    NO_MODEL,
    READER_GONE,
    SOME_FAILED,
    STOPPED,
    USAGE,
    complain,
    say,
)
from hematodesk.domain.errors import Cancelled, HematodeskError, ModelError, ProviderError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    try:
        options = read_arguments(given)
    except SystemExit as leaving:
        # argparse has printed the error, the help or the version.
        return leaving.code if isinstance(leaving.code, int) else USAGE
    return _run(options)


def _run(options: argparse.Namespace) -> int:
    """Run the chosen command; every fault of the environment becomes a message and an exit code."""
    try:
        _obey(options)
        return _chosen(options.command)(options)
    except (ModelError, ProviderError) as error:
        complain(error)
        return NO_MODEL
    except HematodeskError as error:
        complain(error)
        return USAGE if error.code == "filter_invalid" else SOME_FAILED
    except BrokenPipeError:
        from hematodesk.cli.output import silence_standard_output

        silence_standard_output()
        return READER_GONE
    except OSError as fault:
        # Not foreseen elsewhere: standard output on a full disk, a deleted working folder.
        from hematodesk.cli.output import silence_standard_output

        silence_standard_output()
        say(f"hematodesk: The system refused: {fault.strerror or type(fault).__name__}. [system]")
        return SOME_FAILED
    except (Cancelled, KeyboardInterrupt):
        return STOPPED


def _obey(options: argparse.Namespace) -> None:
    """Raise PolicyError when the administrator forbids the command, before anything of it is done."""
    from hematodesk.workflow.system.prohibitions import asked_by

    asked = asked_by(options.command, vars(options))
    if asked:
        from hematodesk.bootstrap import present_policy

        policy = present_policy()
        for each in asked:
            policy.require(each)


def _chosen(command: str) -> Callable[[argparse.Namespace], int]:
    """The function of that command, imported without the other commands' modules."""
    if command == "window":
        from hematodesk.cli.window import open_window

        return open_window
    if command in ("classify", "watch"):
        from hematodesk.cli import images

        return images.classify if command == "classify" else images.watch
    if command.startswith("history "):
        from hematodesk.cli import history

        return {
            "history list": history.list_history,
            "history export": history.export,
            "history import": history.import_document,
        }.get(command, history.maintain)
    from hematodesk.cli import models

    return {
        "self-test": models.self_test,
        "models list": models.list_packages,
        "models verify": models.verify_packages,
        "models import": models.import_packages,
        "models adapt": models.adapt,
    }[command]
