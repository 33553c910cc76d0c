from __future__ import annotations

import csv
import io
import json
import os
import re
import struct
import subprocess
import sys
import threading
import zlib
from pathlib import Path

import numpy as np
import pytest

import hematodesk
from export_tools.phantom import render_field
from hematodesk.bootstrap import build
from hematodesk.cli import console as telling
from hematodesk.cli import main as cli
from hematodesk.cli.arguments import _ACTIONS, command_at, read_arguments
from hematodesk.domain.history import HistoryFilter, RunState
from hematodesk.imaging.read import encode_png, read_image
from hematodesk.workflow.analysis import pipeline as stages
from tests.tiff_files import picture, tiff_file

KEYS = [
    *("file", "status", "error", "notices", "width", "height"),
    *("model", "provider", "cells", "elapsed_ms"),
]


@pytest.fixture(scope="session")
def smear() -> bytes:
    return encode_png(render_field(3, width=320, height=240, classes=("neutrophil",)).pixels)


@pytest.fixture
def work(tmp_path, monkeypatch, smear, package_bytes) -> Path:
    """A folder with a package and images: a.png (a cell), b.png (none), deep/c.png (broken)."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.onnx").write_bytes(package_bytes())
    deep = tmp_path / "images" / "deep"
    deep.mkdir(parents=True)
    (tmp_path / "images" / "a.png").write_bytes(smear)
    (tmp_path / "images" / "b.png").write_bytes(encode_png(np.full((240, 320, 3), 225, np.uint8)))
    (deep / "c.png").write_bytes(b"broken")
    return tmp_path


@pytest.fixture
def run(work, capfd):
    """Runs the command line on a data folder of its own: (exit code, standard output, standard error)."""

    def call(*words: str) -> tuple[int, str, str]:
        code = cli.main(["--data-dir", str(work / "data"), *words])
        out, err = capfd.readouterr()
        return code, out, err

    return call


def program(*words: str, environment: dict[str, str] | None = None, **options) -> subprocess.CompletedProcess:
    """The program in a process of its own."""
    without_display = {
        key: value
        for key, value in os.environ.items()
        if key not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    return subprocess.run(
        [sys.executable, "-m", "hematodesk", *words],
        env=without_display | (environment or {}),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
        **options,
    )


# Classify


def test_json_is_one_object_a_line_with_exactly_the_contracts_keys(run):
    code, out, _ = run("classify", "images", "--recursive", "--model", "tiny.onnx", "--format", "json")
    answers = [json.loads(line) for line in out.splitlines()]
    assert code == telling.SOME_FAILED
    assert all(list(answer) == KEYS for answer in answers)
    assert [answer["file"] for answer in answers] == [
        str(Path("images/a.png")),
        str(Path("images/b.png")),
        str(Path("images/deep/c.png")),
    ]
    assert [answer["status"] for answer in answers] == ["ok", "no_cell", "error"]
    (cell,) = answers[0]["cells"]
    assert set(cell) == {"box", "class", "confidence", "probabilities", "uncertain"}
    assert cell["class"] == "neutrophil"
    assert cell["confidence"] == cell["probabilities"]["neutrophil"] > 0.9
    assert sum(cell["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert answers[2]["error"]["code"] == "not_an_image"


def test_all_fine_is_exit_code_0_and_inner_folders_need_to_be_asked_for(run):
    code, out, _ = run("classify", "images", "--model", "tiny.onnx", "--format", "json")
    assert code == telling.OK
    assert len(out.splitlines()) == 2


def test_a_missing_file_fails_alone(run):
    code, out, _ = run("classify", "none.png", "images/a.png", "--model", "tiny.onnx", "--format", "json")
    answers = [json.loads(line) for line in out.splitlines()]
    assert code == telling.SOME_FAILED
    assert [answer["status"] for answer in answers] == ["error", "ok"]
    assert answers[0]["error"]["code"] == "file_not_found"


def test_the_whole_image_can_be_asked_for(run):
    _, out, _ = run("classify", "images/b.png", "--model", "tiny.onnx", "--whole-image", "--format", "json")
    (cell,) = json.loads(out)["cells"]
    assert cell["box"] == [0, 0, 320, 240]


def test_csv_has_one_row_a_cell(run):
    code, out, _ = run("classify", "images", "--model", "tiny.onnx", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out, newline="")))
    assert code == telling.OK
    assert [row["predicted"] for row in rows] == ["neutrophil", ""]


def test_the_table_is_the_default(run):
    _, out, err = run("classify", "images", "--model", "tiny.onnx")
    assert "neutrophil" in out
    assert "tiny 1.0.0" in out
    assert "2 images, 0 failed" in err


def test_quiet_says_nothing(run):
    assert run("classify", "images", "--model", "tiny.onnx", "--quiet")[2] == ""


def test_the_output_file_is_whole_and_standard_output_empty(run, work):
    code, out, _ = run(
        "classify", "images", "--model", "tiny.onnx", "--format", "json", "--output", "answers.jsonl"
    )
    assert (code, out) == (telling.OK, "")
    lines = (work / "answers.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["status"] for line in lines] == ["ok", "no_cell"]


def test_an_output_that_cannot_be_written_is_told_before_anything_is_analysed(run, monkeypatch):
    monkeypatch.setattr(stages, "open_image", lambda *given, **named: pytest.fail("analysed"))
    code, _, err = run("classify", "images", "--model", "tiny.onnx", "--output", "none/answers.json")
    assert code == telling.SOME_FAILED
    assert "export_unwritable" in err


def test_what_codecs_mutter_does_not_reach_standard_error(work, smear):
    # libpng complains of profiles by itself, on the file descriptor; many cameras' files have such.
    body = b"iCCPodd\0\0" + zlib.compress(b"no profile")
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    (work / "images" / "a.png").write_bytes(smear[:33] + chunk + smear[33:])
    words = ["classify", "images/a.png", "gone.png", "--model", "tiny.onnx", "--data-dir", str(work / "data")]
    done = program(*words)
    assert "neutrophil" in done.stdout or "eosinophil" in done.stdout
    assert done.stderr.splitlines() == [done.stderr.strip()]
    assert done.stderr.startswith("2 images, 1 failed")


def test_an_image_is_never_overwritten_by_the_answers(run, work):
    before = (work / "images" / "a.png").read_bytes()
    code, _, err = run("classify", "images", "--model", "tiny.onnx", "--output", "./images/a.png")
    assert code == telling.USAGE
    assert "overwritten" in err
    assert (work / "images" / "a.png").read_bytes() == before


def test_no_image_at_all_is_told(run, work):
    (work / "empty").mkdir()
    code, out, err = run("classify", "empty", "--model", "tiny.onnx")
    assert (code, out) == (telling.SOME_FAILED, "")
    assert "--recursive" in err


def test_a_folder_tells_what_was_left_out_of_it(run, work):
    for name in ("b.heic", "c.HEIF", "notes.txt", "deep/d.nd2"):
        file = work / "images" / name
        file.parent.mkdir(exist_ok=True)
        file.touch()
    asked = ("classify", "images", "--model", "tiny.onnx")
    left_out = "left out: 2 files of kinds that are not read (HEIC)"
    code, out, err = run(*asked)
    assert code == telling.OK and "HEIC" not in out
    assert f"hematodesk: {left_out}, 1 folder inside (read with --recursive).\n" in err
    assert "left out: 3 files of kinds that are not read (HEIC, ND2).\n" in run(*asked, "--recursive")[2]
    assert "HEIC" not in run(*asked, "--quiet")[2]


def test_a_folder_of_other_kinds_says_so_and_recommends_nothing_else(run, work):
    (work / "phone").mkdir()
    for name in ("a.heic", "b.heic"):
        (work / "phone" / name).touch()
    code, out, err = run("classify", "phone", "--model", "tiny.onnx")
    assert (code, out) == (telling.SOME_FAILED, "")
    assert err == (
        "hematodesk: there is no image in what was named. "
        "There are: 2 files of kinds that are not read (HEIC).\n"
    )


@pytest.mark.parametrize("words", [
    ("classify",),
    ("classify", "a.png", "--format", "xml"),
    ("classify", "a.png", "--provider", "tpu"),
    ("models",),
    ("history", "export"),
    ("history", "list", "--limit", "-1"),
    ("history", "list", "--session", "9" * 30),
    ("classify", ""),
    ("classify", "a.png", "--model", ""),
    ("classify", "a.png", "--prov", "cpu"),
    ("models", "list", "--data-dir", ""),
    ("",),
    ("--nonsense",),
])  # fmt: skip
def test_wrong_usage_is_exit_code_2(run, words):
    code, out, err = run(*words)
    assert (code, out) == (telling.USAGE, "")
    assert "usage:" in err


@pytest.mark.parametrize(("word", "nearest"), [
    ("clasify", "hematodesk classify"),
    ("policy", "hematodesk "),
    ("Self-Test", "hematodesk self-test"),
    ("selftest", "hematodesk self-test"),
    ("backup", "hematodesk history backup"),
    ("adpat", "hematodesk models adapt"),
    ("histroy", "hematodesk history"),
    ("x" * 5000, "hematodesk "),
])  # fmt: skip
def test_a_mistyped_command_is_wrong_usage_and_no_image(run, work, word, nearest):
    for words in ([word], [word, "images"]):
        code, out, err = run(*words)
        assert (code, out) == (telling.USAGE, "")
        assert f"The nearest command is: {nearest}" in err
        assert len(err) < 2000
    assert not (work / "data").exists()


@pytest.mark.parametrize("words", [
    ("images",),
    ("none.png",),
    ("NONE.TIFF",),
    ("none/at/all",),
    ("./clasify",),
    ("--", "clasify"),
    ("images", "clasify"),
])  # fmt: skip
def test_what_is_there_or_looks_like_a_path_is_an_image(work, words):
    assert read_arguments(words).command == "window"


def test_every_action_is_offered_to_who_mistypes_it(run):
    for words in _ACTIONS:
        command, action = words.split()
        with pytest.raises(SystemExit) as left:
            read_arguments([command, action, "--help"])
        assert left.value.code == 0
    _, _, err = run("models", "no-such-action")
    offered = err[err.index("choose from") :]
    assert [words.split()[1] for words in _ACTIONS if words.startswith("models ")] == re.findall(
        r"[a-z]+", offered
    )[2:]


@pytest.mark.parametrize("model", ["no-such-model", "none.onnx", "images/a.png"])
def test_no_usable_model_is_exit_code_3(run, model):
    code, out, err = run("classify", "images", "--model", model)
    assert (code, out) == (telling.NO_MODEL, "")
    assert "hematodesk: " in err


def test_a_provider_that_is_not_there_falls_back_and_says_so(run):
    code, out, err = run(
        "classify", "images", "--model", "tiny.onnx", "--provider", "cuda", "--format", "json"
    )
    assert code == telling.OK
    if "cuda" not in out.splitlines()[0].split('"provider": ')[1][:8]:
        assert "CUDA" in err
        assert "The provider is cpu" in err


def test_classifying_leaves_no_trace_unless_asked(run, work):
    run("classify", "images", "--model", "tiny.onnx")
    assert not (work / "data").exists()
    code, _, _ = run("classify", "images", "--model", "tiny.onnx", "--save")
    assert code == telling.OK
    services = build(work / "data")
    (session,) = services.open_history().sessions()
    services.close()
    assert session.image_count == 2
    assert session.ended_at


def test_a_drive_that_vanishes_leaves_the_run_open_to_be_gone_on_with(run, work, monkeypatch):
    command = ("classify", "images", "--model", "tiny.onnx", "--format", "json", "--save")
    images, away = work / "images", work / "away"
    for number in range(9):
        (images / f"c{number}.png").write_bytes((images / "a.png").read_bytes() + b"%d" % number)
    real = stages.open_image

    def pulled_out(source, reader, **named):
        if source.name == "c2.png":
            images.rename(away)
        return real(source, reader, **named)

    with monkeypatch.context() as patch:
        patch.setattr(stages, "open_image", pulled_out)
        code, first, err = run(*command)
    assert code == telling.SOME_FAILED
    assert f"the folder {images} is gone; what was done is kept" in err
    answers = [json.loads(line) for line in first.splitlines()]
    assert 2 <= len(answers) < 11
    assert {answer["status"] for answer in answers} <= {"ok", "no_cell"}
    assert f"{len(answers)} of 11 images, 0 failed" in err
    code, out, err = run(*command, "--resume")
    assert (code, out) == (telling.SOME_FAILED, "")
    assert "images is not there. Connect its drive" in err
    services = build(work / "data")
    (left,) = services.open_history().unfinished_runs()
    services.close()
    assert (left.state, left.done) == (RunState.GOING, len(answers))
    away.rename(images)
    code, second, _ = run(*command, "--resume")
    assert (code, len(second.splitlines())) == (telling.OK, 11)
    services = build(work / "data")
    history = services.open_history()
    assert (history.unfinished_runs(), history.count(HistoryFilter())) == ([], 11)
    services.close()


def test_pages_of_a_file_are_answers_of_their_own(run, work):
    pages = [
        picture(read_image(work / "images" / name).pixels, bits=8, photometric=2)
        for name in ("a.png", "b.png")
    ]
    (work / "stack.tif").write_bytes(tiff_file(pages))
    command = ("classify", "stack.tif", "--model", "tiny.onnx", "--format", "json", "--save", "--resume")
    answers = []
    for page in ((), ("--page", "1"), ("--page", "2"), ("--page", "2")):
        code, out, _ = run(*command, *page)
        assert code == telling.OK
        answers.append(json.loads(out))
    assert answers[0]["cells"] == answers[1]["cells"] and answers[2]["cells"] == answers[3]["cells"]
    services = build(work / "data")
    history = services.open_history()
    names = sorted(image.name for image in history.page(HistoryFilter(), limit=9))
    services.close()
    assert names == ["stack.tif", "stack.tif, page 2"]
    code, out, _ = run(*command, "--page", "3")
    assert code == telling.SOME_FAILED and json.loads(out)["error"]["code"] == "page_not_there"
    assert run("classify", "stack.tif", "--page", "0")[0] == telling.USAGE


def test_resuming_gives_all_answers_and_analyses_only_what_was_not_done(run, work, monkeypatch):
    command = ("classify", "images", "--model", "tiny.onnx", "--format", "json", "--save")
    _, first, _ = run(*command)
    (work / "images" / "z.png").write_bytes((work / "images" / "a.png").read_bytes() + b"another")
    opened = []
    real = stages.open_image
    monkeypatch.setattr(
        stages,
        "open_image",
        lambda source, reader, **named: opened.append(source.name) or real(source, reader, **named),
    )
    code, second, _ = run(*command, "--resume")
    assert code == telling.OK
    assert opened == ["z.png"]
    answers = {line["file"]: line for line in map(json.loads, second.splitlines())}
    assert list(answers) == ["images/a.png", "images/b.png", "images/z.png"]
    for line in map(json.loads, first.splitlines()):
        assert answers[line["file"]] == line
    services = build(work / "data")
    history = services.open_history()
    assert history.count() == 3
    assert history.unfinished_runs() == []
    services.close()
    assert run("classify", "images", "--resume")[0] == telling.USAGE


def test_a_name_that_the_system_refuses_is_told_and_stops_no_other(run):
    refused = "n" * 300
    words = ("images", refused, "--model", "tiny.onnx", "--format", "json", "--save")
    code, out, err = run("classify", *words)
    assert (code, len(out.splitlines())) == (telling.SOME_FAILED, 3)
    assert "3 images, 1 failed" in err
    code, out, err = run("classify", refused, "--save", "--resume")
    assert (code, out) == (telling.SOME_FAILED, "")
    assert "is not there" in err


def test_a_reader_that_goes_away_is_no_crash(work):
    command = [sys.executable, "-m", "hematodesk", "classify", *["images/a.png"] * 1, "images/b.png"]
    command += ["--model", "tiny.onnx", "--format", "json", "--data-dir", str(work / "data")]
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert done.returncode == telling.READER_GONE
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("words", [("models", "list"), ("classify", "images/a.png", "--model", "tiny.onnx")])
def test_a_full_disk_behind_standard_output_is_told(work, words):
    command = [sys.executable, "-m", "hematodesk", "--data-dir", str(work / "data"), *words]
    (work / "data" / "models").mkdir(parents=True)
    (work / "data" / "models" / "tiny.onnx").write_bytes((work / "tiny.onnx").read_bytes())
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        silent = subprocess.run(command, stdout=full, stderr=full, check=False)
    assert done.returncode == silent.returncode == telling.SOME_FAILED
    assert "No space left" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a folder that a program stands in")
def test_a_working_folder_that_is_gone_is_told(work):
    gone = work / "gone"
    gone.mkdir()
    code = (
        f"import os, sys; os.rmdir({str(gone)!r}); from hematodesk.cli.main import main; "
        "sys.exit(main(sys.argv[1:]))"
    )
    for words in (["--data-dir", "here", "history", "list"], ["classify", "a.png"]):
        gone.mkdir(exist_ok=True)
        done = subprocess.run(
            [sys.executable, "-P", "-c", code, *words], cwd=gone, capture_output=True, text=True, check=False
        )
        assert done.returncode == telling.SOME_FAILED
        assert "No such file or directory" in done.stderr and "Traceback" not in done.stderr


def test_ctrl_c_keeps_what_is_done(work):
    command = [sys.executable, "-c", _SLOW_PROGRAM, "classify", *(f"copies/{n}.png" for n in range(400))]
    command += ["--model", "tiny.onnx", "--format", "json", "--output", "out.jsonl", "--data-dir", "data"]
    (work / "copies").mkdir()
    for number in range(400):
        (work / "copies" / f"{number}.png").hardlink_to(work / "images" / "a.png")
    with subprocess.Popen(command, cwd=work, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr.readline() == "working\n"
        process.send_signal(2)
        _, err = process.communicate(timeout=60)
    lines = (work / "out.jsonl").read_text("utf-8").splitlines()
    assert process.returncode == telling.STOPPED
    assert 0 < len(lines) < 400
    assert all(json.loads(line)["status"] == "ok" for line in lines)
    assert f"{len(lines)} of 400 images" in err


# Tells on standard error when the first images are done, and takes its time with the others.
_SLOW_PROGRAM = """
import sys, time
from hematodesk.cli import main as cli
from hematodesk.workflow.analysis.analyser import Analyser
finish_many = Analyser.finish_many
done = []
def slow(self, prepared, cancel=None, **more):
    if len(done) == 1:
        print("working", file=sys.stderr, flush=True)
    if done:
        time.sleep(0.05 * len(prepared))
    done.append(prepared)
    return finish_many(self, prepared, cancel, **more)
Analyser.finish_many = slow
sys.exit(cli.main(sys.argv[1:]))
"""


def test_it_works_outside_the_main_thread(run):
    codes = []
    thread = threading.Thread(
        target=lambda: codes.append(cli.main(["classify", "images", "--model", "tiny.onnx", "--quiet"]))
    )
    thread.start()
    thread.join()
    assert codes == [telling.OK]


# Shards


def _names(out: str) -> list[str]:
    return [json.loads(line)["file"] for line in out.splitlines()]


def test_the_shards_of_a_folder_are_all_of_it_each_image_once(run, work, smear):
    for number in range(5):
        (work / "images" / f"{number}.png").write_bytes(smear)
    asked = ["classify", "images", "--recursive", "--model", "tiny.onnx", "--format", "json"]
    whole = _names(run(*asked)[1])
    shards = [_names(run(*asked, "--shard", f"{shard}/3")[1]) for shard in (1, 2, 3)]
    assert [len(shard) for shard in shards] == [3, 3, 2]
    assert shards == [whole[0::3], whole[1::3], whole[2::3]]


def test_an_empty_shard_is_no_failure_and_its_table_has_a_head(run):
    asked = ["classify", "images", "--model", "tiny.onnx", "--format", "csv"]
    head = run(*asked)[1].splitlines()[0]
    code, out, err = run(*asked, "--shard", "9/9")
    assert (code, out.splitlines()) == (telling.OK, [head])
    assert "0 images, 0 failed" in err


@pytest.mark.parametrize("shard", ["0/3", "4/3", "1", "1/", "/3", "1/0", "a/b", "-1/3", "1/3/5", "1.0/3"])
def test_a_shard_that_is_none_is_wrong_usage(run, shard):
    code, out, err = run("classify", "images", f"--shard={shard}")
    assert (code, out) == (telling.USAGE, "") and "is not I/N" in err


def test_saved_shards_of_one_folder_are_runs_of_their_own(run, work):
    asked = ["classify", "images", "--model", "tiny.onnx", "--save", "--quiet"]
    for shard in ("1/2", "2/2"):
        assert run(*asked, "--shard", shard)[0] == telling.OK
    services = build(work / "data")
    history = services.open_history()
    roots = [history.run(run_id).options.roots for run_id in (1, 2)]
    services.close()
    assert roots == [(str(work / "images" / "a.png"),), (str(work / "images" / "b.png"),)]


# Without Qt, without a display


def test_no_command_imports_qt_and_the_version_imports_next_to_nothing(work):
    code = """
import sys
from hematodesk.cli import main as cli
from hematodesk.cli import console as telling
data = ["--data-dir", "data"]
assert cli.main(["--version"]) == 0
heavy = {"numpy", "cv2", "onnxruntime", "sqlite3", "PySide6"} & set(sys.modules)
assert not heavy, heavy
cli.main(["classify", "images", "--model", "tiny.onnx", "--save", *data])
cli.main(["self-test", *data])
cli.main(["models", "verify", *data])
cli.main(["history", "list", *data])
qt = [name for name in sys.modules if name.startswith(("PySide6", "shiboken6", "hematodesk.ui"))]
assert not qt, qt
print("all done")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=work, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stdout.splitlines()[0] == f"hematodesk {hematodesk.__version__}"
    assert done.stdout.splitlines()[-1] == "all done", done.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
def test_without_a_display_the_reason_and_the_same_answers_as_a_table(work, package_bytes):
    services = build(work / "data")
    services.models.import_file(work / "tiny.onnx")
    services.models.choose("tiny")
    shown = program("images", "--data-dir", str(work / "data"), cwd=work)
    asked = program("classify", "images", "--recursive", "--data-dir", str(work / "data"), cwd=work)
    assert "display" in shown.stderr
    assert "neutrophil" in shown.stdout
    assert shown.stdout == asked.stdout
    assert shown.returncode == asked.returncode == telling.SOME_FAILED


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
def test_without_a_display_and_without_images_the_reason_alone(work):
    done = program("--data-dir", str(work / "data"), cwd=work)
    assert done.returncode == telling.USAGE
    assert "DISPLAY" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 of Linux")
def test_a_display_that_does_not_answer_is_told_instead_of_a_crash(work):
    done = program(environment={"DISPLAY": ":7391"}, cwd=work)
    assert done.returncode == telling.USAGE
    assert "no window can open" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Qt's offscreen platform as a display")
def test_without_qt_the_reason_and_the_same_answers_as_a_table(work):
    """None in sys.modules makes every import of PySide6 fail as if it were not installed."""
    code = "import sys; sys.modules['PySide6'] = None; from hematodesk.cli.main import main; sys.exit(main())"
    services = build(work / "data")
    services.models.import_file(work / "tiny.onnx")
    services.models.choose("tiny")
    done = subprocess.run(
        [sys.executable, "-c", code, "images/a.png", "--data-dir", "data"],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        cwd=work,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == telling.OK
    assert "no window can open" in done.stderr
    assert "neutrophil" in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "at"),
    [
        (["classify", "a.png"], 0),
        (["--data-dir", "classify", "a.png"], None),
        (["--data-dir", "d", "self-test"], 2),
        (["--data-dir=d", "models", "list"], 1),
        (["./classify"], None),
        (["a.png", "classify"], None),
        (["--", "history"], None),
        ([], None),
    ],
)
def test_commands_are_told_from_paths(words, at):
    assert command_at(words) == at


def test_options_may_stand_between_the_paths():
    options = read_arguments(
        ["--data-dir", "d", "classify", "a.png", "--format", "json", "b.png", "classify"]
    )
    assert [str(path) for path in options.paths] == ["a.png", "b.png", "classify"]
    assert (options.command, options.format, str(options.data_dir)) == ("classify", "json", "d")
    window = read_arguments(["a.png", "--data-dir", "d", "b.png"])
    assert [str(path) for path in window.paths] == ["a.png", "b.png"]
    for words in (["classify", "--", "-odd.png"], ["--", "-odd.png"]):
        assert read_arguments(words).paths[0].name == "-odd.png"


def test_the_data_folder_may_stand_before_and_behind_the_command(work, capfd):
    for words in (["--data-dir", "one", "history", "list"], ["history", "list", "--data-dir", "one"]):
        assert cli.main(words) == telling.SOME_FAILED
        assert str(work / "one") in capfd.readouterr().err


# Models and history


def test_a_package_is_imported_listed_and_verified(run, work):
    code, out, _ = run("models", "import", "tiny.onnx")
    assert code == telling.OK
    assert out.startswith("tiny@1.0.0  ")
    code, out, _ = run("models", "list", "--json")
    listed = {each["name"]: each for each in map(json.loads, out.splitlines())}
    assert code == telling.OK
    assert listed["tiny"]["origin"] == "imported"
    assert listed["tiny"]["error"] is None
    (copy,) = (work / "data" / "models").glob("tiny-*.onnx")
    copy.write_bytes(copy.read_bytes().replace(b'"intended_use": "Tests"', b'"intended_use": "Other"'))
    code, out, _ = run("models", "verify")
    assert code in (telling.SOME_FAILED, telling.NO_MODEL)
    assert "FAIL  tiny 1.0.0  digest_mismatch" in out


def test_a_file_that_is_no_package_is_refused_and_the_others_are_imported(run):
    code, out, err = run("models", "import", "images/a.png", "tiny.onnx")
    assert code == telling.NO_MODEL
    assert "a.png" in err
    assert out.startswith("tiny@1.0.0")


def test_the_history_is_listed_filtered_and_exported(run, work):
    run("classify", "images", "--recursive", "--model", "tiny.onnx", "--save")
    code, out, _ = run("history", "list", "--json")
    listed = [json.loads(line) for line in out.splitlines()]
    assert code == telling.OK
    assert [image["name"] for image in listed] == ["c.png", "b.png", "a.png"]
    assert listed[2]["labels"] == {"neutrophil": 1}
    assert listed[0]["error"] == "not_an_image"
    assert len(run("history", "list", "--limit", "2")[1].splitlines()) == 2
    assert run("history", "list", "--class", "neutrophil")[1].count("a.png") == 1
    code, _, err = run("history", "export", "--format", "json", "--output", "all.json", "--name", "a.")
    assert code == telling.OK
    assert "1 image written" in err
    assert [image["name"] for image in json.loads((work / "all.json").read_text("utf-8"))["images"]] == [
        "a.png"
    ]


def test_cells_are_listed_in_an_order(run, work):
    run("classify", "images", "--recursive", "--model", "tiny.onnx", "--save")
    code, out, _ = run("history", "list", "--cells", "--json")
    newest = [json.loads(line) for line in out.splitlines()]
    assert code == telling.OK
    assert [(cell["name"], cell["cell"]) for cell in newest][-1] == ("a.png", 1)
    assert {cell["model"]["name"] for cell in newest} == {"tiny"}
    _, out, _ = run("history", "list", "--cells", "--json", "--order", "confidence", "--limit", "0")
    surest_last = [json.loads(line) for line in out.splitlines()]
    assert [cell["confidence"] for cell in surest_last] == sorted(cell["confidence"] for cell in newest)
    _, out, _ = run("history", "list", "--cells", "--class", newest[0]["label"], "--order", "class")
    assert len(out.splitlines()) == sum(cell["label"] == newest[0]["label"] for cell in newest)
    assert f"{newest[0]['label']} " in out and "tiny 1.0.0" in out
    assert run("history", "list", "--cells", "--review", "done")[:2] == (telling.OK, "")
    assert len(run("history", "list", "--cells", "--review", "open", "--name", "a.p")[1].splitlines()) == 1
    assert run("history", "list", "--cells", "--uncertain")[0] == telling.OK
    assert run("history", "list", "--cells", "--review", "partly")[0] == telling.USAGE


def test_a_date_that_is_none_is_wrong_usage(run):
    run("classify", "images", "--model", "tiny.onnx", "--save")
    code, _, err = run("history", "list", "--since", "yesterday-ish")
    assert code == telling.USAGE
    assert "filter_invalid" in err


def test_a_history_that_is_not_there_is_told_and_not_made(run, work):
    code, _, err = run("history", "list")
    assert code == telling.SOME_FAILED
    assert "history_absent" in err
    assert not (work / "data").exists()


def test_a_data_folder_that_may_not_be_looked_into_is_told(run, work, monkeypatch):
    real = Path.stat

    def refuse(path: Path, **options: bool) -> os.stat_result:
        if path.parent == work / "data":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, **options)

    monkeypatch.setattr(Path, "stat", refuse)
    code, out, err = run("history", "list")
    monkeypatch.undo()
    assert (code, out) == (telling.SOME_FAILED, "")
    assert "history_unwritable" in err and "Permission denied" in err


def test_a_data_folder_that_is_a_file_is_told_when_something_is_to_be_written(run, work):
    (work / "data").write_bytes(b"")
    assert run("classify", "images", "--model", "tiny.onnx")[0] == telling.OK
    code, _, err = run("classify", "images", "--model", "tiny.onnx", "--save")
    assert code == telling.SOME_FAILED
    assert "data_folder_unusable" in err
    assert "cannot be listed" not in run("models", "list")[2]


def test_the_self_test_as_json(run):
    code, out, _ = run("self-test", "--json")
    checks = [json.loads(line) for line in out.splitlines()]
    assert all(list(check) == ["check", "ok", "code", "detail", "remedy"] for check in checks)
    assert {"program", "models", "provider", "history writing"} <= {check["check"] for check in checks}
    failed = {check["check"] for check in checks if not check["ok"]}
    worst = telling.NO_MODEL if "models" in failed else telling.SOME_FAILED
    assert code == (worst if failed else telling.OK)


# Adapting a model


@pytest.fixture
def lab(work, lab_kit) -> Path:
    """A data folder with reviewed cells of three classes, and a package that cannot tell them apart."""
    (work / "colour.onnx").write_bytes(lab_kit.package())
    services = build(work / "data")
    lab_kit.review(services, work / "cells", {"eosinophil": 14, "lymphocyte": 14, "neutrophil": 20})
    services.close()
    return work


def test_adapting_shows_before_and_after_and_saves_what_is_better(run, lab):
    code, out, err = run("models", "adapt", "--model", "colour.onnx")
    assert code == telling.OK, err
    assert "adapted from colour 1.0.0 with 48 reviewed cells of 48 images" in out
    assert "balanced accuracy       " in out and "McNemar" in out
    assert "Saved as colour-lab@1. colour 1.0.0 stays as it is." in out
    _, listed, _ = run("models", "list")
    assert "colour-lab" in listed


def test_a_dry_run_saves_nothing(run, lab):
    code, out, _ = run("models", "adapt", "--model", "colour.onnx", "--dry-run", "--json", "--quiet")
    document = json.loads(out)
    assert code == telling.OK
    assert document["saved"] is None and document["verdict"] == "better"
    assert document["after"]["balanced_accuracy"] > 0.9 > document["before"]["balanced_accuracy"]
    assert "colour-lab" not in run("models", "list")[1]


def test_the_adapted_package_goes_into_a_file(run, lab):
    code, _, _ = run("models", "adapt", "--model", "colour.onnx", "--output", "mine.onnx")
    assert code == telling.OK
    assert "colour-lab" not in run("models", "list")[1]
    code, out, _ = run("models", "import", "mine.onnx")
    assert code == telling.OK and out.startswith("colour-lab@1")
    code, _, err = run("models", "adapt", "--model", "colour.onnx", "--output", "none/mine.onnx")
    assert code == telling.SOME_FAILED and "export_unwritable" in err


def test_what_is_not_better_is_not_saved_unless_asked_for(run, work, lab_kit):
    (work / "colour.onnx").write_bytes(lab_kit.package())
    services = build(work / "data")
    # Two names for one colour: nothing can be learned of them.
    lab_kit.review(services, work / "cells", {"neutrophil": 30})
    history = services.history
    for number, page in enumerate(history.page()):
        cell = history.image(page.id).result.cells[0]
        if number % 3 == 0:
            services.review_service().correct(cell, "monocyte", page.id)
    services.close()
    words = ("models", "adapt", "--model", "colour.onnx")
    code, out, _ = run(*words)
    assert code == telling.SOME_FAILED
    assert "keep colour 1.0.0" in out and "Saved" not in out
    code, out, _ = run(*words, "--even-if-not-better")
    assert code == telling.OK and "Saved as colour-lab@1" in out


def test_adapting_without_enough_reviews_says_what_is_missing(run, lab):
    code, out, err = run("models", "adapt", "--model", "colour.onnx", "--until", "2001-01-01")
    assert code == telling.SOME_FAILED and not out
    assert "at least 10 cells of 5 images" in err and "adapt_too_few" in err
    code, _, err = run("models", "adapt", "--model", "tiny.onnx")
    assert code == telling.NO_MODEL and "head_missing" in err


def test_adapting_without_a_history_says_so(run):
    code, _, err = run("models", "adapt")
    assert code == telling.SOME_FAILED and "history_absent" in err


def test_every_format_without_qt_is_exported_and_json_comes_back(run, work):
    run("classify", "images", "--model", "tiny.onnx", "--save")
    for name, options in {
        "all.csv": [],
        "all.xlsx": ["--pictures"],
        "all.json": ["--no-thumbnails"],
        "folders": ["--unreviewed", "--whole-images"],
    }.items():
        kind = name.removeprefix("all.")
        code, _, err = run("history", "export", "--format", kind, "--output", name, *options)
        assert code == telling.OK, err
        assert f"written to {name}" in err
    assert (work / "all.xlsx").read_bytes().startswith(b"PK")
    assert [image["thumbnail"] for image in json.loads((work / "all.json").read_text("utf-8"))["images"]] == [
        "",
        "",
    ]
    assert {path.name for path in (work / "folders").iterdir()} == {
        "neutrophil",
        "labels.csv",
        "originals.csv",
    }
    code, _, err = run("history", "export", "--format", "folders", "--output", "folders")
    assert code == telling.SOME_FAILED
    assert "target_not_empty" in err
    code, _, err = run("history", "import", "all.json")
    assert (code, err.splitlines()[-1]) == (telling.OK, "0 images imported, 2 were there already")
    code, _, err = run("--data-dir", "elsewhere", "history", "import", "all.json")
    assert (code, err.splitlines()[-1]) == (telling.OK, "2 images imported")
    code, _, err = run("history", "import", "all.csv")
    assert code == telling.SOME_FAILED
    assert "import_not_json" in err


def test_a_report_without_qt_says_what_is_missing(run, monkeypatch):
    run("classify", "images", "--model", "tiny.onnx", "--save")
    for name in ("hematodesk.ui.exports.report_application", "PySide6", "PySide6.QtCore", "PySide6.QtGui"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "hematodesk.ui.exports.report_application")
    code, _, err = run("history", "export", "--format", "pdf", "--output", "all.pdf")
    assert code == telling.SOME_FAILED
    assert "A PDF is drawn by Qt" in err
    assert "qt_missing" in err
