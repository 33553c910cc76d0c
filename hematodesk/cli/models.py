"""`hematodesk models` and `hematodesk self-test`."""

from __future__ import annotations

import argparse
import contextlib
import sys

from hematodesk.cli.console import NO_MODEL, OK, SOME_FAILED, complain, with_history
from hematodesk.domain.errors import ModelError
from hematodesk.domain.targets import check_target


def self_test(options: argparse.Namespace) -> int:
    """`hematodesk self-test`."""
    from hematodesk.bootstrap import build
    from hematodesk.cli.listings import write_checks
    from hematodesk.cli.output import standard_output
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


def list_packages(options: argparse.Namespace) -> int:
    """`hematodesk models list`."""
    from hematodesk.bootstrap import build
    from hematodesk.cli.listings import write_packages
    from hematodesk.cli.output import standard_output

    packages = build(options.data_dir).models.packages()
    return OK if write_packages(packages, standard_output(), as_json=options.json) else NO_MODEL


def verify_packages(options: argparse.Namespace) -> int:
    """`hematodesk models verify`."""
    from hematodesk.bootstrap import build
    from hematodesk.cli.listings import write_package_checks
    from hematodesk.cli.output import standard_output

    checks = build(options.data_dir).models.store.verify()
    write_package_checks(checks, standard_output(), as_json=options.json)
    if not any(check.ok for check in checks):
        return NO_MODEL
    return OK if all(check.whole for check in checks) else SOME_FAILED


def import_packages(options: argparse.Namespace) -> int:
    """`hematodesk models import`."""
    from hematodesk.bootstrap import build
    from hematodesk.cli.output import standard_output

    services = build(options.data_dir)
    services.paths.prepare()
    output = standard_output()
    code = OK
    for path in options.files:
        try:
            package = services.models.import_file(path)
        except ModelError as error:
            complain(error)
            code = NO_MODEL
        else:
            output.write(f"{package.name}@{package.version}  {package.sha256}\n")
    output.flush()
    return code


def adapt(options: argparse.Namespace) -> int:
    """`hematodesk models adapt`."""
    from hematodesk.cli.adapt_command import adapt_from_history
    from hematodesk.cli.output import ProgressLine, muted_codecs, standard_output
    from hematodesk.domain.cancel import CancelToken
    from hematodesk.domain.history import HistoryFilter
    from hematodesk.workflow.system.interrupts import cancelled_by_interrupt

    services = with_history(options)
    chosen = HistoryFilter(since=options.since, until=options.until, session_id=options.session)
    cancel = CancelToken()
    with contextlib.ExitStack() as stack:
        stack.callback(services.close)
        if options.output is not None:
            # Before the long work.
            check_target(options.output)
        stack.enter_context(muted_codecs())
        line = ProgressLine(None if options.quiet else sys.stderr)
        stack.callback(line.clear)
        try:
            with cancelled_by_interrupt(cancel):
                done = adapt_from_history(
                    services,
                    options.model,
                    chosen,
                    cancel,
                    lambda step: line.say(f"{step.name}: {step.done} of {step.all}"),
                )
        except ModelError as error:
            if error.code != "adapt_too_few":
                raise
            # The model is usable as it is; there are no reviewed cells to adapt it with yet.
            line.clear()
            complain(error)
            return SOME_FAILED
        line.clear()
        saving = not options.dry_run and (done.worth_keeping or options.even_if_not_better)
        saved = done.save(options.output) if saving else None
        done.write(standard_output(), saved=saved, as_json=options.json)
    return OK if saving or options.dry_run else SOME_FAILED
