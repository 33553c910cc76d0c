"""Brings the translations up to date with the program's texts: `python packaging/translations.py`.

Reads the texts of hematodesk with Qt's lupdate into resources/translations/*.ts, where new ones stand as
unfinished until they are translated (a text editor or Qt Linguist), and compiles the .qm with lrelease.
With `--check` nothing is changed. It says which texts are missing, left over or unfinished, and which .qm is
older than its .ts, and ends with 1 when there are any. Both tools come with PySide6-Essentials.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import PySide6

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "resources" / "translations"
SOURCES = ROOT / "hematodesk"

Text = tuple[str, str, str]
"""Context, source text, disambiguation."""


def update(file: Path) -> None:
    """Bring a .ts up to date with the sources; the English one holds plurals alone."""
    language = file.stem.removeprefix("hematodesk_")
    chosen = ["-pluralonly"] if language == "en" else []
    _run(
        "lupdate",
        *map(str, sorted(SOURCES.rglob("*.py"))),
        # Rooms without Qt mark their sentences so.
        *["-tr-function-alias", "QT_TRANSLATE_NOOP+=N_"],
        *["-silent", "-locations", "none", "-no-obsolete", "-source-language", "en_GB", *chosen],
        *["-target-language", "en_GB" if language == "en" else language, "-ts", str(file)],
    )


def compile_texts(file: Path, target: Path) -> None:
    """The .qm of a .ts."""
    _run("lrelease", "-silent", str(file), "-qm", str(target))


def texts(file: Path) -> dict[Text, list[str]]:
    """The translations in a .ts by text: one, or one a number; none while unfinished."""
    found: dict[Text, list[str]] = {}
    for context in ElementTree.parse(file).getroot().iter("context"):
        name = context.findtext("name", "")
        for message in context.iter("message"):
            translation = message.find("translation")
            forms: list[str] = []
            if translation is not None and translation.get("type") is None:
                plural = [each.text or "" for each in translation.iter("numerusform")]
                forms = plural or [translation.text or ""]
            found[name, message.findtext("source", ""), message.findtext("comment", "")] = forms
    return found


def problems(file: Path) -> Iterator[str]:
    """One line for each reason why a .ts or its .qm is not up to date."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / file.name
        shutil.copyfile(file, fresh)
        update(fresh)
        wanted, present = texts(fresh), texts(file)
        for key in wanted.keys() - present.keys():
            yield f"{file.name}: new, {key[0]}: {key[1]!r}"
        for key in present.keys() - wanted.keys():
            yield f"{file.name}: not in the program any more, {key[0]}: {key[1]!r}"
        for key, forms in present.items():
            if not forms or not all(forms):
                yield f"{file.name}: not translated, {key[0]}: {key[1]!r}"
        compiled = fresh.with_suffix(".qm")
        compile_texts(file, compiled)
        kept = file.with_suffix(".qm")
        if not kept.is_file() or kept.read_bytes() != compiled.read_bytes():
            yield f"{kept.name}: not compiled from {file.name} as it is"


def _run(tool: str, *arguments: str) -> None:
    program = shutil.which(tool, path=str(Path(PySide6.__file__).parent))
    if program is None:
        raise SystemExit(f"PySide6 has no {tool} here.")
    done = subprocess.run([program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{tool} failed: {done.stderr or done.stdout}")


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(description="Bring the translations up to date, or check them.")
    parser.add_argument("--check", action="store_true", help="change nothing; 1 when out of date")
    check = parser.parse_args().check
    files = sorted(FOLDER.glob("*.ts"))
    if not check:
        for file in files:
            update(file)
            compile_texts(file, file.with_suffix(".qm"))
    found = [line for file in files for line in problems(file)]
    for line in found:
        sys.stdout.write(f"{line}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
