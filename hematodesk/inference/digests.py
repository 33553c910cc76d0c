"""The list of digests that shipped packages must match."""

from __future__ import annotations

import re
from pathlib import Path

from hematodesk.domain.errors import ModelError
from hematodesk.domain.messages import N_, Message, reason_of

DIGEST_FILE = "SHA256SUMS"

_MOST_BYTES = 1024 * 1024
_LINE = re.compile(r"([0-9a-f]{64})  ?\*?([^/\\\x00-\x1f]+)")


def read_digests(folder: Path) -> dict[str, str]:
    """File name to SHA-256 (hexadecimal), from the folder's SHA256SUMS in sha256sum's own format.

    Empty when there is no such file. Raises ModelError `digest_mismatch` when the file cannot be
    read or a line of it cannot be understood: a list that says nothing sure proves nothing.
    """
    try:
        with (folder / DIGEST_FILE).open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        return {}
    except OSError as fault:
        raise _bad(N_("Errors", "cannot be read: {reason}"), reason=reason_of(fault)) from None
    if len(data) > _MOST_BYTES:
        raise _bad(N_("Errors", "is too large"))
    try:
        lines = data.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        raise _bad(N_("Errors", "is not text")) from None
    digests: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line)
        if match is None or match[2] in (".", ".."):
            raise _bad(N_("Errors", "is wrong in line {number}"), number=number)
        if digests.setdefault(match[2], match[1]) != match[1]:
            raise _bad(N_("Errors", "names {name} twice"), name=match[2])
    return digests


def _bad(reason: str, /, **data: object) -> ModelError:
    return ModelError(
        "digest_mismatch",
        N_("Errors", "The list of model digests, {name}, {reason}."),
        N_("Errors", "Install the program again."),
        name=DIGEST_FILE,
        reason=Message(reason, **data),
    )
