"""What is exported as JSON and imported into an empty history is the same history."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from hematodesk.bootstrap import build
from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.cells import Fault, ImageStatus, Review, Verdict, now_utc
from hematodesk.domain.errors import Cancelled, DocumentError, HistoryError
from hematodesk.domain.file_lock import FileLock
from hematodesk.domain.history import HistoryFilter
from hematodesk.domain.messages import Message
from hematodesk.domain.operators import Operator
from hematodesk.imaging import faults
from hematodesk.imaging.files import ReadImage
from hematodesk.imaging.reader import LocalReader
from hematodesk.imaging.thumbnail import thumbnail
from hematodesk.storage import intake
from hematodesk.storage.history import History
from hematodesk.workflow.exports import history_import as importing
from hematodesk.workflow.exports.export import ExportRequest, run_export
from hematodesk.workflow.exports.history_import import clear_killed_imports, import_history
from hematodesk.workflow.exports.history_maintenance import HistoryMaintenance


class Trusting(LocalReader):
    """Takes every thumbnail for one: those that are made up here are no pictures."""

    def decode(self, data: bytes, name: str) -> ReadImage:
        return ReadImage(np.zeros((16, 16, 3), np.uint8), "jpeg", "", ())


def export(services, target: Path) -> dict:
    run_export(services, ExportRequest(target, "json"))
    # Strict readers must take it, too: no half characters, no NaN.
    return json.loads(target.read_bytes().decode("utf-8"), parse_constant=pytest.fail)


def told(history: History) -> list:
    """All that the history knows, without its own numbers."""

    def bare(record):
        cells = tuple(replace(each, cell=replace(each.cell, id=None)) for each in record.cells)
        result = replace(record.image.result, cells=tuple(each.cell for each in cells))
        return replace(record, image=replace(record.image, id=0, result=result), cells=cells)

    return [bare(record) for record in history.records()]


def test_any_history_comes_back(tmp_path_factory, made_up):
    @settings(max_examples=25, deadline=None)
    @given(made=made_up.histories())
    def check(made):
        folder = tmp_path_factory.mktemp("trip")
        sessions, records = made
        first, second = build(folder / "first"), build(folder / "second")
        try:
            first.open_history().import_records(sessions, records)
            one = export(first, folder / "one.json")
            done = import_history(second.open_history(), folder / "one.json", Trusting())
            assert (done.added, done.known, done.sessions) == (len(records), 0, len(sessions))
            other = export(second, folder / "other.json")
            assert told(second.history) == told(first.history)
            assert [replace(each, image_count=0) for each in second.history.sessions()] == sessions[::-1]
            assert second.history.page() == first.history.page()
            assert second.history.check() == []
            one.pop("exported_at"), other.pop("exported_at")
            assert one == other
            again = import_history(second.history, folder / "other.json", Trusting())
            assert (again.added, again.known, again.sessions) == (0, len(records), 0)
        finally:
            first.close()
            second.close()

    check()


@pytest.fixture
def filled(tmp_path, made_result):
    """A history as people make it: reviewed twice, withdrawn, noted, a cell removed."""
    services = build(tmp_path / "data")
    services.settings.set("operator", "Dr Weiß")
    history, session = services.open_history(), services.session_id()
    image, other = history.save_results(session, [made_result("a.png"), made_result("b.png", "monocyte")])
    cell = image.result.cells[0]
    for verdict, class_id in ((Verdict.AGREED, "neutrophil"), (Verdict.CORRECTED, "monocyte")):
        history.set_review(cell.id, Review(verdict, class_id, Operator.named("ada"), now_utc()))
    history.set_review(cell.id, None)
    history.set_review(cell.id, Review(Verdict.REJECTED, None, Operator.named("bo"), now_utc()))
    history.set_cell_note(cell.id, "looked at twice")
    history.set_image_note(other.id, "good stain")
    history.set_cell_removed(other.result.cells[0].id, True)
    yield services
    services.close()


@pytest.fixture
def elsewhere(tmp_path):
    services = build(tmp_path / "elsewhere")
    yield services.open_history()
    services.close()


def test_the_past_of_a_cell_comes_along(filled, elsewhere, tmp_path):
    export(filled, tmp_path / "all.json")
    import_history(elsewhere, tmp_path / "all.json", Trusting())
    assert told(elsewhere) == told(filled.history)
    image = next(iter(elsewhere.export_rows(HistoryFilter(text="a.png"))))
    cell = image.result.cells[0]
    (record,) = elsewhere.records([image.id])
    past = record.cells[0].earlier_verdicts
    assert [getattr(each, "verdict", None) for each in past] == [Verdict.AGREED, Verdict.CORRECTED, None]
    assert cell.review.verdict is Verdict.REJECTED
    assert (cell.note, cell.review.operator.name) == ("looked at twice", "bo")
    (session,) = elsewhere.sessions()
    assert (session.operator.name, session.image_count) == ("Dr Weiß", 2)


def test_a_merge_adds_what_is_new_and_leaves_what_is_there(filled, elsewhere, tmp_path, made_result):
    export(filled, tmp_path / "all.json")
    own = elsewhere.save_result(elsewhere.begin_session(Operator.named("me")), made_result("mine.png"))
    import_history(elsewhere, tmp_path / "all.json", Trusting())
    theirs = next(iter(elsewhere.export_rows(HistoryFilter(text="b.png"))))
    elsewhere.set_image_note(theirs.id, "written since")
    filled.history.save_result(filled.session_id(), made_result("c.png"))
    export(filled, tmp_path / "all.json")
    done = import_history(elsewhere, tmp_path / "all.json", Trusting())
    assert (done.added, done.known, done.sessions) == (1, 2, 0)
    names = [image.result.name for image in elsewhere.export_rows()]
    assert names == ["mine.png", "a.png", "b.png", "c.png"]
    assert elsewhere.image(theirs.id).note == "written since"
    assert elsewhere.image(own.id).result.name == "mine.png"
    assert elsewhere.check() == []


def test_a_thumbnail_that_is_no_small_picture_is_left_out(elsewhere, tmp_path, made_result):
    """The window shows thumbnails by Qt's own decoder, so only what a reader has decoded comes in."""
    services = build(tmp_path / "theirs")
    noise = np.random.default_rng(3).integers(0, 255, (1_000, 1_400, 3), np.uint8)
    small = thumbnail(noise)
    thumbnails = {"good": small, "cut": small[:300], "large": thumbnail(noise, 900), "none": b""}
    results = [
        replace(made_result(name, digest=f"{number:064x}"), thumbnail=data)
        for number, (name, data) in enumerate(thumbnails.items())
    ]
    services.open_history()
    services.history.save_results(services.session_id(), results)
    export(services, tmp_path / "all.json")
    services.close()
    import_history(elsewhere, tmp_path / "all.json", LocalReader())
    kept = {record.image.result.name: record.image.result.thumbnail for record in elsewhere.records()}
    assert kept == {"good": small, "cut": b"", "large": b"", "none": b""}


def test_a_cancelled_import_adds_nothing(filled, elsewhere, tmp_path):
    export(filled, tmp_path / "all.json")
    token = CancelToken()
    with pytest.raises(Cancelled):
        import_history(
            elsewhere, tmp_path / "all.json", Trusting(), cancel=token, progress=lambda *_: token.cancel()
        )
    assert (elsewhere.count(), elsewhere.sessions(True)) == (0, [])


def spoilt(document: dict, place: str, value: object) -> str:
    """The document, a line an image, with one field changed; `place` is written as in the messages."""
    *way, last = place.replace("]", "").replace("[", ".").split(".")
    at = document
    for step in way:
        at = at[int(step) if isinstance(at, list) else step]
    if value is KeyError:
        del at[last]
    else:
        at[int(last) if isinstance(at, list) else last] = value
    lines = ",\n".join(json.dumps(image) for image in document["images"])
    return json.dumps({**document, "images": 0})[:-2] + "[\n" + lines + "\n]}"


@pytest.mark.parametrize(("place", "value", "field"), [
    ("images[1].name", 7, "name should be a text"),
    ("images[1].name", KeyError, "name is missing"),
    ("images[1].session", 99, "session 99"),
    ("images[1].width", -1, "width"),
    ("images[1].width", True, "width"),
    ("images[1].status", "fine", "status should be one of ok, no_cell, error"),
    ("images[1].analysed_at", "yesterday", "analysed_at"),
    ("images[1].analysed_at", "0001-01-01T00:00:00Z", "analysed_at"),
    ("images[1].elapsed_ms", 1e300, "elapsed_ms"),
    ("images[1].note", "x" * 20_000, "note has 20000 characters"),
    ("images[1].thumbnail", "%%%", "thumbnail"),
    ("images[1].thumbnail", "R0lGODdh", "thumbnail should be a JPEG"),
    ("images[1].cells", {}, "cells should be a list"),
    ("images[1].cells[0]", 3, "images[1].cells[0] should be an object"),
    ("images[1].cells[0].box", [1, 2, 0, 4], "cells[0].box"),
    ("images[1].cells[0].box", [1, 2, 3.5, 4], "cells[0].box"),
    ("images[1].cells[0].removed", "no", "cells[0].removed"),
    ("images[1].cells[0].prediction.probabilities", {}, "probabilities should name a class"),
    ("images[1].cells[0].prediction.probabilities", {"monocyte": 2}, "probabilities.monocyte is 2"),
    ("images[1].cells[0].prediction.class", "basophil", "prediction.class"),
    ("images[1].cells[0].prediction.model.sha256", None, "model.sha256"),
    ("images[1].cells[0].earlier_reviews", [{"verdict": "agreed"}], "earlier_reviews[0].class is missing"),
    ("images[1].cells[0].review", {"verdict": "rejected", "class": "x", "operator": "", "at": ""}, "null"),
    ("sessions[0].started_at", "", "sessions[0].started_at"),
    ("schema", 1, "schema should be 2"),
])  # fmt: skip
def test_what_is_wrong_is_named_with_line_and_field(filled, elsewhere, tmp_path, place, value, field):
    document = export(filled, tmp_path / "all.json")
    (tmp_path / "bad.json").write_text(spoilt(document, place, value), "utf-8")
    with pytest.raises(DocumentError) as caught:
        import_history(elsewhere, tmp_path / "bad.json", Trusting())
    assert caught.value.code == "import_invalid"
    assert field in caught.value.message
    line = 3 if place.startswith("images") else 1
    assert f"“bad.json”, line {line}:" in caught.value.message
    assert elsewhere.sessions(True) == []


@pytest.mark.parametrize(("data", "code", "words"), [
    (b"", "import_not_json", "line 1"),
    (b"[]", "import_not_json", "not an object"),
    (b"{}", "import_invalid", "no “schema”"),
    (b'{"schema": 3}', "import_newer", "newer version"),
    (b'{"schema": 2,\n"sessions": [],\n"images": [{]}', "import_not_json", "line 3"),
    (b'{"schema": 2, "schema": 2, "sessions": [], "images": [', "import_not_json", "line 1"),
    (b'{"schema": 2, "sessions": [{"id": 1, "id": 2}]}', "import_not_json", "“id” is there twice"),
    (b'{"schema": NaN}', "import_not_json", "NaN"),
    (b'{"schema": ' + b"9" * 5000 + b"}", "import_not_json", "too long"),
    (b'{"schema": 2, "images": ' + b"[" * 100_000, "import_not_json", "nested too deeply"),
    (b'{"schema": 2}\x00', "import_not_json", "more behind the end"),
    (b'{"schema": "\xff"}', "import_not_json", "UTF-8"),
    (b'{"schema": 2, "images": 5}', "import_not_json", "should be a list"),
])  # fmt: skip
def test_files_that_are_no_export_are_refused_in_words(elsewhere, tmp_path, data, code, words):
    (tmp_path / "x.json").write_bytes(data)
    with pytest.raises(DocumentError) as caught:
        import_history(elsewhere, tmp_path / "x.json", Trusting())
    assert caught.value.code == code
    assert words in caught.value.message
    assert "x.json" in caught.value.message


@pytest.fixture
def with_fault(tmp_path, made_result):
    services = build(tmp_path / "data")
    error = faults.incomplete("rota\udcff.png", "PNG", "rows are missing")
    fault = Fault(error.code, error.message, error.remedy)
    result = replace(made_result("rota\udcff.png"), status=ImageStatus.ERROR, cells=(), fault=fault)
    services.open_history().save_results(services.session_id(), [result])
    yield services
    services.close()


def fault_in(history: History) -> Fault:
    (row,) = history.page()
    fault = history.image(row.id).result.fault
    assert fault is not None
    return fault


def test_what_a_fault_was_made_of_comes_along(with_fault, elsewhere, tmp_path):
    export(with_fault, tmp_path / "all.json")
    assert import_history(elsewhere, tmp_path / "all.json", Trusting()).added == 1
    before, after = fault_in(with_fault.history), fault_in(elsewhere)
    assert isinstance(after.message, Message) and isinstance(after.remedy, Message)
    assert (after, after.templates()) == (before, before.templates())
    assert after.message.data["name"] == "rota\udcff.png"


@pytest.mark.parametrize(
    "templates",
    [
        None,
        7,
        [],
        {"message": {"template": "{name.__class__}", "data": {"name": "x"}}},
        {"message": {"template": "All is well.", "data": {}}},
        {"message": {"template": "{a}" * 300, "data": {"a": "x"}}, "remedy": [[[]]]},
        {"message": {"template": 1, "template_bytes": "zz", "data": {"a_bytes": "ff", "a": 2}}},
    ],
)
def test_templates_of_an_import_are_not_trusted(with_fault, elsewhere, tmp_path, templates):
    document = export(with_fault, tmp_path / "all.json")
    error = document["images"][0]["error"]
    if templates is None:
        # As older versions wrote it.
        del error["templates"]
    else:
        error["templates"] = templates
    (tmp_path / "odd.json").write_text(json.dumps(document), "utf-8")
    assert import_history(elsewhere, tmp_path / "odd.json", Trusting()).added == 1
    fault = fault_in(elsewhere)
    assert fault == fault_in(with_fault.history)
    assert (type(fault.message), type(fault.remedy)) == (str, str)


def test_a_file_that_is_not_there_is_told(elsewhere, tmp_path):
    with pytest.raises(DocumentError) as caught:
        import_history(elsewhere, tmp_path / "gone.json", Trusting())
    assert caught.value.code == "import_unreadable"


def test_a_document_that_another_program_has_sorted_and_indented_is_taken(filled, elsewhere, tmp_path):
    document = export(filled, tmp_path / "all.json")
    (tmp_path / "sorted.json").write_text(json.dumps(document, sort_keys=True, indent=3), "utf-8")
    assert import_history(elsewhere, tmp_path / "sorted.json", Trusting()).added == 2
    assert told(elsewhere) == told(filled.history)


def many(services, made_result, count: int) -> None:
    """Fill a history with images of one cell."""
    services.open_history()
    results = [made_result(f"smear {number}", digest=f"{number:064x}") for number in range(count)]
    services.history.save_results(services.session_id(), results)


def test_others_work_while_an_import_goes_on_and_see_none_of_it(tmp_path, made_result, elsewhere):
    source = build(tmp_path / "source")
    many(source, made_result, 500)
    export(source, tmp_path / "all.json")
    source.close()
    session = elsewhere.begin_session(Operator.named("eve"))
    other = History.open(elsewhere.path)
    seen = []

    def work(done: int, _total: int) -> None:
        # In the import's own thread, so a transaction that was still open would be seen.
        if done % 50 == 0:
            (saved,) = other.save_results(session, [made_result("beside", digest=f"{done:x}")])
            other.set_image_note(saved.id, "at once")
            seen.append(other.count(HistoryFilter(text="smear")))

    done = import_history(elsewhere, tmp_path / "all.json", Trusting(), progress=work)
    assert (done.added, done.known) == (500, 0)
    assert seen == [0] * 10
    assert elsewhere.count(HistoryFilter(text="smear")) == 500
    assert elsewhere.count() == 510
    assert elsewhere.check(values=True) == []
    assert import_history(elsewhere, tmp_path / "all.json", Trusting()).known == 500
    other.close()


def test_an_import_that_was_killed_leaves_nothing_to_be_seen(tmp_path, made_result, elsewhere, monkeypatch):
    source = build(tmp_path / "source")
    many(source, made_result, 400)
    export(source, tmp_path / "all.json")
    source.close()

    class Killed(BaseException):
        pass

    def kill(done: int, _total: int) -> None:
        if done == 350:
            raise Killed

    # A killed program withdraws nothing.
    monkeypatch.setattr("hematodesk.storage.intake._Intake.withdraw", lambda self: None)
    with pytest.raises(Killed):
        import_history(elsewhere, tmp_path / "all.json", Trusting(), progress=kill)
    assert (elsewhere.count(), elsewhere.sessions(), elsewhere.check(values=True)) == (0, [], [])
    # While somebody imports, nothing is cleared away.
    lock = FileLock(elsewhere.path.with_name("import.lock"))
    assert lock.take()
    assert clear_killed_imports(elsewhere, CancelToken()) == 0
    lock.release()
    # A person's deletion may still be undone.
    kept = elsewhere.save_result(elsewhere.begin_session(Operator.named("eve")), made_result("kept")).id
    elsewhere.delete_images([kept])
    assert clear_killed_imports(elsewhere, CancelToken()) == 300
    with sqlite3.connect(elsewhere.path) as connection:
        assert connection.execute("SELECT id FROM image").fetchall() == [(kept,)]
    connection.close()
    assert import_history(elsewhere, tmp_path / "all.json", Trusting()).added == 400
    assert elsewhere.check(values=True) == []
    elsewhere.close()
    with monkeypatch.context() as later:
        later.setattr("hematodesk.storage.history._UNDO_PERIOD", timedelta(0))
        again = History.open(elsewhere.path)
    with sqlite3.connect(again.path) as connection:
        assert connection.execute("SELECT count(*) FROM image").fetchone() == (400,)
    connection.close()
    assert again.count() == 400
    again.close()


def test_the_next_start_clears_away_what_a_killed_import_left(tmp_path, made_result, monkeypatch):
    source, target = build(tmp_path / "source"), build(tmp_path / "target")
    many(source, made_result, 400)
    export(source, tmp_path / "all.json")
    source.close()

    def stop(done: int, _total: int) -> None:
        if done == 350:
            raise Cancelled

    monkeypatch.setattr("hematodesk.storage.intake._Intake.withdraw", lambda self: None)
    with pytest.raises(Cancelled):
        import_history(target.open_history(), tmp_path / "all.json", Trusting(), progress=stop)
    target.close()
    again = build(tmp_path / "target")
    path = again.open_history().path
    counts = []
    for _ in range(2):
        with sqlite3.connect(path) as connection:
            counts.append(connection.execute("SELECT count(*) FROM image").fetchone()[0])
        connection.close()
        HistoryMaintenance(again).back_up_if_due()
    assert counts == [300, 0]
    again.close()


def test_an_import_that_was_killed_while_it_was_listed_comes_to_its_end(tmp_path, made_result, elsewhere):
    source = build(tmp_path / "source")
    many(source, made_result, 600)
    export(source, tmp_path / "all.json")
    source.close()
    real = intake._list_some
    steps = []

    def once(connection, marked):
        steps.append(marked)
        if len(steps) > 1:
            raise KeyboardInterrupt
        real(connection, marked)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intake, "_list_some", once)
        with pytest.raises(KeyboardInterrupt):
            import_history(elsewhere, tmp_path / "all.json", Trusting())
    assert 0 < elsewhere.count() < 600
    # Also when a day has passed, and old deletions are cleared away.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hematodesk.storage.history._UNDO_PERIOD", timedelta(days=-1))
        again = History.open(elsewhere.path)
    assert again.count() == 600
    assert again.check(values=True) == []
    again.close()


def test_a_document_that_changes_while_it_is_read_is_refused(filled, elsewhere, tmp_path, monkeypatch):
    document = export(filled, tmp_path / "all.json")
    real = importing.FileLock.take

    def between(self, *given):
        # After the first reading another program writes the file.
        for number, image in enumerate(document["images"]):
            image["session"] = 77 if number else image["session"]
        (tmp_path / "all.json").write_text(json.dumps(document), "utf-8")
        return real(self, *given)

    monkeypatch.setattr(importing.FileLock, "take", between)
    with pytest.raises(DocumentError, match="was changed while it was read"):
        import_history(elsewhere, tmp_path / "all.json", Trusting())
    assert (elsewhere.count(), elsewhere.check(values=True)) == (0, [])


def test_what_came_through_unlisted_is_not_imported_twice(tmp_path, made_result, elsewhere):
    source = build(tmp_path / "source")
    many(source, made_result, 300)
    export(source, tmp_path / "all.json")
    source.close()

    def full(_connection, _marked):
        raise HistoryError("history_full", "There is no room.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intake, "_list_some", full)
        with pytest.raises(HistoryError):
            import_history(elsewhere, tmp_path / "all.json", Trusting())
    assert elsewhere.count() == 0
    done = import_history(elsewhere, tmp_path / "all.json", Trusting())
    assert (done.added, done.known) == (0, 300)
    assert elsewhere.count() == 300
    assert elsewhere.check(values=True) == []


def test_a_second_import_at_the_same_time_is_refused(tmp_path, filled, elsewhere):
    export(filled, tmp_path / "all.json")
    refusals = []

    def another(_done: int, _total: int) -> None:
        with pytest.raises(HistoryError) as caught:
            import_history(elsewhere, tmp_path / "all.json", Trusting())
        refusals.append(caught.value.code)

    import_history(elsewhere, tmp_path / "all.json", Trusting(), progress=another)
    assert set(refusals) == {"import_held"}
    assert elsewhere.count() == 2
    assert not (elsewhere.path.parent / "import.lock").exists()


def test_a_full_disk_leaves_nothing_of_an_import(tmp_path, made_result, elsewhere):
    source = build(tmp_path / "source")
    many(source, made_result, 400)
    export(source, tmp_path / "all.json")
    source.close()
    pages = elsewhere._database._connection.execute("PRAGMA page_count").fetchone()[0]
    elsewhere._database._connection.execute(f"PRAGMA max_page_count = {pages + 40}")
    with pytest.raises(HistoryError) as caught:
        import_history(elsewhere, tmp_path / "all.json", Trusting())
    assert caught.value.code == "history_full"
    assert (elsewhere.count(), elsewhere.sessions(True)) == (0, [])
    assert elsewhere.check(values=True) == []
