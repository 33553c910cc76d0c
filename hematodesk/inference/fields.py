"""The fields of a model package's manifest."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from typing import NoReturn

from hematodesk.domain.errors import ModelError
from hematodesk.domain.json_fields import Fields, FieldWords, shown
from hematodesk.domain.messages import N_, Message

_WHOLE = Message(N_("Errors", "(whole document)"))

# Unicode Bidirectional Algorithm (UAX 9): overrides, embeddings and isolates.
_TURNING = ("LRO", "RLO", "LRE", "RLE", "PDF", "LRI", "RLI", "FSI", "PDI")


def refuse(field: str, reason: str, /, **data: object) -> NoReturn:
    """Raise the ModelError `manifest_invalid` that names the field; `reason` is a marked template."""
    raise ModelError(
        "manifest_invalid",
        N_("Errors", "The manifest's field {field} {reason}."),
        N_("Errors", "Ask whoever made the package for a corrected one."),
        field=field,
        reason=Message(reason, **data),
    )


class ManifestFields(Fields):
    """One JSON object of the manifest and its place in it.

    `finish` refuses whatever nobody took, so that a misspelt field is never silently ignored.
    Raises ModelError `manifest_invalid` throughout.
    """

    words = FieldWords(
        no_object=N_("Errors", "must be an object, not {value}"),
        missing=N_("Errors", "is missing"),
        no_list=N_("Errors", "must be a list, not {value}"),
        entries=N_("Errors", "must have {lowest} to {highest} entries, not {count}"),
        choice=N_("Errors", "must be one of {choices}, not {value}"),
        whole=N_("Errors", "must be a whole number from {lowest} to {highest}, not {value}"),
    )

    def refuse(self, field: str, words: str, /, **data: object) -> NoReturn:
        """Raise ModelError `manifest_invalid`."""
        refuse(field or _WHOLE, words, **data)

    def within(self, value: object, path: str) -> ManifestFields:
        """Another object of the manifest."""
        return ManifestFields(value, path)

    def optional_child(self, key: str) -> ManifestFields | None:
        """An object inside this one, None when absent or null."""
        value = self.take_optional(key)
        return None if value is None else self.within(value, self.full(key))

    def text(self, key: str, *, longest: int, pattern: str = "", empty: bool = False) -> str:
        """A string of at most `longest` characters that matches the whole pattern."""
        return check_text(self.full(key), self.take(key), longest=longest, pattern=pattern, empty=empty)

    def number(self, key: str, lowest: float, highest: float) -> float:
        """A finite number in the range, ends included."""
        return check_number(self.full(key), self.take(key), lowest, highest)

    def finish(self) -> None:
        """Refuse any field that nobody asked for."""
        for key in self.left:
            refuse(self.full(shown(key).strip('"')), N_("Errors", "is not known in this schema"))


def check_number(name: str, value: object, lowest: float, highest: float) -> float:
    """A finite number in the range, ends included; JSON's true and false are no numbers."""
    if not isinstance(value, bool) and isinstance(value, int | float):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isfinite(number) and lowest <= number <= highest:
            return number
    refuse(
        name,
        N_("Errors", "must be a number from {lowest} to {highest}, not {value}"),
        lowest=f"{lowest:g}",
        highest=f"{highest:g}",
        value=shown(value),
    )


def check_text(name: str, value: object, *, longest: int, pattern: str = "", empty: bool = False) -> str:
    """A string of at most `longest` characters without control characters that matches the pattern."""
    if not isinstance(value, str):
        refuse(name, N_("Errors", "must be text, not {value}"), value=shown(value))
    if len(value) > longest:
        refuse(
            name,
            N_("Errors", "must have at most {longest} characters, not {count}"),
            longest=longest,
            count=len(value),
        )
    if not value and not empty:
        refuse(name, N_("Errors", "must not be empty"))
    if any(unicodedata.category(letter) == "Cc" and letter not in "\n\t" for letter in value):
        refuse(name, N_("Errors", "must not hold control characters"))
    # They can turn the letters of a class's name around, so that another one is read.
    if any(unicodedata.bidirectional(letter) in _TURNING for letter in value):
        refuse(name, N_("Errors", "must not hold characters that change the direction of writing"))
    if any(0xD800 <= ord(letter) <= 0xDFFF for letter in value):
        refuse(name, N_("Errors", "must not hold half a surrogate pair"))
    if pattern and re.fullmatch(pattern, value) is None:
        refuse(name, N_("Errors", "must match {pattern}, not {value}"), pattern=pattern, value=shown(value))
    return value


def load_document(text: str) -> object:
    """Parse JSON strictly: no NaN, no doubled keys, no bottomless nesting.

    Raises ModelError `manifest_invalid`.
    """

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found: dict[str, object] = {}
        for key, value in pairs:
            if key in found:
                refuse(shown(key).strip('"'), N_("Errors", "stands twice in one object"))
            found[key] = value
        return found

    def constant(name: str) -> NoReturn:
        refuse(_WHOLE, N_("Errors", "holds {name}, which is no JSON number"), name=name)

    try:
        document: object = json.loads(text, object_pairs_hook=once, parse_constant=constant)
    except json.JSONDecodeError as fault:
        refuse(
            _WHOLE,
            N_("Errors", "is no valid JSON: {msg} at character {pos}"),
            msg=fault.msg,
            pos=fault.pos,
        )
    except (RecursionError, ValueError):
        # ValueError: a whole number of more digits than Python converts.
        refuse(_WHOLE, N_("Errors", "is no valid JSON: nested too deep or a number too long"))
    return document
