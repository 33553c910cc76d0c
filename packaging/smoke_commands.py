"""The smoke test's checks of the command line: every command, on good and on bad files."""

from __future__ import annotations

import contextlib
import csv
import json
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from smoke_bench import PATIENCE_S, Bench, Failed, expected_class, json_lines

OLD_HISTORIES = Path(__file__).resolve().parent.parent / "tests" / "unit" / "storage" / "data"
"""One real file of every released schema version: version_1.sqlite3 and so on."""

_STOPPED = 130

_COPIES = 10
"""Of each known sample, so that there are enough cells to fit a model to."""


def check_version(bench: Bench) -> str:
    """Both programs say the same version."""
    said = {bench.run("--version", name=name).strip() for name in ("hematodesk", "hematodesk-cli")}
    if sys.platform == "win32":
        said.discard("")  # the window program has no console to write to
    if len(said) != 1 or not re.fullmatch(r"hematodesk \d+\.\d+\.\d+\S*", next(iter(said))):
        raise Failed(f"--version said {said}.")
    return said.pop()


def check_self_test(bench: Bench) -> str:
    """Every check of the self-test is fine."""
    checks = json_lines(bench.run("self-test", "--json"))
    bad = [check for check in checks if check["ok"] is not True]
    if bad or len(checks) < 8:
        raise Failed(f"The self-test found {bad or checks}.")
    (decoder,) = [str(check["detail"]) for check in checks if check["check"] == "decoder"]
    wanted = "a filter of system calls" if sys.platform.startswith("linux") else "processes of their own"
    if wanted not in decoder:
        raise Failed(f"Images are not decoded in confined children: {decoder}")
    return f"{len(checks)} checks"


def check_models(bench: Bench) -> str:
    """The shipped packages are whole."""
    checks = json_lines(bench.run("models", "verify", "--json"))
    if not checks or any(check["ok"] is not True for check in checks):
        raise Failed(f"models verify found {checks}.")
    return ", ".join(f"{check['name']} {check['version']}" for check in checks)


def check_unknown_model(bench: Bench) -> str:
    """A package from elsewhere is tried in a child, imported, and used."""
    shipped = next((bench.inside / "models").glob("*.onnx"))
    copy = bench.elsewhere / "módèle.onnx"
    # Another comment (ONNX's ModelProto.doc_string): a plain copy is known as the shipped one by its digest.
    copy.write_bytes(shipped.read_bytes() + b"\x32\x01x")
    bench.machine.give(bench.elsewhere)
    output = bench.run("classify", bench.known[0], "--model", copy, "--format", "json", "--quiet")
    if json_lines(output)[0]["status"] != "ok":
        raise Failed(f"A model file from elsewhere gave {output}.")
    kept = json.loads((bench.data / "model-verdicts.json").read_text("ascii"))
    if list(kept["models"].values()) != [""]:
        raise Failed(f"What came out of the trial was kept as {kept}.")
    return "tried in a child, used, remembered"


def check_classify(bench: Bench, locale: str | None = None) -> str:
    """Every sample gets an answer, and most of the known ones the right one.

    Args:
        locale: value of LANG and LC_ALL; the machine's own when None.
    """
    more = {} if locale is None else {"LANG": locale, "LC_ALL": locale}
    output = bench.run("classify", bench.images, "--format", "json", "--quiet", environment=more)
    answers = {Path(str(answer["file"])).name: answer for answer in json_lines(output)}
    files = {path.name for path in bench.images.iterdir()}
    if set(answers) != files:
        raise Failed(f"Answers for {sorted(answers)}, files {sorted(files)}.")
    failed = [name for name, answer in answers.items() if answer["status"] == "error"]
    if failed:
        raise Failed(f"Samples that failed: {failed}.")
    known = {name: kind for name in files if (kind := expected_class(name)) is not None}
    right = [
        name for name, kind in known.items() if kind in {cell["class"] for cell in answers[name]["cells"]}
    ]
    if 2 * len(right) <= len(known):
        raise Failed(f"Only {right} of {sorted(known)} were named as they are known.")
    return f"{len(answers)} images, {len(right)} of {len(known)} known ones right"


def check_damaged(bench: Bench) -> str:
    """A file that is no image gives a sentence and exit code 1, and the others are done."""
    broken = bench.elsewhere / "kein Bild é.jpg"
    broken.write_bytes(b"no image")
    output = bench.run("classify", broken, bench.known[0], "--format", "json", "--quiet", code=1)
    statuses = [answer["status"] for answer in json_lines(output)]
    if statuses != ["error", "ok"]:
        raise Failed(f"A damaged and a good image came out as {statuses}.")
    return "exit code 1, the other image done"


def check_watch(bench: Bench) -> str:
    """An image that appears in a watched folder is classified; Ctrl+C ends the command cleanly."""
    folder = bench.elsewhere / "Scanner ø"
    folder.mkdir()
    bench.machine.give(folder)
    process = bench.start(
        *bench.data_arguments(),
        *("watch", folder, "--format", "json", "--interval", "0.2", "--quiet"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        shutil.copyfile(bench.known[0], folder / bench.known[0].name)
        assert process.stdout is not None
        answer = json.loads(process.stdout.readline() or b"{}")
        if answer.get("status") != "ok":
            raise Failed(f"A watched folder gave {answer}.")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(None, PATIENCE_S)
    finally:
        if process.poll() is None:
            process.kill()
    if process.returncode != _STOPPED or bench.unexpected(errors.decode("utf-8", "replace")):
        raise Failed(f"Watching ended with {process.returncode}: {errors.decode('utf-8', 'replace')}")
    return "named as it came, stopped with exit code 130"


def check_exports(bench: Bench) -> str:
    """The history can be written in every format."""
    data = bench.elsewhere / "Verlauf"
    bench.run("classify", bench.images, "--save", "--quiet", data=data)
    for kind in ("csv", "xlsx", "pdf", "json"):
        target = bench.elsewhere / f"Ausfuhr ß.{kind}"
        bench.run("history", "export", "--format", kind, "--output", target, quiet=False, data=data)
    with (bench.elsewhere / "Ausfuhr ß.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    if not rows:
        raise Failed("The export of the history is empty.")
    if not zipfile.is_zipfile(bench.elsewhere / "Ausfuhr ß.xlsx"):
        raise Failed("The exported workbook is none.")
    report = (bench.elsewhere / "Ausfuhr ß.pdf").read_bytes()
    if not report.startswith(b"%PDF-") or b"/FontFile" not in report:
        raise Failed("The exported report is no PDF with text.")
    folders = bench.elsewhere / "Klassen"
    bench.run(
        *("history", "export", "--format", "folders", "--unreviewed", "--output", folders),
        quiet=False,
        data=data,
    )
    if not any(folders.glob("neutrophil/*")):
        raise Failed("The export into class folders holds no neutrophil.")
    return f"{len(rows)} cells as csv, xlsx, pdf, json, folders"


def check_adapt(bench: Bench) -> str:
    """Reviews come in with an import, and a model is adapted to them."""
    many = bench.elsewhere / "viele"
    many.mkdir()
    for number in range(_COPIES):
        for image in bench.known:
            # Bytes appended at the end change the digest.
            (many / f"{number} {image.name}").write_bytes(image.read_bytes() + bytes(number + 1))
    data, exchange = bench.elsewhere / "Labor 1", bench.elsewhere / "geprüft.json"
    bench.machine.give(many)
    bench.run("classify", many, "--save", "--quiet", data=data)
    bench.run("history", "export", "--format", "json", "--output", exchange, quiet=False, data=data)
    exported = json.loads(exchange.read_text("utf-8"))
    for image in exported["images"]:
        for cell in image["cells"]:
            kind, at = cell["label"], image["analysed_at"]
            cell["review"] = {"verdict": "agreed", "class": kind, "operator": "Ada", "at": at}
    exchange.write_text(json.dumps(exported), encoding="utf-8")
    data = bench.elsewhere / "Labor 2"
    bench.run("history", "import", exchange, quiet=False, data=data)
    bench.run("models", "adapt", "--even-if-not-better", "--quiet", data=data)
    names = [str(package["name"]) for package in json_lines(bench.run("models", "list", "--json", data=data))]
    if not any("lab" in name for name in names):
        raise Failed(f"The adapted model is not among {names}.")
    answers = bench.run(
        "classify", bench.known[0], "--model", names[-1], "--format", "json", "--quiet", data=data
    )
    if json_lines(answers)[0]["status"] != "ok":
        raise Failed(f"The adapted model gave {answers}.")
    return f"reviews imported, {names[-1]} fitted and used"


def check_history_care(bench: Bench) -> str:
    """The history is checked, backed up, restored; a damaged one is repaired."""
    data = bench.elsewhere / "Verlauf"
    bench.run("history", "check", data=data)
    backup = Path(bench.run("history", "backup", data=data).strip())
    if not backup.is_file():
        raise Failed(f"There is no backup {backup}.")
    bench.run("history", "restore", "latest", data=data)
    file = data / "history.sqlite3"
    with file.open("r+b") as stream:
        stream.seek(file.stat().st_size // 2)
        stream.write(b"\xa5" * 8192)
    bench.run("history", "check", code=1, quiet=False, data=data)
    words = bench.run("history", "repair", quiet=False, data=data)
    bench.run("history", "check", data=data)
    if not list(data.glob("history.damaged.*")):
        raise Failed("The damaged history was not kept.")
    return words.strip().splitlines()[0]


def check_old_histories(bench: Bench) -> str:
    """A real file of every earlier schema version opens, is brought up to date, and keeps its images."""
    files = sorted(OLD_HISTORIES.glob("version_*.sqlite3"))
    if not files:
        raise Failed(f"{OLD_HISTORIES} holds no histories of earlier versions.")
    latest = _schema_version(bench.elsewhere / "Verlauf" / "history.sqlite3")
    for file in files:
        data = bench.elsewhere / file.stem
        data.mkdir()
        shutil.copyfile(file, data / "history.sqlite3")
        before = _images(data / "history.sqlite3")
        bench.machine.give(data)
        listed = json_lines(bench.run("history", "list", "--json", data=data))
        bench.run("history", "check", data=data)
        if _schema_version(data / "history.sqlite3") != latest or len(listed) != before or not before:
            raise Failed(f"{file.name} holds {before} images, of which {len(listed)} are listed.")
    return ", ".join(file.stem for file in files)


@contextlib.contextmanager
def opened(file: Path) -> Iterator[sqlite3.Connection]:
    """A history that no program has open, for reading."""
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?immutable=1", uri=True)
    try:
        yield connection
    finally:
        connection.close()


def _schema_version(file: Path) -> int:
    with opened(file) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _images(file: Path) -> int:
    with opened(file) as connection:
        return int(connection.execute("SELECT count(*) FROM image WHERE deleted_at IS NULL").fetchone()[0])


def wait_until(what: str, look: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
    """Poll until the condition holds; raises Failed with its description."""
    deadline = time.monotonic() + patience_s
    while not look():
        if time.monotonic() > deadline:
            raise Failed(f"{what}: not within {patience_s:.0f} s.")
        time.sleep(0.1)
