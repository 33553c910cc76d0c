"""The manual's pages, their translations, and the search in them.

Pages are Markdown in resources/manual; `index.md` links to every one of them, in their order. A folder
named after a language (`es`) holds translated pages; what is not there is taken from the English ones.

A page names parts of the program by marks, `{action:export}`, and never by their present texts: menus,
keys and texts are written in when the page is read, so that it shows the real ones. The kinds:

    action   an action, with its menu            key      its first key
    text     a text of the window, CONTEXT|TEXT  setting  a setting of the dialog
    command  a command, or one with an option    tool     the same of the export tools
    code     an error's code                     policy   a field of the administrator's policy
    place    a file or folder of the data folder, a property of AppPaths
    formats  the names of all formats of a kind (image, export)
    table    all rows of a table (exports, settings, prohibitions)
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

INDEX = "index.md"
PICTURES = "pictures"

_MARK = re.compile(r"\{(\w+):([^{}]*)\}")
_LINK = re.compile(r"\]\(([\w-]+\.md)")
_CONTEXT_LETTERS = 90
_LINES_A_PAGE = 3


def marks(text: str) -> Iterator[tuple[str, str]]:
    """(kind, name) of every mark in a page."""
    for found in _MARK.finditer(text):
        yield found[1], found[2].strip()


def fill(text: str, words: Callable[[str, str], str]) -> str:
    """A page with its marks replaced by what `words(kind, name)` gives for each."""
    return _MARK.sub(lambda found: words(found[1], found[2].strip()), text)


class Manual:
    """The pages of one language.

    Attributes:
        names: the pages' file names in the order of the index, which is the first.
    """

    def __init__(self, folder: Path, language: str = "en") -> None:
        """`folder` holds the English pages; `language` is a code such as es or es_MX."""
        self._folder = folder
        code = re.split("[_-]", language)[0]
        self._folders = [folder] if code in ("", "en") else [folder / code, folder]
        self.names = self._names()

    def _names(self) -> list[str]:
        named = [INDEX, *_LINK.findall(self.source(INDEX))]
        return [name for name in dict.fromkeys(named) if (self._folder / name).is_file()]

    @property
    def foreign(self) -> bool:
        """Whether another language than English was asked for, and there are no pages in it."""
        return len(self._folders) > 1 and not (self._folders[0] / INDEX).is_file()

    def source(self, name: str) -> str:
        """A page's source with its marks; empty when there is none."""
        for folder in self._folders:
            path = folder / name
            if path.is_file():
                return path.read_text(encoding="utf-8")
        return ""

    def title(self, name: str) -> str:
        """A page's heading."""
        for line in self.source(name).splitlines():
            if line.startswith("# "):
                return line[2:].strip()
        return name

    def picture(self, name: str) -> Path | None:
        """The file of a picture, by its bare name; None when there is none."""
        if Path(name).name != name:
            return None
        places = (folder / PICTURES / name for folder in self._folders)
        return next((path for path in places if path.is_file()), None)


# Searching


@dataclass(frozen=True, slots=True)
class Hit:
    """One line of a page with words that were looked for.

    Attributes:
        page: the page's file name.
        line: which of the page's lines.
        context: the line, cut to the words found in it.
    """

    page: str
    line: int
    context: str


def folded(text: str) -> str:
    """Letters without case and accents, one for one, so that places in both texts agree."""
    return "".join(unicodedata.normalize("NFD", letter)[0].lower()[:1] for letter in text)


def words_of(query: str) -> list[str]:
    """The query's words, folded, each once."""
    return list(dict.fromkeys(folded(query).split()))


def places_of(words: Sequence[str], text: str) -> list[tuple[int, int]]:
    """(start, length) of every occurrence of the folded words in a text."""
    within = folded(text)
    return [(found.start(), len(word)) for word in words for found in re.finditer(re.escape(word), within)]


def find(pages: Mapping[str, Sequence[str]], query: str) -> list[Hit]:
    """The best lines for a query, page by page.

    A page matches when it has all the words. Of its lines at most three with the most words are given,
    those first in which the words make up the largest share, so that a heading comes before a
    sentence. Pages come in the order of their best lines.
    """
    words = words_of(query)
    if not words:
        return []
    found: list[tuple[_Worth, list[Hit]]] = []
    for page, lines in pages.items():
        within = [folded(line) for line in lines]
        if not all(any(word in line for line in within) for word in words):
            continue
        worths = {number: _worth(words, line) for number, line in enumerate(within)}
        best = sorted(worths, key=lambda number: worths[number], reverse=True)[:_LINES_A_PAGE]
        most = worths[best[0]]
        hits = [
            Hit(page, number, _context(lines[number], words))
            for number in best
            if worths[number][0] == most[0]
        ]
        found.append((most, hits))
    found.sort(key=lambda pair: pair[0], reverse=True)
    return [hit for _most, hits in found for hit in hits]


_Worth = tuple[int, float]


def _worth(words: Sequence[str], line: str) -> _Worth:
    """How many of the words stand in a folded line, and what share of it they are."""
    there = [word for word in words if word in line]
    return len(there), sum(map(len, there)) / max(1, len(line))


def _context(line: str, words: Sequence[str]) -> str:
    """The line, cut to some 90 letters around the first word."""
    if len(line) <= _CONTEXT_LETTERS:
        return line
    first = min(start for start, _length in places_of(words, line))
    start = max(0, first - _CONTEXT_LETTERS // 3)
    cut = line[start : start + _CONTEXT_LETTERS]
    if start:
        cut = "…" + (cut.split(" ", 1)[1] if " " in cut[: _CONTEXT_LETTERS // 3] else cut)
    return cut if start + _CONTEXT_LETTERS >= len(line) else cut.rsplit(" ", 1)[0] + "…"
