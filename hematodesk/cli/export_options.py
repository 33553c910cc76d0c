"""The options of `history export`, drawn from the table of formats, and the request made of them."""

from __future__ import annotations

import argparse
from pathlib import Path

from hematodesk.domain.history import HistoryFilter
from hematodesk.workflow.exports.export import ExportRequest
from hematodesk.workflow.exports.export_formats import EXPORT_FORMATS, export_options


def add_export_options(parser: argparse.ArgumentParser) -> None:
    """The options of `history export` besides filter and output."""
    parser.add_argument("--format", choices=list(EXPORT_FORMATS), default="csv")
    for kind in EXPORT_FORMATS.values():
        for option in kind.options:
            words = f"{kind.id}: {option.help}"
            if isinstance(option.default, bool):
                action = "store_false" if option.default else "store_true"
                parser.add_argument(option.argument, dest=option.key, action=action, help=words)
            else:
                values = [value for value, _ in option.choices]
                parser.add_argument(
                    option.argument, dest=option.key, choices=values, default=option.default, help=words
                )


def export_request(options: argparse.Namespace, chosen: HistoryFilter) -> ExportRequest:
    """The request of the command line."""
    target: Path = options.output
    keys = [option.key for kind in EXPORT_FORMATS.values() for option in kind.options]
    wanted = export_options({key: getattr(options, key) for key in keys})
    return ExportRequest(target, options.format, chosen, wanted)
