"""The options of `history export` and `history import`, and the request made of them."""

from __future__ import annotations

import argparse
from pathlib import Path

from hematodesk.domain.history import HistoryFilter
from hematodesk.workflow.exports.class_folders import FolderOptions
from hematodesk.workflow.exports.export import ExportFormat, ExportOptions, ExportRequest, Paper


def add_export_options(parser: argparse.ArgumentParser) -> None:
    """The options of `history export` besides filter and output."""
    parser.add_argument("--format", choices=[each.value for each in ExportFormat], default="csv")
    parser.add_argument(
        "--no-thumbnails", action="store_true", help="json: without the history's small pictures"
    )
    parser.add_argument("--pictures", action="store_true", help="xlsx: with a small picture of each cell")
    parser.add_argument(
        "--paper",
        choices=[each.value for each in Paper],
        default="auto",
        help="pdf: auto follows the country",
    )
    parser.add_argument(
        "--whole-images", action="store_true", help="folders: copy whole images, not cells cut out"
    )
    parser.add_argument(
        "--unreviewed", action="store_true", help="folders: also cells that nobody has reviewed"
    )


def export_request(options: argparse.Namespace, chosen: HistoryFilter) -> ExportRequest:
    """The request of the command line."""
    target: Path = options.output
    wanted = ExportOptions(
        thumbnails=not options.no_thumbnails,
        pictures=options.pictures,
        folders=FolderOptions(crops=not options.whole_images, reviewed_only=not options.unreviewed),
        paper=Paper(options.paper),
    )
    return ExportRequest(target, ExportFormat(options.format), chosen, wanted)
