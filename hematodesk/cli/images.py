"""`hematodesk classify` and `hematodesk watch`."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from typing import TYPE_CHECKING

from hematodesk.cli.console import OK, SOME_FAILED, STOPPED, USAGE, say
from hematodesk.domain.words import number_of

if TYPE_CHECKING:
    from pathlib import Path

    from hematodesk.workflow.models.model_service import LoadedModel
    from hematodesk.workflow.services import Services

_CONNECT = "Connect its drive or share, then go on with the same command and --resume."
_WORTH_TUNING = 500
"""Images of a batch after which the computer is measured once, see ModelService.tune."""


def classify(options: argparse.Namespace) -> int:
    """`hematodesk classify`."""
    from hematodesk.bootstrap import build

    with contextlib.closing(build(options.data_dir)) as services:
        return _classify_with(services, options)


def _classify_with(services: Services, options: argparse.Namespace) -> int:
    from hematodesk.cli.classify_files import classify_files
    from hematodesk.cli.output import ProgressLine, muted_codecs, opened_output
    from hematodesk.cli.result_format import answer_format
    from hematodesk.domain.cancel import CancelToken
    from hematodesk.workflow.analysis.image_files import gather_images
    from hematodesk.workflow.system.interrupts import cancelled_by_interrupt

    images = list(gather_images(options.paths, options.recursive))
    if not images:
        hint = "" if options.recursive else " Folders inside folders are read with --recursive."
        say(f"hematodesk: there is no image in what was named.{hint}")
        return SOME_FAILED
    if options.output is not None and any(_is_same(options.output, image) for image in images):
        say(f"hematodesk: {options.output} is one of the images and would be overwritten.")
        return USAGE
    if options.resume and not any(map(os.path.exists, options.paths)):
        say(f"hematodesk: {options.paths[0]} is not there. {_CONNECT}")
        return SOME_FAILED
    # While the model loads.
    services.reader.warm(len(images))
    loaded = _load(services, options.model, options.provider)
    if options.resume and not options.save:
        say("hematodesk: --resume needs --save: what was not kept cannot be gone on with.")
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
        if done.done >= _WORTH_TUNING and not done.cut_short:
            # The answers are written; the next run will be the quicker for it.
            services.models.tune()
    if done.gone is not None:
        say(f"hematodesk: the folder {done.gone} is gone; what was done is kept. {_CONNECT}")
    if not options.quiet:
        say(_summary(done.done, len(images), done.failed, done.elapsed_s, stopped=done.cut_short))
    if done.cancelled:
        return STOPPED
    return SOME_FAILED if done.failed or done.gone is not None else OK


def watch(options: argparse.Namespace) -> int:
    """`hematodesk watch`."""
    from hematodesk.bootstrap import build
    from hematodesk.cli.output import muted_codecs, standard_output
    from hematodesk.cli.result_format import answer_format
    from hematodesk.cli.watch_folder import watch_folder
    from hematodesk.domain.cancel import CancelToken
    from hematodesk.workflow.analysis.watched_folder import WatchedFolder
    from hematodesk.workflow.system.interrupts import cancelled_by_interrupt

    services = build(options.data_dir)
    loaded = _load(services, options.model, options.provider)
    analyser = services.analyser(loaded)
    cancel = CancelToken()

    def tell_away(away: bool) -> None:
        if not options.quiet:
            state = "cannot be reached; it is looked for until it is back" if away else "is back"
            say(f"hematodesk: {options.folder} {state}.")

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
        say(f"{number_of(done.done, 'image')}, {done.failed} failed, stopped")
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
        say(f"hematodesk: {loaded.model_fault.message} {loaded.package.name} is used instead.")
    if loaded.provider_reason:
        say(f"hematodesk: {loaded.provider_reason} The provider is {loaded.active}.")
    return loaded


def _summary(done: int, asked: int, failed: int, seconds: float, *, stopped: bool) -> str:
    words = (f"{done} of " if done != asked else "") + number_of(asked, "image")
    return f"{words}, {failed} failed, {seconds:.1f} s{', stopped' if stopped else ''}"
