"""`python -m export_tools COMMAND ...`"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

_COMMANDS = (
    "train",
    "average",
    "narrow",
    "calibrate",
    "convert",
    "evaluate",
    "phantom",
    "locating",
    "grouping",
    "adapt_report",
)


def make_parser() -> argparse.ArgumentParser:
    """All commands with their options; it needs no TensorFlow."""
    parser = argparse.ArgumentParser(prog="python -m export_tools", description=__doc__)
    subparsers = parser.add_subparsers(dest="command", required=True)
    for name in _COMMANDS:
        importlib.import_module(f"export_tools.{name}").add_parser(subparsers)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 all fine, 1 the work was refused or failed, 2 usage."""
    args = make_parser().parse_args(arguments)
    return int(args.run(args))


if __name__ == "__main__":
    sys.exit(main())
