"""`hematodesk classify` and `hematodesk watch`."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from typing import TYPE_CHECKING

from hematodesk.cli.console import OK, SOME_FAILED, STOPPED, USAGE, say
from hematodesk.domain.image_formats import image_suffixes
from hematodesk.domain.left_out import LeftOut
from hematodesk.domain.targets import check_target, is_same_file
from hematodesk.domain.words import number_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hematodesk.workflow.analysis.slide_scan import ScanPlan
    from hematodesk.workflow.models.model_service import LoadedModel
    from hematodesk.workflow.services import Services

_CONNECT = "Connect its drive or share, then go on with the same command and --resume."


def classify(options: argparse.Namespace) -> int:
    """`hematodesk classify`."""
    from hematodesk.bootstrap import build

    with contextlib.closing(build(options.data_dir)) as services:
        return _classify_with(services, options)


def _classify_with(services: Services, options: argparse.Namespace) -> int:
    from hematodesk.cli.classify_files import AnswerWriter
    from hematodesk.cli.output import ProgressLine, muted_codecs, opened_output
    from hematodesk.cli.result_format import answer_format
    from hematodesk.domain.cancel import CancelToken
    from hematodesk.domain.separators import Separator
    from hematodesk.workflow.analysis.image_files import gather_images
    from hematodesk.workflow.analysis.run_job import Keep, RunJob, RunRequest
    from hematodesk.workflow.analysis.source_streams import FixedSources
    from hematodesk.workflow.system.interrupts import cancelled_by_interrupt

    left_out = LeftOut()
    roots = None
    if options.region is not None:
        if len(options.paths) != 1:
            say("hematodesk: --region is of one whole slide; name that alone.")
            return USAGE
        plan = _planned(services, options)
        images, roots = plan.paths, [plan.root]
        if not images:
            say("hematodesk: there is only empty glass in this region.")
            return OK
    else:
        images = list(gather_images(options.paths, options.recursive, left_out))
    if not images:
        say(
            f"hematodesk: there is no image in what was named.{_instead(left_out, options.recursive)}".strip()
        )
        return SOME_FAILED
    if options.output is not None and _is_one_of(options.output, images, options.paths):
        say(f"hematodesk: {options.output} is one of the images and would be overwritten.")
        return USAGE
    if options.output is not None and options.output.name != "-":
        # Before the work.
        check_target(options.output)
    if options.shard is not None:
        images, roots = images[options.shard], None
    elif roots is None:
        roots = options.paths
    if options.resume and not any(map(os.path.exists, options.paths)):
        say(f"hematodesk: {options.paths[0]} is not there. {_CONNECT}")
        return SOME_FAILED
    # While the model loads.
    services.reader.warm(len(images))
    loaded = _load(services, options.model, options.provider)
    if options.output is not None and is_same_file(options.output, loaded.package.path):
        say(f"hematodesk: {options.output} is the model that is used and would be overwritten.")
        return USAGE
    if options.resume and not options.save:
        say("hematodesk: --resume needs --save: what was not kept cannot be gone on with.")
        return USAGE
    if options.save:
        # Before the work: a read-only history must not be noticed only at the end.
        services.session_id()
    to_terminal = options.output is None and sys.stdout is not None and sys.stdout.isatty()
    cancel = CancelToken()
    with contextlib.ExitStack() as stack:
        stack.enter_context(muted_codecs())
        line = ProgressLine(None if options.quiet else sys.stderr)
        stack.callback(line.clear)
        with (
            cancelled_by_interrupt(cancel),
            opened_output(options.output, spreadsheet=options.format == "csv", cancel=cancel) as output,
        ):
            request = RunRequest(
                # A shard's run is of its own images: another shard of the same folder is another run.
                FixedSources(images, roots),
                whole_image=options.whole_image,
                page=options.page,
                keep=Keep.RUN if options.save else Keep.NOTHING,
                reuse=options.resume,
                resume=options.resume,
            )
            # On a terminal the answers themselves show the progress.
            progress = None if to_terminal else line.show
            writer = AnswerWriter(
                images, answer_format(options.format, loaded, Separator(options.separator)), output, progress
            )
            done = RunJob(services, request).run(cancel, writer).summary
            # A shard of few images may be empty.
            writer.write_head()
    if done.gone is not None:
        say(f"hematodesk: the folder {done.gone} is gone; what was done is kept. {_CONNECT}")
    if not options.quiet:
        if left_out:
            say(_told(left_out))
        say(_summary(done.done, len(images), done.failed, done.elapsed_s, stopped=done.cut_short))
    if done.cancelled:
        return STOPPED
    return SOME_FAILED if done.failed or done.gone is not None else OK


def _planned(services: Services, options: argparse.Namespace) -> ScanPlan:
    """The fields of a slide's region, and what to know of them. Raises ImageError, PolicyError."""
    from hematodesk.workflow.analysis.slide_scan import cells_are_small, plan_scan

    (slide,) = options.paths
    plan = plan_scan(services.slides, slide, options.region)
    if not options.quiet:
        fields = number_of(len(plan.fields), "field")
        left_out = f"; {plan.skipped} of empty glass left out" if plan.skipped else ""
        say(f"hematodesk: {fields} of {slide.name}{left_out}.")
    if cells_are_small(services.slides.info(slide)):
        say(f"hematodesk: cells are small in {slide.name}: it was scanned with an objective below 20×.")
    return plan


def watch(options: argparse.Namespace) -> int:
    """`hematodesk watch`."""
    from hematodesk.bootstrap import build
    from hematodesk.cli.classify_files import WatchWriter
    from hematodesk.cli.output import muted_codecs, standard_output
    from hematodesk.cli.result_format import answer_format
    from hematodesk.domain.cancel import CancelToken
    from hematodesk.domain.separators import Separator
    from hematodesk.workflow.analysis.folder_watch import FolderAway, FolderWatch, MoreLeftOut, WatchEvent
    from hematodesk.workflow.analysis.run_job import Keep
    from hematodesk.workflow.analysis.watched_folder import WatchedFolder
    from hematodesk.workflow.system.interrupts import cancelled_by_interrupt

    services = build(options.data_dir)
    loaded = _load(services, options.model, options.provider)
    cancel = CancelToken()
    with contextlib.ExitStack() as stack:
        stack.callback(services.close)
        if options.save:
            # Before the work: a read-only history must not be noticed only later.
            services.open_history()
        stack.enter_context(muted_codecs())
        stack.enter_context(cancelled_by_interrupt(cancel))
        writer = WatchWriter(
            answer_format(options.format, loaded, Separator(options.separator)), standard_output()
        )

        def tell(event: WatchEvent) -> None:
            if isinstance(event, MoreLeftOut):
                if not options.quiet:
                    say(_told(event.left_out))
            elif not isinstance(event, FolderAway):
                writer(event)
            elif not options.quiet:
                state = "cannot be reached; it is looked for until it is back" if event.away else "is back"
                say(f"hematodesk: {options.folder} {state}.")

        keep = Keep.RESULTS if options.save else Keep.NOTHING
        folder = WatchedFolder(options.folder)
        FolderWatch(services, folder, keep, options.whole_image).run(cancel, tell, options.interval)
    if not options.quiet:
        say(f"{number_of(writer.done, 'image')}, {writer.failed} failed, stopped")
    return STOPPED


def _is_one_of(output: Path, images: Sequence[Path], named: Sequence[Path]) -> bool:
    """Whether the output is one of these images by its identity, however it is spelled.

    Folders are read by their images' endings, so a file with another ending, no other name and no link
    cannot be one of them: thousands on a network drive need not be looked at for a table's sake.
    """
    try:
        status = output.stat()
    except (OSError, ValueError):
        return False
    plain = status.st_nlink == 1 and not output.is_symlink()
    if plain and output.suffix.lower() not in image_suffixes():
        images = named
    return any(is_same_file(output, image) for image in images)


def _told(left_out: LeftOut) -> str:
    return f"hematodesk: left out: {', '.join(left_out.words())}."


def _instead(left_out: LeftOut, recursive: bool) -> str:
    """What is there where no image is, or how to find one."""
    if left_out:
        return f" There are: {', '.join(left_out.words())}."
    return "" if recursive else " Folders inside folders are read with --recursive."


def _load(services: Services, model: str | None, provider: str | None) -> LoadedModel:
    """Load the model; deviations from the request are reported. Raises ModelError, ProviderError."""
    loaded = services.models.load(model, provider)
    if loaded.model_fault is not None:
        say(f"hematodesk: {loaded.model_fault.message} {loaded.package.name} is used instead.")
    if loaded.provider_reason:
        say(f"hematodesk: {loaded.provider_reason} The provider is {loaded.active}.")
    return loaded


def _summary(done: int, asked: int, failed: int, seconds: float, *, stopped: bool) -> str:
    words = (f"{done} of " if done != asked else "") + number_of(asked, "image")
    return f"{words}, {failed} failed, {seconds:.1f} s{', stopped' if stopped else ''}"
