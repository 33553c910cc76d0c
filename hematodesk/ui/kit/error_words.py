"""An error's sentence in the person's language.

The rooms below make their errors as English sentences, which the command line and the log keep. Here such
a sentence is recognised by its pattern and told in the person's language with the same data. One that is
not in the list stays as it is.
"""

from __future__ import annotations

import re
from functools import cache

from PySide6.QtCore import QCoreApplication

from hematodesk.domain.messages import ClassId, Message, Value, fill
from hematodesk.ui.kit.class_names import class_name
from hematodesk.ui.kit.error_texts import ERROR_TEXTS

_WORDS = frozenset({"reason", "what", "detail", "field"})
"""Placeholders whose content is words rather than a name or a number."""

_PLACEHOLDER = re.compile(r"\{(\w+)\}")

_MOST = 2_000
"""Longer ones come from no sentence of ours; to look for a pattern in them would take its time."""


def error_words(sentence: str) -> str:
    """The sentence or remedy of an error in the person's language; as it is where it is not known."""
    if isinstance(sentence, Message):
        template = QCoreApplication.translate("Errors", sentence.template)
        return fill(template, {key: _part(value) for key, value in sentence.data.items()})
    if len(sentence) > _MOST:
        return sentence
    for text, pattern in _patterns():
        found = pattern.fullmatch(sentence)
        if found is None:
            continue
        data = found.groupdict()
        told = {key: _told(key, value) for key, value in data.items()}
        return QCoreApplication.translate("Errors", text).format(**told)
    return sentence


def _part(value: Value) -> Value:
    """What fills a placeholder, in the person's language where it is words."""
    if isinstance(value, ClassId):
        return class_name(value)
    return error_words(value) if isinstance(value, Message) else value


def _told(key: str, value: str) -> str:
    """What fills a placeholder, in the person's language where it is words."""
    if key == "class_id":
        return class_name(value)
    if key == "there":
        return ", ".join(error_words(part) for part in value.split(", "))
    if key == "counts":
        return ", ".join(_count(part) for part in value.split(", "))
    if key == "words":
        # One sentence after the other.
        return " ".join(error_words(part) for part in re.split(r"(?<=[.]) (?=[A-Z])", value))
    return error_words(value) if key in _WORDS else value


def _count(part: str) -> str:
    """ "neutrophil 12", or "3 " and a reason."""
    first, _, rest = part.partition(" ")
    return f"{first} {error_words(rest)}" if first.isdigit() else f"{class_name(first)} {rest}"


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """(text, its pattern), those with more words of their own first: they are the surer ones."""
    texts = sorted(ERROR_TEXTS, key=lambda text: -len(_PLACEHOLDER.sub("", text)))
    return tuple((text, _pattern(text)) for text in texts)


def _pattern(text: str) -> re.Pattern[str]:
    pieces = []
    seen = set()
    # Every second piece is a placeholder's name.
    for number, piece in enumerate(_PLACEHOLDER.split(text)):
        if number % 2 == 0:
            pieces.append(re.escape(piece))
        elif piece in seen:
            pieces.append(f"(?P={piece})")
        else:
            seen.add(piece)
            pieces.append(f"(?P<{piece}>.+?)")
    return re.compile("".join(pieces), re.DOTALL)
