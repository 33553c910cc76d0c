from __future__ import annotations

import faulthandler
import io
import logging

import pytest

from hematodesk.workflow.system.faults import code_trace
from hematodesk.workflow.system.log import log_bug, log_event, start_log, stop_log
from hematodesk.workflow.system.paths import AppPaths


@pytest.fixture
def places(tmp_path):
    handled_before = faulthandler.is_enabled()
    yield AppPaths(tmp_path / "data", False, tmp_path, tmp_path)
    stop_log()
    if handled_before:
        faulthandler.enable()


def read(places: AppPaths) -> str:
    return places.log_file.read_text("utf-8")


def test_events_are_codes_and_numbers(places):
    start_log(places)
    log_event("batch_ended", done=12, failed=1, seconds=1.23456, model="wbc4@1.0.0", cancelled=False)
    (line,) = read(places).splitlines()
    assert line.endswith("INFO batch_ended done=12 failed=1 seconds=1.235 model=wbc4@1.0.0 cancelled=False")


class FullDisk(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_full_disk_is_not_told_on_the_terminal(places, capsys):
    start_log(places)
    log_event("begun")
    (handler,) = logging.getLogger("hematodesk").handlers
    assert isinstance(handler, logging.StreamHandler)
    file = handler.setStream(FullDisk())
    log_event("batch_ended", done=12)
    handler.setStream(file)
    log_event("ended")
    assert [line.rsplit(" ", 1)[1] for line in read(places).splitlines()] == ["begun", "ended"]
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("private", ["/home/anna/smear.jpg", "C:\\Anna\\smear.jpg", "Müller, Anna", "a\nb"])
def test_what_looks_like_a_persons_data_is_withheld(places, private):
    start_log(places)
    log_event("opened", file=private)
    logging.getLogger("hematodesk.anything").warning("cannot read %s", private)
    text = read(places)
    assert private not in text
    assert "Anna" not in text
    assert "anna" not in text
    assert text.count("withheld") == 2


def test_a_bug_leaves_its_code_lines_without_its_words(places):
    start_log(places)
    try:
        raise ValueError("/home/anna/smear.jpg")
    except ValueError as error:
        log_bug("window_bug", code_trace(error))
    text = read(places)
    assert "ValueError test_log.py" in text
    assert "anna" not in text


def test_an_exceptions_own_text_never_reaches_the_log(places):
    start_log(places)
    try:
        raise ValueError("Anna")
    except ValueError:
        logging.getLogger("hematodesk").exception("window_bug")
    assert "Anna" not in read(places)


def test_the_log_stays_small(places):
    start_log(places)
    for _ in range(9_000):
        log_event("x" * 300)
    sizes = [path.stat().st_size for path in places.data.glob("hematodesk.log*")]
    assert len(sizes) == 4
    assert sum(sizes) < 2_200_000


def test_without_write_access_the_program_goes_on(tmp_path):
    (tmp_path / "file").touch()
    start_log(AppPaths(tmp_path / "file" / "data", False, tmp_path, tmp_path))
    log_event("started")
    stop_log()


def test_starting_twice_writes_each_event_once(places):
    start_log(places)
    start_log(places)
    log_event("started")
    assert len(read(places).splitlines()) == 1


def test_a_stopped_log_writes_nothing(places):
    start_log(places)
    log_event("started")
    stop_log()
    log_event("ended")
    assert "ended" not in read(places)
