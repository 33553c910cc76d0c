"""The command line. Its names, exit codes and JSON are a contract: scripts depend on them.

Qt is imported only when a window is to be opened, and everything else only by the command that
needs it, so that `hematodesk --version` answers at once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hematodesk import __version__
from hematodesk.domain.errors import Cancelled, HematodeskError, ModelError, ProviderError

if TYPE_CHECKING:
    from hematodesk.domain.cells import Fault
    from hematodesk.domain.history import HistoryFilter
    from hematodesk.workflow.models import LoadedModel
    from hematodesk.workflow.services import Services

OK, SOME_FAILED, USAGE, NO_MODEL, STOPPED, READER_GONE = 0, 1, 2, 3, 130, 141

_EPILOG = """\
exit codes: 0 all fine, 1 some images or checks failed (the rest are done), 2 usage,
3 no usable model or provider, 130 stopped by Ctrl+C (what was done is kept)

hematodesk names cells; it makes no diagnosis."""

_WINDOW_USAGE = """hematodesk [PATH...] [--data-dir DIR]
       hematodesk classify PATH... [options]
       hematodesk self-test [--json]
       hematodesk models list|verify|import
       hematodesk history list|export
       hematodesk --version"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    try:
        if _names_command(given):
            options = _command_parser().parse_args(given)
        else:
            options = _window_parser().parse_intermixed_args(given)
    except SystemExit as leaving:
        # argparse has said what was wrong, or shown the help or the version.
        return leaving.code if isinstance(leaving.code, int) else USAGE
    return _run(options)


def _run(options: argparse.Namespace) -> int:
    """Run the chosen command; every fault of the environment becomes a sentence and an exit code."""
    try:
        return int(options.run(options))
    except (ModelError, ProviderError) as error:
        _complain(error)
        return NO_MODEL
    except HematodeskError as error:
        _complain(error)
        return SOME_FAILED
    except BrokenPipeError:
        from hematodesk.workflow.output import silence_standard_output

        silence_standard_output()
        return READER_GONE
    except (Cancelled, KeyboardInterrupt):
        return STOPPED


# The arguments


def _names_command(given: Sequence[str]) -> bool:
    """Whether the first argument that is no option is a command; a file of that name is ./classify."""
    rest = iter(given)
    for word in rest:
        if word == "--data-dir":
            next(rest, None)
        elif word == "--":
            return False
        elif not word.startswith("-"):
            return word in _COMMANDS
    return False


def _window_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hematodesk",
        usage=_WINDOW_USAGE,
        description="Names the white cells in blood-cell microscopy images, offline. Without a command: "
        "the window, with those images open; without a display the same answers as a table.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_common(parser)
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="image files or folders")
    parser.set_defaults(run=_open_window)
    return parser


def _command_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hematodesk")
    _add_common(parser)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (add, words) in _COMMANDS.items():
        command = commands.add_parser(
            name,
            help=words,
            description=words,
            epilog=_EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        add(command)
    return parser


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--version", action="version", version=f"hematodesk {__version__}")
    parser.add_argument(
        "--data-dir", type=Path, metavar="DIR", default=None, help="keep settings and history there"
    )


def _finish(parser: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]) -> None:
    """What every command ends with: its function, and --data-dir, which may stand behind it too."""
    # Left out here it must not wipe what stood before the command.
    parser.add_argument("--data-dir", type=Path, metavar="DIR", default=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def _add_classify(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="image files or folders")
    parser.add_argument("--recursive", action="store_true", help="also the folders inside folders")
    _add_model(parser)
    parser.add_argument("--whole-image", action="store_true", help="classify each image as one cell")
    parser.add_argument("--format", choices=("table", "json", "csv"), default="table")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write there, whole or not at all")
    parser.add_argument("--save", action="store_true", help="also keep the results in the history")
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")
    _finish(parser, _classify)


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="NAME|FILE", help="default: the one chosen last")
    parser.add_argument("--provider", choices=("auto", "cpu", "cuda"), help="default: the one chosen last")


def _add_self_test(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one object a line and check")
    parser.add_argument("--provider", choices=("auto", "cpu", "cuda"))
    _finish(parser, _self_test)


def _add_models(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for name, run, words in (
        ("list", _models_list, "the packages at hand"),
        ("verify", _models_verify, "check every package's bytes and manifest"),
    ):
        action = actions.add_parser(name, help=words, description=words)
        action.add_argument("--json", action="store_true", help="one object a line and package")
        _finish(action, run)
    importing = actions.add_parser("import", help="copy package files into the data folder")
    importing.add_argument("files", nargs="+", type=Path, metavar="FILE")
    _finish(importing, _models_import)


def _add_history(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="images, newest first")
    _add_filter(listing)
    listing.add_argument("--limit", type=_count, default=50, metavar="N", help="at most so many (0: all)")
    listing.add_argument("--json", action="store_true", help="one object a line and image")
    _finish(listing, _history_list)
    export = actions.add_parser("export", help="write images with their cells and reviews to a file")
    _add_filter(export)
    export.add_argument("--format", choices=("csv", "json"), default="csv")
    export.add_argument("--output", type=Path, metavar="FILE", required=True)
    _finish(export, _history_export)


def _add_filter(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", default="", metavar="TEXT", help="part of the name")
    parser.add_argument(
        "--class", dest="class_id", default="", metavar="ID", help="with a cell of that class"
    )
    parser.add_argument("--since", default="", metavar="DATE", help="from that day (UTC) on")
    parser.add_argument("--until", default="", metavar="DATE", help="before that day (UTC)")
    parser.add_argument("--review", choices=("none", "open", "partly", "done"), help="how far reviewed")
    parser.add_argument("--session", type=_count, metavar="N", help="of that session")
    parser.add_argument("--uncertain", action="store_true", help="with an uncertain cell")


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError
    return number


_COMMANDS: dict[str, tuple[Callable[[argparse.ArgumentParser], None], str]] = {
    "classify": (_add_classify, "Name the white cells of images; nothing is kept unless --save is given."),
    "self-test": (_add_self_test, "Check packages, provider, a known image and the history."),
    "models": (_add_models, "The model packages."),
    "history": (_add_history, "The history of analysed images."),
}


# The window


def _open_window(options: argparse.Namespace) -> int:
    from hematodesk.workflow.display import why_no_window

    fault = why_no_window()
    if fault is None:
        fault = _without_qt()
    if fault is None:
        from hematodesk.bootstrap import build
        from hematodesk.ui.application import run_window
        from hematodesk.workflow.log import log_event, start_log

        services = build(options.data_dir)
        start_log(services.places)
        log_event("started", version=__version__, system=sys.platform, images=len(options.paths))
        code = run_window(services, options.paths)
        log_event("ended", code=code)
        return code
    _say(f"hematodesk: {fault.message} {fault.remedy}")
    if not options.paths:
        return USAGE
    _say("The answers as a table:")
    return _classify(_as_classify(options))


def _without_qt() -> Fault | None:
    """Why Qt cannot be imported; None when it can."""
    from hematodesk.workflow.display import qt_fault

    if sys.platform == "win32":
        # After Qt's, ONNX Runtime's own libraries would be looked for in the wrong order.
        import hematodesk.inference.runtime
    try:
        import hematodesk.ui.application  # noqa: F401
    except ImportError as error:
        return qt_fault(error)
    return None


def _as_classify(options: argparse.Namespace) -> argparse.Namespace:
    """`hematodesk PATH...` as the `classify` that gives the same answers: folders are read whole."""
    paths = [str(path) for path in options.paths]
    asked = _command_parser().parse_args(["classify", "--recursive", "--", *paths])
    asked.data_dir = options.data_dir
    return asked


# Classifying


def _classify(options: argparse.Namespace) -> int:
    from hematodesk.bootstrap import build
    from hematodesk.domain.cancel import CancelToken
    from hematodesk.workflow.answers import answer_format
    from hematodesk.workflow.classify_files import classify_files, saver
    from hematodesk.workflow.gather import gather_images
    from hematodesk.workflow.interrupts import cancelled_by_interrupt
    from hematodesk.workflow.output import ProgressLine, opened_output

    services = build(options.data_dir)
    images = list(gather_images(options.paths, options.recursive))
    if not images:
        hint = "" if options.recursive else " Folders inside folders are read with --recursive."
        _say(f"hematodesk: there is no image in what was named.{hint}")
        return SOME_FAILED
    loaded = _load(services, options.model, options.provider)
    history = services.open_history() if options.save else None
    save, end = saver(history, services.operator) if history is not None else (None, None)
    line = ProgressLine(None if options.quiet else sys.stderr)
    to_terminal = options.output is None and sys.stdout is not None and sys.stdout.isatty()
    cancel = CancelToken()
    try:
        with (
            cancelled_by_interrupt(cancel),
            opened_output(options.output, spreadsheet=options.format == "csv") as output,
        ):
            done = classify_files(
                images,
                services.analyser(loaded),
                answer_format(options.format, loaded),
                output,
                # On a terminal the answers themselves show how far it is.
                progress=None if to_terminal else line.show,
                cancel=cancel,
                whole_image=options.whole_image,
                save=save,
            )
        if end is not None:
            end()
    finally:
        line.clear()
        services.close()
    if not options.quiet:
        _say(_summary(done.done, len(images), done.failed, done.elapsed_s, stopped=done.cancelled))
    return STOPPED if done.cancelled else SOME_FAILED if done.failed else OK


def _load(services: Services, model: str | None, provider: str | None) -> LoadedModel:
    """Load the model; what is not as asked for is said. Raises ModelError, ProviderError."""
    loaded = services.models.load(model, provider)
    if loaded.model_fault is not None:
        _say(f"hematodesk: {loaded.model_fault.message} {loaded.package.name} is used instead.")
    if loaded.provider_reason:
        _say(f"hematodesk: {loaded.provider_reason} The provider is {loaded.active}.")
    return loaded


def _summary(done: int, asked: int, failed: int, seconds: float, *, stopped: bool) -> str:
    words = f"{done} of {asked} images" if done != asked else f"{done} image{'' if done == 1 else 's'}"
    return f"{words}, {failed} failed, {seconds:.1f} s{', stopped' if stopped else ''}"


# Self-test, models, history


def _self_test(options: argparse.Namespace) -> int:
    from hematodesk.bootstrap import build
    from hematodesk.workflow.listings import write_checks
    from hematodesk.workflow.output import standard_output
    from hematodesk.workflow.self_test import MODEL_CHECKS, run_self_test

    services = build(options.data_dir)
    try:
        checks = run_self_test(services, options.provider)
        failed = write_checks(checks, standard_output(), as_json=options.json)
    finally:
        services.close()
    if MODEL_CHECKS.intersection(failed):
        return NO_MODEL
    return SOME_FAILED if failed else OK


def _models_list(options: argparse.Namespace) -> int:
    from hematodesk.bootstrap import build
    from hematodesk.workflow.listings import write_packages
    from hematodesk.workflow.output import standard_output

    packages = build(options.data_dir).models.packages()
    return OK if write_packages(packages, standard_output(), as_json=options.json) else NO_MODEL


def _models_verify(options: argparse.Namespace) -> int:
    from hematodesk.bootstrap import build
    from hematodesk.workflow.listings import write_package_checks
    from hematodesk.workflow.output import standard_output

    checks = build(options.data_dir).models.store.verify()
    write_package_checks(checks, standard_output(), as_json=options.json)
    if not any(check.ok for check in checks):
        return NO_MODEL
    return OK if all(check.ok for check in checks) else SOME_FAILED


def _models_import(options: argparse.Namespace) -> int:
    from hematodesk.bootstrap import build
    from hematodesk.workflow.output import standard_output

    services = build(options.data_dir)
    output = standard_output()
    code = OK
    for path in options.files:
        try:
            package = services.models.import_file(path)
        except ModelError as error:
            _complain(error)
            code = NO_MODEL
        else:
            output.write(f"{package.name}@{package.version}  {package.sha256}\n")
    output.flush()
    return code


def _history_list(options: argparse.Namespace) -> int:
    from hematodesk.workflow.listings import write_history
    from hematodesk.workflow.output import standard_output

    services = _with_history(options)
    try:
        images = services.all_images(_filter(options))
        write_history(images, standard_output(), limit=options.limit, as_json=options.json)
    finally:
        services.close()
    return OK


def _history_export(options: argparse.Namespace) -> int:
    from hematodesk.workflow.export import export_history

    services = _with_history(options)
    try:
        count = export_history(services.history, options.output, options.format, _filter(options))
    finally:
        services.close()
    _say(f"{count} image{'' if count == 1 else 's'} written to {options.output}")
    return OK


def _with_history(options: argparse.Namespace) -> Services:
    """The services with the history open. Raises HistoryError, also when there is none yet."""
    from hematodesk.bootstrap import build

    services = build(options.data_dir)
    services.open_history(must_exist=True)
    return services


def _filter(options: argparse.Namespace) -> HistoryFilter:
    from hematodesk.domain.history import HistoryFilter, ReviewState

    return HistoryFilter(
        text=options.name,
        class_id=options.class_id,
        since=options.since,
        until=options.until,
        review_state=ReviewState(options.review) if options.review else None,
        uncertain_only=options.uncertain,
        session_id=options.session,
    )


# Writing


def _say(words: str) -> None:
    """One line on standard error, where there is one."""
    if sys.stderr is not None:
        sys.stderr.write(words + "\n")
        sys.stderr.flush()


def _complain(error: HematodeskError) -> None:
    _say(f"hematodesk: {error.message} {error.remedy} [{error.code}]")
