"""What a folder holds besides images that are read, by kind, so that it can be told.

Named files are always tried and never counted here: what is wrong with them is told by reading them.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from hematodesk.domain.words import number_of

KIND_NAMES: dict[str, str] = {
    **dict.fromkeys((".heic", ".heif", ".heics", ".hif"), "HEIC"),
    **dict.fromkeys((".cr2", ".cr3", ".crw"), "Canon RAW"),
    **dict.fromkeys((".nef", ".nrw"), "Nikon RAW"),
    **dict.fromkeys((".arw", ".srf", ".sr2"), "Sony RAW"),
    ".raf": "Fujifilm RAW",
    ".orf": "Olympus RAW",
    ".rw2": "Panasonic RAW",
    ".pef": "Pentax RAW",
    **dict.fromkeys((".dcm", ".dicom"), "DICOM"),
    **dict.fromkeys((".jls", ".jlsl"), "JPEG-LS"),
}
"""What people call the kinds of files that are not read, by the ending of the name, lower case; others are
called by that ending."""

_QUIET_SUFFIXES = frozenset({".xmp", ".txt", ".csv", ".json", ".xml"})
"""Of files that lie beside images and tell of them."""

_QUIET_FILES = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"})
_QUIET_FOLDERS = frozenset(
    {
        *("@eadir", "#recycle", "#snapshot"),
        *("$recycle.bin", "recycler", "system volume information", "__macosx", "lost+found"),
    }
)
"""Made by systems and storage boxes; what is in them is a copy, a preview, or deleted."""

_UNFINISHED = frozenset({".part", ".partial", ".crdownload", ".download", ".filepart", ".tmp", ".temp"})
_PLAIN_SUFFIX = re.compile(r"\.[a-z0-9_]{1,8}")
_MOST_NAMED = 6

UNNAMED, UNUSUAL = "", "?"
"""The kinds of files without an ending, and of those with one that can hardly be a kind's."""


def is_quiet_folder(name: str) -> bool:
    """Whether a folder is passed over without a word: hidden, or made by a system or a storage box."""
    return name.startswith(".") or name.casefold() in _QUIET_FOLDERS


def is_quiet_file(name: str) -> bool:
    """Whether a file that is no image is passed over without a word: hidden, a system's, or a companion."""
    return name.startswith(".") or name.casefold() in _QUIET_FILES or _suffix(name) in _QUIET_SUFFIXES


def is_unfinished(name: str) -> bool:
    """Whether a file's name says that a copy or a download is under way."""
    return _suffix(name) in _UNFINISHED


def kind_of(name: str) -> str:
    """The kind of a file that is not read, by its name."""
    suffix = _suffix(name)
    if not suffix:
        return UNNAMED
    if suffix in KIND_NAMES:
        return KIND_NAMES[suffix]
    return suffix[1:].upper() if _PLAIN_SUFFIX.fullmatch(suffix) else UNUSUAL


def _suffix(name: str) -> str:
    """As Path.suffix has it, for many names in a short time."""
    stem, dot, end = name.rpartition(".")
    return f".{end.casefold()}" if stem and dot and end else ""


@dataclass(slots=True)
class LeftOut:
    """What was left out of folders; filled while they are listed.

    Attributes:
        kinds: files by kind, see `kind_of`.
        links: links to folders, and under an image's name those that lead nowhere.
        inner: folders inside folders that were not to be read.
        closed: folders inside folders that the system did not let be listed.
    """

    kinds: Counter[str] = field(default_factory=Counter)
    links: int = 0
    inner: int = 0
    closed: int = 0

    def __bool__(self) -> bool:
        return bool(self.files or self.links or self.inner or self.closed)

    @property
    def files(self) -> int:
        """How many files are of kinds that are not read."""
        return self.kinds.total()

    def named_kinds(self) -> tuple[list[str], int]:
        """The names of the kinds, the most frequent first, and how many more kinds there are."""
        names = [kind for kind, _ in self.kinds.most_common() if kind not in (UNNAMED, UNUSUAL)]
        return names[:_MOST_NAMED], len(self.kinds) - len(names[:_MOST_NAMED])

    def add_file(self, name: str) -> None:
        """A file that is not read, under this name; companions and a system's own are not counted."""
        if not is_quiet_file(name):
            self.kinds[kind_of(name)] += 1

    def words(self) -> list[str]:
        """For the command line: "2 files of kinds that are not read (HEIC)", and so on."""
        words = []
        if self.files:
            names, more = self.named_kinds()
            if more:
                names.append(number_of(more, "more kind") if names else "without a usual ending")
            words.append(f"{number_of(self.files, 'file')} of kinds that are not read ({', '.join(names)})")
        if self.links:
            words.append(f"{number_of(self.links, 'link')} not followed")
        if self.closed:
            words.append(f"{number_of(self.closed, 'folder')} that cannot be listed")
        if self.inner:
            words.append(f"{number_of(self.inner, 'folder')} inside (read with --recursive)")
        return words
