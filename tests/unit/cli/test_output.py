from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from hematodesk.cli.output import ProgressLine, in_words, opened_output, standard_output
from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.errors import ExportError
from hematodesk.workflow.analysis.batch import BatchProgress
from hematodesk.workflow.system.interrupts import cancelled_by_interrupt


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_file_appears_only_when_all_was_written(tmp_path):
    target = tmp_path / "answers.json"
    with opened_output(target) as output:
        output.write("ä\n")
        assert not target.exists()
    assert target.read_bytes() == "ä\n".encode()


def test_a_failure_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    target = tmp_path / "answers.json"
    target.write_text("old")
    with pytest.raises(RuntimeError), opened_output(target) as output:
        output.write("new")
        raise RuntimeError
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_spreadsheet_begins_with_the_mark_of_utf8(tmp_path):
    target = tmp_path / "answers.csv"
    with opened_output(target, spreadsheet=True) as output:
        output.write("a\r\n")
    assert target.read_bytes() == b"\xef\xbb\xbfa\r\n"


def test_a_folder_that_is_not_there_is_told_before_anything_is_done(tmp_path):
    with pytest.raises(ExportError) as caught, opened_output(tmp_path / "none" / "a.json"):
        raise AssertionError("the block must not begin")
    assert caught.value.code == "export_unwritable"


def test_a_folder_is_no_target(tmp_path):
    with pytest.raises(ExportError, match="folder"), opened_output(tmp_path):
        raise AssertionError("the block must not begin")


@pytest.mark.skipif(os.name != "posix", reason="devices of POSIX")
def test_a_device_is_written_to_and_not_replaced():
    with opened_output(Path("/dev/null")) as output:
        output.write("x")
    assert Path("/dev/null").is_char_device()


def test_standard_output_is_utf8_whatever_the_console_says(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="cp1252"))
    output = standard_output()
    output.write("名\n")
    output.flush()
    assert raw.getvalue() == "名\n".encode()


def test_a_program_without_standard_output_writes_nowhere(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    output = standard_output()
    output.write("x")
    output.flush()


def test_a_terminal_sees_one_line_that_is_rewritten_and_cleared():
    stream = Terminal()
    line = ProgressLine(stream)
    line.show(BatchProgress(3, 500, 1, 0, None, 64.0))
    line.show(BatchProgress(4, 500, 1, 0, None, None))
    line.clear()
    written = stream.getvalue()
    assert "\n" not in written
    assert "3 of 500, 1 failed, 1 min left" in written
    shown = written.split("\r")
    assert len(shown[2]) >= len(shown[1])
    assert shown[3].strip() == ""


def test_a_file_sees_plain_lines_now_and_then(monkeypatch):
    stream = io.StringIO()
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    line = ProgressLine(stream)
    line.show(BatchProgress(1, 9, 0, 0, None, 8.0))
    now[0] += 6
    line.show(BatchProgress(2, 9, 0, 0, None, 8.0))
    line.show(BatchProgress(3, 9, 0, 0, None, 8.0))
    line.clear()
    assert stream.getvalue() == "2 of 9, 8 s left\n"


def test_no_stream_or_a_closed_one_is_no_failure():
    ProgressLine(None).show(BatchProgress(1, 2, 0, 0, None, None))
    closed = Terminal()
    line = ProgressLine(closed)
    closed.close()
    line.show(BatchProgress(1, 2, 0, 0, None, None))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59, "59 s"), (60, "1 min"), (3570, "1 h 0 min"), (7500, "2 h 5 min")],
)
def test_durations_in_words(seconds, words):
    assert in_words(seconds) == words


def test_ctrl_c_sets_the_token_and_a_second_one_ends_the_program():
    code = """
import os, signal, time
from hematodesk.domain.cancel import CancelToken
from hematodesk.workflow.system.interrupts import cancelled_by_interrupt
token = CancelToken()
try:
    with cancelled_by_interrupt(token):
        os.kill(os.getpid(), signal.SIGINT)
        while not token.cancelled:
            time.sleep(0.01)
        print("set", flush=True)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5)
except KeyboardInterrupt:
    print("ended", signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.split() == ["set", "ended", "True"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals between programs")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_shutdown_sets_the_token_and_what_was_ignored_stays_ignored(name):
    code = f"""
import os, signal, time
from hematodesk.domain.cancel import CancelToken
from hematodesk.workflow.system.interrupts import cancelled_by_interrupt
token = CancelToken()
signal.signal(signal.{name}, signal.SIG_IGN)
with cancelled_by_interrupt(token):
    os.kill(os.getpid(), signal.{name})
    time.sleep(0.1)
    print("ignored", not token.cancelled, flush=True)
signal.signal(signal.{name}, signal.SIG_DFL)
with cancelled_by_interrupt(token):
    os.kill(os.getpid(), signal.{name})
    while not token.cancelled:
        time.sleep(0.01)
print("set", signal.getsignal(signal.{name}) is signal.SIG_DFL)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.split() == ["ignored", "True", "set", "True"]


def test_in_another_thread_the_block_changes_nothing():
    ran = []

    def work() -> None:
        with cancelled_by_interrupt(CancelToken()):
            ran.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ran == [True]
