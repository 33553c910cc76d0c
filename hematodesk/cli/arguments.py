"""The command line's arguments. Their names are a contract: scripts depend on them."""

from __future__ import annotations

import argparse
import difflib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from hematodesk import __version__
from hematodesk.cli.export_options import add_export_options
from hematodesk.domain.history import CellOrder
from hematodesk.domain.separators import Separator
from hematodesk.domain.slide_regions import MAX_SLIDE_SIDE, SlideRegion

_LONGEST_COUNT = 18
"""Digits of a number that SQLite can hold."""

_EPILOG = """\
exit codes: 0 all fine, 1 some images or checks failed (the rest are done), 2 usage,
3 no usable model or provider, 130 stopped by Ctrl+C (what was done is kept)

hematodesk names cells; it makes no diagnosis."""

_WINDOW_USAGE = """hematodesk [PATH...] [--data-dir DIR]
       hematodesk classify PATH... [options]
       hematodesk watch FOLDER [options]
       hematodesk self-test [--json]
       hematodesk models list|verify|import|adapt
       hematodesk history list|export|import|check|repair|backup|restore
       hematodesk --version"""


def read_arguments(given: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments; `command` is window, classify, self-test, "models list" and so on.

    Raises SystemExit after wrong usage, the help or the version was printed.
    """
    at = command_at(given)
    if at is None:
        first = _first_word(given)
        if first is not None and not _may_be_path(given[first]):
            _refuse(given[first])
        return _intermixed(_window_parser(), given)
    if given[at] == "classify":
        # Parsed separately, so that options may stand between its paths.
        return _intermixed(_classify_parser(), [*given[:at], *given[at + 1 :]])
    return _command_parser().parse_args(given)


def command_at(given: Sequence[str]) -> int | None:
    """The index of the command, the first word that is not an option; a file of that name is ./classify."""
    at = _first_word(given)
    return at if at is not None and given[at] in _COMMANDS else None


def _first_word(given: Sequence[str]) -> int | None:
    """The index of the first word that is not an option; None if there is none, or `--` comes before it."""
    words = iter(enumerate(given))
    for at, word in words:
        if word == "--data-dir":
            next(words, None)
        elif word == "--":
            return None
        elif not word.startswith("-"):
            return at
    return None


def _may_be_path(word: str) -> bool:
    """Whether a word may be a path; one that neither exists nor looks like a path was meant as a command.

    An empty word is left to the parser, which refuses it as a path.
    """
    from hematodesk.domain.image_formats import image_suffixes

    separators = {os.sep, os.altsep or os.sep}
    if not word or separators & set(word) or Path(word).suffix.casefold() in image_suffixes():
        return True
    return os.path.lexists(word)


def _refuse(word: str) -> NoReturn:
    """Exit with wrong usage, naming the nearest command. Raises SystemExit."""
    whole = {name.rpartition(" ")[2]: name for name in (*_ACTIONS, *_COMMANDS)}
    (nearest,) = difflib.get_close_matches(word.casefold(), whole, n=1, cutoff=0.0)
    shown = repr(word) if len(word) <= 40 else f"{word[:40]!r}…"
    _window_parser().error(
        f"{shown} is no command, and no file or folder is called that. "
        f"The nearest command is: hematodesk {whole[nearest]}"
    )


def _intermixed(parser: argparse.ArgumentParser, given: Sequence[str]) -> argparse.Namespace:
    """Read with options anywhere; argparse cannot do that where `--` ends the options."""
    return parser.parse_args(given) if "--" in given else parser.parse_intermixed_args(given)


def _window_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hematodesk",
        usage=_WINDOW_USAGE,
        description="Names the white cells in blood-cell microscopy images, offline. Without a command: "
        "the window, with those images open; without a display the same answers as a table.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_common(parser)
    parser.add_argument("paths", nargs="*", type=_path, metavar="PATH", help="image files or folders")
    parser.set_defaults(command="window")
    return parser


def _classify_parser() -> argparse.ArgumentParser:
    add, words = _COMMANDS["classify"]
    parser = argparse.ArgumentParser(
        prog="hematodesk classify",
        description=words,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_version(parser)
    add(parser)
    parser.set_defaults(data_dir=None)
    return parser


def _command_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hematodesk", allow_abbrev=False)
    _add_common(parser)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (add, words) in _COMMANDS.items():
        command = commands.add_parser(
            name,
            help=words,
            description=words,
            epilog=_EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        add(command)
    return parser


def _add_version(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--version", action="version", version=f"hematodesk {__version__}")


def _add_common(parser: argparse.ArgumentParser) -> None:
    _add_version(parser)
    parser.add_argument(
        "--data-dir", type=_path, metavar="DIR", default=None, help="keep settings and history there"
    )


def _finish(parser: argparse.ArgumentParser, command: str) -> None:
    """Add what every command has: its full name, and --data-dir, which may also come after it."""
    # When missing here it must not overwrite the one before the command.
    parser.add_argument("--data-dir", type=_path, metavar="DIR", default=argparse.SUPPRESS)
    parser.set_defaults(command=command)


def _add_classify(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", type=_path, metavar="PATH", help="image files or folders")
    parser.add_argument("--recursive", action="store_true", help="also the folders inside folders")
    _add_model(parser)
    parser.add_argument("--whole-image", action="store_true", help="classify each image as one cell")
    parser.add_argument(
        "--page", type=_page, metavar="N", help="page N of files that have several, not the first (TIFF)"
    )
    parser.add_argument("--format", choices=("table", "json", "csv"), default="table")
    _add_separator(parser)
    parser.add_argument("--output", type=_path, metavar="FILE", help="write there, whole or not at all")
    parser.add_argument("--save", action="store_true", help="also keep the results in the history")
    parser.add_argument(
        "--resume",
        action="store_true",
        help="with --save: go on where it stopped; what this model named before is not analysed again",
    )
    parser.add_argument(
        "--shard",
        type=_shard,
        metavar="I/N",
        help="only every Nth image, beginning with the Ith: one of N jobs that share the images out",
    )
    parser.add_argument(
        "--region",
        type=_region,
        metavar="X,Y,WIDTH,HEIGHT",
        help="of one whole slide: the fields in that part of it, in pixels of its full resolution",
    )
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")
    _finish(parser, "classify")


def _add_watch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=_path, metavar="FOLDER", help="the folder, those inside it included")
    _add_model(parser)
    parser.add_argument("--whole-image", action="store_true", help="classify each image as one cell")
    parser.add_argument("--format", choices=("table", "json", "csv"), default="table")
    _add_separator(parser)
    parser.add_argument("--interval", type=_seconds, default=2.0, metavar="SECONDS", help="default: 2")
    parser.add_argument("--save", action="store_true", help="also keep the results in the history")
    parser.add_argument("--quiet", action="store_true", help="nothing on standard error but errors")
    _finish(parser, "watch")


def _add_separator(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--separator",
        choices=[each.value for each in Separator],
        default=Separator.COMMA.value,
        help="csv: what parts the columns; with semicolon numbers have a decimal comma; default: comma",
    )


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=_text, metavar="NAME|FILE", help="default: the one chosen last")
    parser.add_argument("--provider", choices=("auto", "cpu", "cuda"), help="default: the one chosen last")


def _add_self_test(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one object a line and check")
    parser.add_argument("--provider", choices=("auto", "cpu", "cuda"))
    _finish(parser, "self-test")


def _add_models(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for name, words in (
        ("list", "the packages at hand"),
        ("verify", "check every package's bytes and manifest"),
    ):
        action = actions.add_parser(name, help=words, description=words, allow_abbrev=False)
        action.add_argument("--json", action="store_true", help="one object a line and package")
        _finish(action, f"models {name}")
    importing = actions.add_parser(
        "import", help="copy package files into the data folder", allow_abbrev=False
    )
    importing.add_argument("files", nargs="+", type=_path, metavar="FILE")
    _finish(importing, "models import")
    _add_adapt(
        actions.add_parser(
            "adapt",
            help="fit a model's last layer to the history's reviewed cells",
            description="Fit a new last layer to the history's reviewed cells, check it against the old one "
            "on images left out, and save it as a new model where it is better. The old one stays.",
            allow_abbrev=False,
        )
    )


def _add_adapt(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=_text, metavar="NAME|FILE", help="default: the one chosen last")
    _add_time(parser)
    parser.add_argument("--session", type=_count, metavar="N", help="of that session")
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--output", type=_path, metavar="FILE", help="write the package there, not among the models"
    )
    where.add_argument("--dry-run", action="store_true", help="only show before and after")
    parser.add_argument("--even-if-not-better", action="store_true", help="save it all the same")
    parser.add_argument("--json", action="store_true", help="one object")
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")
    _finish(parser, "models adapt")


def _add_history(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="images, newest first", allow_abbrev=False)
    _add_filter(listing)
    listing.add_argument("--limit", type=_count, default=50, metavar="N", help="at most so many (0: all)")
    listing.add_argument("--json", action="store_true", help="one object a line and image, or cell")
    listing.add_argument(
        "--cells", action="store_true", help="list cells: --class, --review open|done, --uncertain are theirs"
    )
    listing.add_argument(
        "--order",
        choices=[each.value for each in CellOrder],
        default=CellOrder.TIME.value,
        help="of cells: newest first, class by class, or least sure first",
    )
    _finish(listing, "history list")
    export = actions.add_parser(
        "export",
        help="write images with their cells and reviews to a file, or into class folders",
        allow_abbrev=False,
    )
    _add_filter(export)
    add_export_options(export)
    export.add_argument(
        "--output", type=_path, metavar="FILE", required=True, help="for folders: an empty or a new folder"
    )
    _finish(export, "history export")
    for name, words in (
        ("check", "read all of the history and print what is wrong; exit code 1 if anything is"),
        ("repair", "save what can be saved of a damaged history into a new one; the old one is kept"),
    ):
        action = actions.add_parser(name, help=words, description=words, allow_abbrev=False)
        _finish(action, f"history {name}")
    words = "copy the history, verified, to a file or folder; without one among the kept backups"
    backup = actions.add_parser("backup", help=words, description=words, allow_abbrev=False)
    backup.add_argument("target", nargs="?", type=_path, metavar="FILE|FOLDER")
    _finish(backup, "history backup")
    words = "put a backup in the history's place, which is kept; without one list the kept backups"
    restore = actions.add_parser("restore", help=words, description=words, allow_abbrev=False)
    restore.add_argument("backup", nargs="?", type=_text, metavar="NUMBER|FILE|latest")
    _finish(restore, "history restore")
    importing = actions.add_parser(
        "import", help="take in what was exported as JSON; what is there stands", allow_abbrev=False
    )
    importing.add_argument("file", type=_path, metavar="FILE")
    _finish(importing, "history import")


def _add_filter(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", default="", metavar="TEXT", help="part of the name")
    parser.add_argument(
        "--class", dest="class_id", default="", metavar="ID", help="with a cell of that class"
    )
    _add_time(parser)
    parser.add_argument("--review", choices=("none", "open", "partly", "done"), help="how far reviewed")
    parser.add_argument("--session", type=_count, metavar="N", help="of that session")
    parser.add_argument("--uncertain", action="store_true", help="with an uncertain cell")


def _add_time(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--since", default="", metavar="DATE", help="from that day (UTC) on")
    parser.add_argument("--until", default="", metavar="DATE", help="before that day (UTC)")


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_COUNT):
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a whole number from 0 on")
    return int(text)


def _page(text: str) -> int:
    if (page := _count(text)) < 1:
        raise argparse.ArgumentTypeError("the first page is 1")
    return page


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.1 <= value <= 3600:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a number of seconds from 0.1 to 3600")
    return value


def _shard(text: str) -> slice:
    """`2/5` as what takes the 2nd, 7th, 12th ... of a list."""
    shard, _, shards = text.partition("/")
    try:
        first, step = _count(shard), _count(shards)
    except argparse.ArgumentTypeError:
        first = step = 0
    if not 1 <= first <= step:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not I/N with I from 1 to N, like 1/8 to 8/8")
    return slice(first - 1, None, step)


def _region(text: str) -> SlideRegion:
    """`12000,8000,6400,4800` as a part of a slide."""
    try:
        x, y, width, height = (_count(each.strip()) for each in text.split(","))
    except (argparse.ArgumentTypeError, ValueError):
        x = y = width = height = 0
    if not (0 < width <= MAX_SLIDE_SIDE and 0 < height <= MAX_SLIDE_SIDE and max(x, y) <= MAX_SLIDE_SIDE):
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not X,Y,WIDTH,HEIGHT like 12000,8000,6400,4800")
    return SlideRegion(x, y, width, height)


def _text(text: str) -> str:
    """A non-empty text: an empty one comes from a script whose variable is not set."""
    if not text:
        raise argparse.ArgumentTypeError("it is empty")
    return text


def _path(text: str) -> Path:
    """A non-empty path: an empty one would silently mean the working folder."""
    return Path(_text(text))


_COMMANDS: dict[str, tuple[Callable[[argparse.ArgumentParser], None], str]] = {
    "classify": (_add_classify, "Name the white cells of images; nothing is kept unless --save is given."),
    "watch": (_add_watch, "Name the images of a folder as they come, until Ctrl+C."),
    "self-test": (_add_self_test, "Check packages, provider, a known image and the history."),
    "models": (_add_models, "The model packages."),
    "history": (_add_history, "The history of analysed images."),
}

_ACTIONS = (
    "models list",
    "models verify",
    "models import",
    "models adapt",
    "history list",
    "history export",
    "history import",
    "history check",
    "history repair",
    "history backup",
    "history restore",
)
"""The subcommands of `models` and `history`; of two with one name the last is suggested."""
