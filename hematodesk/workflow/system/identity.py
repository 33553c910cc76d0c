"""Who is at work and where the system's folders are, asked of the system and not of the environment.

Variables such as USER or PROGRAMDATA belong to whoever starts a program. What a policy rests on is asked of
the password database, and on Windows of the shell and the security subsystem.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from pathlib import Path
from typing import Any

_PROGRAM_DATA = "62AB5D82-FDC1-4DC3-A9DD-070D1D065D97"
_PROFILE = "5E6C858F-0E22-4760-9AFE-EA3317B67173"
_LOCAL_APP_DATA = "F1B32785-6FBA-4FCF-9D55-7B8E7F157091"
_LONGEST_NAME = 257

_VARIABLE = re.compile(r"\$(\w+)|\$\{(\w+)\}|%(\w+)%")


def login_name() -> str:
    """The name of the person whose process this is. Raises OSError when the system knows none."""
    if sys.platform == "win32":
        buffer = ctypes.create_unicode_buffer(_LONGEST_NAME)
        size = ctypes.c_ulong(_LONGEST_NAME)
        if not ctypes.WinDLL("advapi32").GetUserNameW(buffer, ctypes.byref(size)):  # type: ignore[attr-defined,unused-ignore]
            raise OSError("the system tells no user's name")
        return buffer.value
    return str(_entry().pw_name)


def home_folder() -> Path:
    """That person's home folder. Raises OSError."""
    return known_folder(_PROFILE) if sys.platform == "win32" else Path(_entry().pw_dir)


def program_data() -> Path:
    """Windows: the folder of data that all users' programs share. Raises OSError."""
    return known_folder(_PROGRAM_DATA)


def known_folder(identifier: str, shell: Any = None, ole: Any = None) -> Path:
    """Windows: a known folder by its GUID (SHGetKnownFolderPath). Raises OSError."""
    from uuid import UUID

    shell = shell if shell is not None else ctypes.WinDLL("shell32")  # type: ignore[attr-defined,unused-ignore]
    ole = ole if ole is not None else ctypes.WinDLL("ole32")  # type: ignore[attr-defined,unused-ignore]
    given = (ctypes.c_ubyte * 16).from_buffer_copy(UUID(identifier).bytes_le)
    found = ctypes.c_void_p()
    outcome = shell.SHGetKnownFolderPath(ctypes.byref(given), 0, None, ctypes.byref(found))
    try:
        if outcome != 0 or not found.value:
            raise OSError(f"the system does not know the folder {identifier}")
        return Path(ctypes.wstring_at(found.value))
    finally:
        ole.CoTaskMemFree(found)


def expanded(path: str) -> str:
    """The path with `~` at its beginning and the variables filled in that name a person.

    `$NAME`, `${NAME}` and `%NAME%` with USER, USERNAME, LOGNAME, HOME, USERPROFILE, on Windows LOCALAPPDATA
    and PROGRAMDATA too; the environment is not asked.

    Raises ValueError with the name of another variable; OSError.
    """
    makers = {
        **dict.fromkeys(("USER", "USERNAME", "LOGNAME"), login_name),
        **dict.fromkeys(("HOME", "USERPROFILE"), home_folder),
    }
    if sys.platform == "win32":
        makers |= {"LOCALAPPDATA": lambda: known_folder(_LOCAL_APP_DATA), "PROGRAMDATA": program_data}

    def filled(match: re.Match[str]) -> str:
        name = next(each for each in match.groups() if each is not None)
        maker = makers.get(name.upper())
        if maker is None:
            raise ValueError(name)
        return str(maker())

    rest = path[1:]
    if path.startswith("~") and (not rest or rest[0] in {os.sep, os.altsep}):
        return str(home_folder()) + _VARIABLE.sub(filled, rest)
    return _VARIABLE.sub(filled, path)


def _entry() -> Any:
    import pwd

    try:
        return pwd.getpwuid(os.getuid())
    except KeyError:
        raise OSError("the system knows no user of this number") from None
