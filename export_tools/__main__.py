"""`python -m export_tools COMMAND ...`"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

from hematodesk.domain.errors import HematodeskError
from hematodesk.domain.targets import check_target, protect
from hematodesk.workflow.system.paths import find_paths
from hematodesk.workflow.system.policy import policy_file, read_policy

_COMMANDS = (
    "training.train",
    "networks.average",
    "networks.narrow",
    "evaluation.calibrate",
    "evaluation.refit",
    "conversion.convert",
    "evaluation.evaluate",
    "phantom",
    "locator.measure",
    "data.grouping",
    "evaluation.adapt_report",
)

_EXPORT_EXTRA = frozenset(
    {"tensorflow", "keras", "tf_keras", "tf2onnx", "onnx", "h5py", "matplotlib", "sklearn", "torch"}
)

_OUTPUTS = ("output", "sheets", "work", "cache", "checkpoints", "json", "video", "samples", "icons")
"""The options, of any command, that name what is written."""


def make_parser() -> argparse.ArgumentParser:
    """All commands with their options; it needs no TensorFlow."""
    parser = argparse.ArgumentParser(prog="python -m export_tools", description=__doc__)
    subparsers = parser.add_subparsers(dest="command", required=True)
    for name in _COMMANDS:
        importlib.import_module(f"export_tools.{name}").add_parser(subparsers)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 all fine, 1 the work was refused or failed, 2 usage, 130 interrupted."""
    args = make_parser().parse_args(arguments)
    try:
        _spare_the_program(args)
        return int(args.run(args))
    except HematodeskError as fault:
        print(f"{args.command}: {fault.message} {fault.remedy} [{fault.code}]", file=sys.stderr)
        return 1
    except ModuleNotFoundError as fault:
        if (fault.name or "").split(".")[0] not in _EXPORT_EXTRA:
            raise
        print(
            f"{args.command}: {fault.name} is not installed. Install what export_tools needs: "
            "python -m pip install '.[export]'",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print(f"{args.command}: interrupted", file=sys.stderr)
        return 130


def _spare_the_program(args: argparse.Namespace) -> None:
    """Refuse what would be written into the program's data folder. Raises HematodeskError."""
    protect(find_paths(read_policy(policy_file()).check_data_dir(None)).data)
    for name in _OUTPUTS:
        target = getattr(args, name, None)
        if isinstance(target, Path):
            check_target(target)


if __name__ == "__main__":
    sys.exit(main())
