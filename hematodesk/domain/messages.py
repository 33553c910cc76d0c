"""Messages to the user that keep their template and data.

A Message is the English sentence itself, which logs, exports and the command line take as any text. It
keeps its template and its data beside, so that the window can tell it in another language: the template is
looked up, never the finished sentence. Templates are marked for the translation tools where they stand:

    Message(N_("Errors", "“{name}” is an incomplete {label} file: {reason}."), name=…, label=…, reason=…)

A placeholder is a plain {name}: no attributes, no formats, each once in its template. Data are numbers,
texts that stay as they are in every language (names of files), ClassId and further Messages.
"""

from __future__ import annotations

import errno
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from hematodesk.domain.marking import QT_TRANSLATE_NOOP

N_ = QT_TRANSLATE_NOOP
"""The short name of the mark, which the translation tools are told of: sentences are full of it."""

Value: TypeAlias = "str | int | float"
"""What fills a placeholder; a Message and a ClassId are told in the person's language."""

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_LETTER = re.compile(r"[^\W\d_]")
_DEEPEST = 6
_LONGEST_TEMPLATE = 1_000


class ClassId(str):
    """The id of a cell's class within a message; the window shows the class's name."""


class Message(str):
    """An English sentence with the template and the data that it was made of."""

    template: str
    data: dict[str, Value]

    def __new__(cls, template: str, /, **data: object) -> Message:
        """Data that the template does not name are left out; what is no number becomes text."""
        kept = {name: _value(data[name]) for name in _PLACEHOLDER.findall(template) if name in data}
        made = super().__new__(cls, fill(template, kept))
        made.template, made.data = template, kept
        return made

    def document(self) -> dict[str, Any]:
        """Template and data as plain JSON values; `understood` reads them."""
        return {"template": self.template, "data": {key: _document(each) for key, each in self.data.items()}}

    def templates(self) -> Iterator[str]:
        """The templates of this message and of those within that are words in some language."""
        if _LETTER.search(_PLACEHOLDER.sub("", self.template)):
            yield self.template
        for each in self.data.values():
            if isinstance(each, Message):
                yield from each.templates()


def fill(template: str, values: Mapping[str, object]) -> str:
    """The template with its placeholders filled; one without a value stays as it stands.

    Unlike `str.format` it looks into no value, whoever wrote the template.
    """
    return _PLACEHOLDER.sub(lambda found: str(values.get(found[1], found[0])), template)


def listed(parts: Iterable[object], between: str = ", ") -> Message:
    """Words and sentences one after the other, as one message."""
    numbered = {str(number): part for number, part in enumerate(parts)}
    return Message(between.join(f"{{{number}}}" for number in numbered), **numbered)


def counted(count: int, one: str, many: str, /, **data: object) -> Message:
    """A message with a number in it: `one` is for 1, `many` has the placeholder {count}.

    Data named count stand in the number's place, such as "60,000".
    """
    return Message(one if count == 1 else many, **({"count": count} | data))


def understood(document: object, sentence: str) -> str:
    """The message that a document describes, where it makes that very sentence; else the sentence.

    For what others may have written: the history's file, an import, a child process. Never raises.
    """
    try:
        made = message_of(document)
    except ValueError:
        return sentence
    return made if made == sentence else sentence


def message_of(document: object) -> Message:
    """The message that a document describes. Raises ValueError for what no Message writes."""
    return _read(document, 0)


def reason_of(fault: OSError) -> str:
    """What the system says of a fault: translatable where it is a usual one."""
    usual = _USUAL.get(fault.errno) if fault.errno is not None else None
    return Message(usual) if usual is not None else fault.strerror or str(fault)


_USUAL: dict[int, str] = {
    errno.ENOSPC: N_("Errors", "No space left on device"),
    errno.EACCES: N_("Errors", "Permission denied"),
    errno.EPERM: N_("Errors", "Operation not permitted"),
    errno.EROFS: N_("Errors", "Read-only file system"),
    errno.ENOENT: N_("Errors", "No such file or directory"),
    errno.EISDIR: N_("Errors", "Is a directory"),
    errno.ENOTDIR: N_("Errors", "Not a directory"),
    errno.EIO: N_("Errors", "Input/output error"),
    errno.ENAMETOOLONG: N_("Errors", "File name too long"),
}


def _value(value: object) -> Value:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, str | int | float) else str(value)


def _document(value: Value) -> Any:
    if isinstance(value, Message):
        return value.document()
    return {"class": str(value)} if isinstance(value, ClassId) else value


def _read(document: object, depth: int) -> Message:
    if not isinstance(document, dict) or document.keys() != {"template", "data"} or depth > _DEEPEST:
        raise ValueError("no message")
    template, data = document["template"], document["data"]
    if not isinstance(template, str) or len(template) > _LONGEST_TEMPLATE or not template.isprintable():
        raise ValueError("no template")
    # Each once: a template that names one of its data many times, within another that does so too,
    # would grow beyond all bounds.
    if not isinstance(data, dict) or sorted(data) != sorted(_PLACEHOLDER.findall(template)):
        raise ValueError("other data than the template names")
    return Message(template, **{key: _read_value(each, depth) for key, each in data.items()})


def _read_value(value: object, depth: int) -> Value:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, dict) and value.keys() == {"class"} and isinstance(value["class"], str):
        return ClassId(value["class"])
    return _read(value, depth + 1)
