"""`python -m hematodesk` and the installed `hematodesk` command."""

from __future__ import annotations

import os
import sys

from hematodesk.child.launch import CHILD_ARGUMENT, POLITE, POLITE_KINDS


def main() -> int:
    """Run the command line, or the work of a child process; returns the exit code."""
    if sys.argv[1:2] == [CHILD_ARGUMENT]:
        return _work_as_child(sys.argv[2], sys.argv[3:])
    from hematodesk.cli.main import main as command_line

    return command_line()


def _work_as_child(kind: str, arguments: list[str]) -> int:
    """A child for foreign input (see hematodesk.child); it imports what its work needs and nothing else."""
    if sys.platform != "win32" and kind in POLITE_KINDS:
        os.nice(POLITE)
    if kind == "decode":
        from hematodesk.imaging.decoder_child import main as decode

        return decode(arguments)
    if kind == "slide":
        from hematodesk.imaging.slide_child import main as read_slide

        return read_slide(arguments)
    if kind == "model":
        from hematodesk.inference.model_child import main as run_model

        return run_model(arguments)
    return 2


if __name__ == "__main__":
    sys.exit(main())
