"""`python -m export_tools COMMAND ...`"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

_COMMANDS = (
    "training.train",
    "networks.average",
    "networks.narrow",
    "evaluation.calibrate",
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
        return int(args.run(args))
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


if __name__ == "__main__":
    sys.exit(main())
