from __future__ import annotations

import faulthandler
import io
import logging

import pytest

from hematodesk.workflow.system.faults import code_trace
from hematodesk.workflow.system.log import log_bug, log_event, start_log, stop_log
from hematodesk.workflow.system.paths import AppPaths


@pytest.fixture
def paths(tmp_path):
    handled_before = faulthandler.is_enabled()
    yield AppPaths(tmp_path / "data", False, tmp_path, tmp_path)
    stop_log()
    if handled_before:
        faulthandler.enable()


def read(paths: AppPaths) -> str:
    return paths.log_file.read_text("utf-8")


def test_events_are_codes_and_numbers(paths):
    start_log(paths)
    log_event("batch_ended", done=12, failed=1, seconds=1.23456, model="wbc4@1.0.0", cancelled=False)
    (line,) = read(paths).splitlines()
    assert line.endswith("INFO batch_ended done=12 failed=1 seconds=1.235 model=wbc4@1.0.0 cancelled=False")


class FullDisk(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_full_disk_is_not_told_on_the_terminal(paths, capsys):
    start_log(paths)
    log_event("begun")
    (handler,) = logging.getLogger("hematodesk").handlers
    assert isinstance(handler, logging.StreamHandler)
    file = handler.setStream(FullDisk())
    log_event("batch_ended", done=12)
    handler.setStream(file)
    log_event("ended")
    assert [line.rsplit(" ", 1)[1] for line in read(paths).splitlines()] == ["begun", "ended"]
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("private", ["/home/anna/smear.jpg", "C:\\Anna\\smear.jpg", "Müller, Anna", "a\nb"])
def test_what_looks_like_a_persons_data_is_withheld(paths, private):
    start_log(paths)
    log_event("opened", file=private)
    logging.getLogger("hematodesk.anything").warning("cannot read %s", private)
    text = read(paths)
    assert private not in text
    assert "Anna" not in text
    assert "anna" not in text
    assert text.count("withheld") == 2


def test_a_bug_leaves_its_code_lines_without_its_words(paths):
    start_log(paths)
    try:
        raise ValueError("/home/anna/smear.jpg")
    except ValueError as error:
        log_bug("window_bug", code_trace(error))
    text = read(paths)
    assert "ValueError test_log.py" in text
    assert "anna" not in text


def test_an_exceptions_own_text_never_reaches_the_log(paths):
    start_log(paths)
    try:
        raise ValueError("Anna")
    except ValueError:
        logging.getLogger("hematodesk").exception("window_bug")
    assert "Anna" not in read(paths)


def test_the_log_stays_small(paths):
    start_log(paths)
    for _ in range(9_000):
        log_event("x" * 300)
    sizes = [path.stat().st_size for path in paths.data.glob("hematodesk.log*")]
    assert len(sizes) == 4
    assert sum(sizes) < 2_200_000


def test_without_write_access_the_program_goes_on(tmp_path):
    (tmp_path / "file").touch()
    start_log(AppPaths(tmp_path / "file" / "data", False, tmp_path, tmp_path))
    log_event("started")
    stop_log()


def test_starting_twice_writes_each_event_once(paths):
    start_log(paths)
    start_log(paths)
    log_event("started")
    assert len(read(paths).splitlines()) == 1


def test_a_stopped_log_writes_nothing(paths):
    start_log(paths)
    log_event("started")
    stop_log()
    log_event("ended")
    assert "ended" not in read(paths)
