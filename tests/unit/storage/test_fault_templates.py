"""A fault in the history keeps what its words were made of; what others wrote there is not trusted."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from hematodesk.domain.cells import Fault, ImageResult, ImageStatus
from hematodesk.domain.history import RunOptions
from hematodesk.domain.messages import Message
from hematodesk.domain.operators import Operator
from hematodesk.imaging import faults
from hematodesk.storage.history import History
from hematodesk.storage.salvage import salvage

NAME = "smear\udcff.png"
ERROR = faults.incomplete(NAME, "PNG", "rows are missing")


@pytest.fixture
def failed(result) -> ImageResult:
    fault = Fault(ERROR.code, ERROR.message, ERROR.remedy)
    return replace(result(NAME), status=ImageStatus.ERROR, fault=fault)


@pytest.fixture
def saved(path: Path, failed: ImageResult) -> tuple[Path, int]:
    history = History.open(path)
    (image,) = history.save_results(history.begin_session(Operator.named("Ada")), [failed])
    history.close()
    return path, image.id


def fault_of(path: Path, image_id: int) -> Fault:
    history = History.open(path)
    fault = history.image(image_id).result.fault
    history.close()
    assert fault is not None
    return fault


def check_whole(fault: Fault) -> None:
    assert fault.code == "image_truncated"
    assert isinstance(fault.message, Message) and isinstance(fault.remedy, Message)
    assert fault.message == ERROR.message
    assert (fault.message.template, fault.message.data) == (ERROR.message.template, ERROR.message.data)
    reason = fault.message.data["reason"]
    assert isinstance(reason, Message) and reason.template == "rows are missing"
    assert fault.remedy.template == ERROR.remedy.template


def test_a_fault_comes_back_with_template_and_data(saved):
    check_whole(fault_of(*saved))


def test_the_failures_of_a_batch_know_them_too(path, failed):
    history = History.open(path)
    run_id = history.begin_run(RunOptions(("/lab",), "wbc4", "1.0.0", "00" * 32), 1)
    history.save_results(history.begin_session(Operator.named("Ada")), [failed], run_id)
    (failure,) = history.run_summary(run_id).failures
    history.close()
    assert failure.code == "image_truncated"
    assert isinstance(failure.message, Message) and failure.message.data["name"] == NAME


def test_a_backup_and_a_repaired_history_hold_them(saved, tmp_path):
    path, image_id = saved
    history = History.open(path)
    history.backup(tmp_path / "copy.sqlite3")
    history.close()
    check_whole(fault_of(tmp_path / "copy.sqlite3", image_id))
    salvage(path, tmp_path / "made.sqlite3")
    check_whole(fault_of(tmp_path / "made.sqlite3", image_id))


def test_rows_from_before_are_repaired_too(saved, tmp_path):
    """Theirs end before the column that was added."""
    path, image_id = saved
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "ALTER TABLE image DROP COLUMN fault_templates; PRAGMA wal_checkpoint(TRUNCATE);"
            "ALTER TABLE image ADD COLUMN fault_templates TEXT;"
        )
    salvage(path, tmp_path / "made.sqlite3")
    fault = fault_of(tmp_path / "made.sqlite3", image_id)
    assert (fault.message, type(fault.message)) == (str(ERROR.message), str)


def said(template: str, **data: object) -> str:
    return json.dumps({"message": {"template": template, "data": data}})


@pytest.mark.parametrize(
    "written",
    [
        None,
        "",
        7,
        2.5,
        b"\xff\x00",
        "{",
        "null",
        "[]",
        "[" * 100_000,
        "{}",
        '{"message": "x"}',
        '{"message": {"template": "x"}}',
        said("All is well."),
        said("{name.__class__.__mro__}", name="x"),
        said("{name}", name={"template": "{name}", "data": {}}),
        said("{name}", name="Call this number: 0900"),
        said("{0}" * 200, **{"0": "x"}),
    ],
)
def test_templates_that_others_wrote_leave_the_words_as_they_are(saved, written):
    path, image_id = saved
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE image SET fault_templates = ?", (written,))
    fault = fault_of(path, image_id)
    assert (fault.code, fault.message, fault.remedy) == (ERROR.code, ERROR.message, ERROR.remedy)
    assert (type(fault.message), type(fault.remedy)) == (str, str)
    history = History.open(path)
    assert history.check() == []
    history.close()


def test_words_that_were_changed_are_told_as_they_stand(saved):
    path, image_id = saved
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE image SET fault_message = 'Something else.'")
    fault = fault_of(path, image_id)
    assert (fault.message, type(fault.message)) == ("Something else.", str)
    assert isinstance(fault.remedy, Message)
