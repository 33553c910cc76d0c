"""The command line. Its names, exit codes and JSON are a contract: scripts depend on them.

Qt is imported only when a window is to be opened, and everything else only by the command that
needs it, so that `hematodesk --version` answers at once.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from hematodesk import __version__
from hematodesk.domain.errors import (
    Cancelled,
    ExportError,
    HematodeskError,
    ModelError,
    PolicyError,
    ProviderError,
)
from hematodesk.workflow.arguments import read_arguments

if TYPE_CHECKING:
    from pathlib import Path

    from hematodesk.domain.cells import Fault
    from hematodesk.domain.history import HistoryFilter
    from hematodesk.workflow.export import ReportRenderer
    from hematodesk.workflow.models import LoadedModel
    from hematodesk.workflow.services import Services

_WORTH_TUNING = 500
"""Images of a batch after which the computer is measured once, see ModelDesk.tune."""

OK, SOME_FAILED, USAGE, NO_MODEL, STOPPED, READER_GONE = 0, 1, 2, 3, 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    try:
        options = read_arguments(given)
    except SystemExit as leaving:
        # argparse has said what was wrong, or shown the help or the version.
        return leaving.code if isinstance(leaving.code, int) else USAGE
    return _run(options)


def _run(options: argparse.Namespace) -> int:
    """Run the chosen command; every fault of the environment becomes a sentence and an exit code."""
    try:
        return _COMMANDS[options.command](options)
    except (ModelError, ProviderError) as error:
        _complain(error)
        return NO_MODEL
    except HematodeskError as error:
        _complain(error)
        return USAGE if error.code == "filter_invalid" else SOME_FAILED
    except BrokenPipeError:
        from hematodesk.workflow.output import silence_standard_output

        silence_standard_output()
        return READER_GONE
    except OSError as fault:
        # What no room could foresee: standard output on a full disk, a working folder that is gone.
        from hematodesk.workflow.output import silence_standard_output

        silence_standard_output()
        _say(f"hematodesk: The system refused: {fault.strerror or type(fault).__name__}. [system]")
        return SOME_FAILED
    except (Cancelled, KeyboardInterrupt):
        return STOPPED


# The window


def _open_window(options: argparse.Namespace) -> int:
    from hematodesk.workflow.display import why_no_window

    fault = why_no_window()
    if fault is None:
        fault = _without_qt()
    if fault is None:
        from hematodesk.bootstrap import build
        from hematodesk.ui.application import run_window, tell_start_fault
        from hematodesk.workflow.log import log_event, start_log

        try:
            services = build(options.data_dir)
        except PolicyError as error:
            tell_start_fault(error)
            raise
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
    asked = read_arguments(["classify", "--recursive", "--", *map(str, options.paths)])
    asked.data_dir = options.data_dir
    return asked


# Classifying


def _classify(options: argparse.Namespace) -> int:
    from hematodesk.bootstrap import build

    with contextlib.closing(build(options.data_dir)) as services:
        return _classify_with(services, options)


def _classify_with(services: Services, options: argparse.Namespace) -> int:
    from hematodesk.domain.cancel import CancelToken
    from hematodesk.workflow.answers import answer_format
    from hematodesk.workflow.classify_files import classify_files
    from hematodesk.workflow.gather import gather_images
    from hematodesk.workflow.interrupts import cancelled_by_interrupt
    from hematodesk.workflow.output import ProgressLine, muted_codecs, opened_output

    images = list(gather_images(options.paths, options.recursive))
    if not images:
        hint = "" if options.recursive else " Folders inside folders are read with --recursive."
        _say(f"hematodesk: there is no image in what was named.{hint}")
        return SOME_FAILED
    if options.output is not None and any(_is_same(options.output, image) for image in images):
        _say(f"hematodesk: {options.output} is one of the images and would be overwritten.")
        return USAGE
    # While the model loads.
    services.reader.warm(len(images))
    loaded = _load(services, options.model, options.provider)
    if options.resume and not options.save:
        _say("hematodesk: --resume needs --save: what was not kept cannot be gone on with.")
        return USAGE
    if options.save:
        # Before the work: a history that cannot be written to must not be found out at its end.
        services.session_id()
    analyser = services.analyser(loaded)
    to_terminal = options.output is None and sys.stdout is not None and sys.stdout.isatty()
    cancel = CancelToken()
    with contextlib.ExitStack() as stack:
        stack.enter_context(muted_codecs())
        line = ProgressLine(None if options.quiet else sys.stderr)
        stack.callback(line.clear)
        with (
            cancelled_by_interrupt(cancel),
            opened_output(options.output, spreadsheet=options.format == "csv") as output,
        ):
            done = classify_files(
                images,
                analyser,
                answer_format(options.format, loaded),
                output,
                # On a terminal the answers themselves show how far it is.
                progress=None if to_terminal else line.show,
                cancel=cancel,
                whole_image=options.whole_image,
                record=services.record_run(options.paths, loaded, options.whole_image, resume=options.resume)
                if options.save
                else None,
                earlier=services.known_to(analyser, options.whole_image) if options.resume else None,
            )
        if done.done >= _WORTH_TUNING and not done.cancelled:
            # The answers are written; the next run will be the quicker for it.
            services.models.tune()
    if not options.quiet:
        _say(_summary(done.done, len(images), done.failed, done.elapsed_s, stopped=done.cancelled))
    return STOPPED if done.cancelled else SOME_FAILED if done.failed else OK


def _watch(options: argparse.Namespace) -> int:
    from hematodesk.bootstrap import build
    from hematodesk.domain.cancel import CancelToken
    from hematodesk.workflow.answers import answer_format
    from hematodesk.workflow.interrupts import cancelled_by_interrupt
    from hematodesk.workflow.output import muted_codecs, standard_output
    from hematodesk.workflow.watch import WatchedFolder
    from hematodesk.workflow.watch_folder import watch_folder

    services = build(options.data_dir)
    loaded = _load(services, options.model, options.provider)
    analyser = services.analyser(loaded)
    cancel = CancelToken()

    def tell_away(away: bool) -> None:
        if not options.quiet:
            state = "cannot be reached; it is looked for until it is back" if away else "is back"
            _say(f"hematodesk: {options.folder} {state}.")

    with contextlib.ExitStack() as stack:
        stack.callback(services.close)
        save = services.save if options.save else None
        earlier = services.known_to(analyser, options.whole_image) if options.save else None
        stack.enter_context(muted_codecs())
        stack.enter_context(cancelled_by_interrupt(cancel))
        done = watch_folder(
            WatchedFolder(options.folder),
            analyser,
            answer_format(options.format, loaded),
            standard_output(),
            cancel,
            interval_s=options.interval,
            whole_image=options.whole_image,
            save=save,
            earlier=earlier,
            tell_away=tell_away,
        )
    if not options.quiet:
        _say(f"{done.done} image{'' if done.done == 1 else 's'}, {done.failed} failed, stopped")
    return STOPPED


def _is_same(output: Path, image: Path) -> bool:
    try:
        return output.name == image.name and output.samefile(image)
    except (OSError, ValueError):
        return False


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
    services.places.prepare()
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


def _models_adapt(options: argparse.Namespace) -> int:
    from hematodesk.domain.cancel import CancelToken
    from hematodesk.domain.history import HistoryFilter
    from hematodesk.workflow.adapt_command import adapt_from_history
    from hematodesk.workflow.interrupts import cancelled_by_interrupt
    from hematodesk.workflow.output import ProgressLine, muted_codecs, standard_output

    services = _with_history(options)
    chosen = HistoryFilter(since=options.since, until=options.until, session_id=options.session)
    cancel = CancelToken()
    with contextlib.ExitStack() as stack:
        stack.callback(services.close)
        stack.enter_context(muted_codecs())
        line = ProgressLine(None if options.quiet else sys.stderr)
        stack.callback(line.clear)
        with cancelled_by_interrupt(cancel):
            done = adapt_from_history(
                services,
                options.model,
                chosen,
                cancel,
                lambda step: line.say(f"{step.name}: {step.done} of {step.all}"),
            )
        line.clear()
        saving = not options.dry_run and (done.worth_keeping or options.even_if_not_better)
        saved = done.save(options.output) if saving else None
        done.write(standard_output(), saved=saved, as_json=options.json)
    return OK if saving or options.dry_run else SOME_FAILED


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
    from hematodesk.domain.cancel import CancelToken
    from hematodesk.workflow.export import run_export
    from hematodesk.workflow.export_command import export_request
    from hematodesk.workflow.interrupts import cancelled_by_interrupt

    services = _with_history(options)
    cancel = CancelToken()
    try:
        request = export_request(options, _filter(options))
        render = _report_renderer(services) if options.format == "pdf" else None
        with cancelled_by_interrupt(cancel), _progress() as progress:
            outcome = run_export(services, request, cancel=cancel, progress=progress, render=render)
    finally:
        services.close()
    for words in outcome.notices:
        _say(words)
    _say(f"{outcome.images} image{'' if outcome.images == 1 else 's'} written to {options.output}")
    return OK


def _history_care(options: argparse.Namespace) -> int:
    from hematodesk.bootstrap import build
    from hematodesk.workflow import history_commands
    from hematodesk.workflow.output import standard_output

    services, output = build(options.data_dir), standard_output()
    try:
        match options.command:
            case "history check":
                return OK if history_commands.check(services, output) else SOME_FAILED
            case "history repair":
                history_commands.repair(services, output)
            case "history backup":
                history_commands.backup(services, options.target, output)
            case _:
                history_commands.restore(services, options.backup, output)
    finally:
        services.close()
    return OK


def _report_renderer(services: Services) -> ReportRenderer:
    """What draws PDFs. Raises ExportError when Qt is not there."""
    from hematodesk.workflow.display import qt_fault

    try:
        from hematodesk.ui.report_application import report_renderer
    except ImportError as error:
        fault = qt_fault(error)
        words = f"A PDF is drawn by Qt, which is not there. {fault.message}"
        raise ExportError(fault.code, words, fault.remedy) from error
    return report_renderer(services)


def _history_import(options: argparse.Namespace) -> int:
    from hematodesk.bootstrap import build
    from hematodesk.domain.cancel import CancelToken
    from hematodesk.workflow.importing import import_history
    from hematodesk.workflow.interrupts import cancelled_by_interrupt

    services = build(options.data_dir)
    cancel = CancelToken()
    try:
        history = services.open_history()
        with cancelled_by_interrupt(cancel), _progress() as progress:
            done = import_history(history, options.file, services.reader, cancel=cancel, progress=progress)
    finally:
        services.close()
    there = f", {done.known} were there already" if done.known else ""
    _say(f"{done.added} image{'' if done.added == 1 else 's'} imported{there}")
    return OK


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """How far it is, on standard error."""
    from hematodesk.workflow.output import ProgressLine

    line = ProgressLine(sys.stderr)
    try:
        yield lambda done, total: line.say(f"{done} of {total}")
    finally:
        line.clear()


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
    """One line on standard error, where there is one that takes it."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(words + "\n")
            sys.stderr.flush()


def _complain(error: HematodeskError) -> None:
    _say(f"hematodesk: {error.message} {error.remedy} [{error.code}]")


_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "window": _open_window,
    "classify": _classify,
    "watch": _watch,
    "self-test": _self_test,
    "models list": _models_list,
    "models verify": _models_verify,
    "models import": _models_import,
    "models adapt": _models_adapt,
    "history list": _history_list,
    "history export": _history_export,
    **dict.fromkeys(("history check", "history repair", "history backup", "history restore"), _history_care),
    "history import": _history_import,
}
