"""The licences folder of the frozen program: every part with its licence texts, and what the LGPL gives.

The texts come from the wheels and from the build machine; none is written here. A part without any text
fails the build.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

from parts import OWN, Part

COMMON_TEXTS = Path(os.environ.get("HEMATODESK_LICENCE_TEXTS", "/usr/share/common-licenses"))
"""Holds GPL-3 and LGPL-3 as plain text, as Debian has them; elsewhere the variable names such a folder."""

_COPYLEFT = ("LGPL-3", "GPL-3")
_LGPL = "LGPL-3.0-only"
_OLDER_LGPL = "LGPL-2.1-only"

_EXPLAINED = """\
Qt and the LGPL
===============

hematodesk uses Qt {qt} through PySide6 and shiboken6, all under the GNU Lesser General Public License,
version 3. Their texts are beside this file: LGPL-3.txt, which adds permissions to GPL-3.txt.

What that gives you:

- These libraries are separate files in this program's folder: {folders}. You may replace them by your own
  builds of the same version, changed as you like: build Qt or PySide6 {qt} from its source, and put the
  files in the place of those here, under the same names. The program loads whatever lies there; nothing
  checks or locks these files.
- hematodesk's own terms (the MIT licence) do not forbid to take the program apart in order to find faults
  in such changes.
- The source of Qt and of PySide6 {qt} is published by The Qt Company and the Qt Project. Whoever gives you
  this program has to give you that source, too, when you ask for it within three years.

The wheels of Qt hold no licence texts of the third-party code inside Qt itself (among it ICU, FreeType,
HarfBuzz, PCRE2, libjpeg-turbo, libpng, zlib, double-conversion and MD4C). Qt's documentation lists them with
their texts under "Licenses Used in Qt".
"""


_SLIDES = """\
OpenSlide and the LGPL
======================

hematodesk reads whole slides through OpenSlide and its Python interface, under the GNU Lesser General
Public License, version 2.1; the library holds further ones, among them GLib and cairo under the same
licence. Their texts are in the folder{folders}.

OpenSlide is a separate file of this program, {files}. You may replace it by your own build,
changed as you like, under the same name: the program loads whatever lies there, and nothing checks or locks
it. hematodesk's own terms (the MIT licence) do not forbid to take the program apart in order to find faults
in such changes. The source is published by the OpenSlide project. Whoever gives you this program has to give
you that source, too, when you ask for it within three years.
"""


class NoLicenceText(Exception):
    """A part that came without any licence text."""


def write_notices(parts: Sequence[Part], folder: Path) -> list[Path]:
    """Write the licences folder; returns its files.

    Raises NoLicenceText, naming every part without one, and where texts are looked for.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    lines = ["What is inside this program, and under which terms", ""]
    without = []
    for part in parts:
        if part.name == OWN:
            continue
        texts = _copy(part, folder / _plain(part.name))
        if part.licence == _LGPL:
            texts = [*texts, folder / "LGPL-3.txt", folder / "GPL-3.txt"]
        if not texts:
            without.append(part.name)
        written += [text for text in texts if text.parent != folder]
        terms = part.licence or "see its text"
        lines.append(f"{part.name} {part.version}: {terms}")
        lines += [f"    {text.relative_to(folder).as_posix()}" for text in texts]
    if without:
        raise NoLicenceText(
            f"No licence text was found for {', '.join(without)}. A wheel must bring one; a library of the "
            "build system must have its package's copyright file."
        )
    written += [*_copyleft(parts, folder), *_slides(parts, folder)]
    table = folder / "THIRD-PARTY.txt"
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [table, *written]


def _copyleft(parts: Sequence[Part], folder: Path) -> list[Path]:
    lesser = [part for part in parts if part.licence == _LGPL]
    if not lesser:
        return []
    written = []
    for name in _COPYLEFT:
        source = COMMON_TEXTS / name
        if not source.is_file():
            raise NoLicenceText(
                f"{source} is not there. Qt's terms need the texts of LGPL-3 and GPL-3: put both into a "
                "folder and name it in HEMATODESK_LICENCE_TEXTS."
            )
        target = folder / f"{name}.txt"
        target.write_bytes(source.read_bytes())
        written.append(target)
    places = sorted({file.split("/")[0] for part in lesser for file in part.files if "dist-info" not in file})
    explained = folder / "QT-AND-THE-LGPL.txt"
    explained.write_text(_EXPLAINED.format(qt=lesser[0].version, folders=", ".join(places)), encoding="utf-8")
    return [*written, explained]


def _slides(parts: Sequence[Part], folder: Path) -> list[Path]:
    readers = [part for part in parts if part.licence == _OLDER_LGPL]
    if not readers:
        return []
    files = sorted(file for part in readers for file in part.files if file.startswith("openslide_bin/"))
    named = "s " + " and ".join(_plain(part.name) for part in readers)
    explained = folder / "OPENSLIDE-AND-THE-LGPL.txt"
    explained.write_text(_SLIDES.format(folders=named, files=", ".join(files)), encoding="utf-8")
    return [explained]


def _copy(part: Part, folder: Path) -> list[Path]:
    """The part's texts, each once, under names that say where they stood."""
    copied: list[Path] = []
    seen: set[str] = set()
    for text in part.texts:
        data = text.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        if digest in seen:
            continue
        seen.add(digest)
        target = folder / _plain(text.name)
        for above in text.parents:
            if target not in copied:
                break
            target = folder / _plain(f"{above.name}-{target.name}")
        folder.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        copied.append(target)
    return copied


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name)
