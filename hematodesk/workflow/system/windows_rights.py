"""Windows: a folder for one user and the system alone, by an access list that what is in it inherits.

Written from Microsoft's documentation of the functions named here; not yet tried on Windows. The list is
protected: nothing is inherited from the folder above.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

_TOKEN_QUERY = 0x8
_TOKEN_USER = 1
_SDDL_REVISION = 1
_FILE_OBJECT = 1
_PROTECTED_DACL = 0x4 | 0x80000000
_LARGEST_TOKEN_USER = 256


def restrict(folder: Path, system: Any = None) -> bool:
    """Set the list; whether Windows took it. A file system without rights (FAT) does not.

    Args:
        system: what has advapi32's and kernel32's functions; those of Windows by default.
    """
    calls = system if system is not None else _System()
    sid = _own_sid(calls)
    if not sid:
        return False
    descriptor = ctypes.c_void_p()
    # All rights, for files and folders below too, for this user and the system.
    words = f"D:P(A;OICI;FA;;;{sid})(A;OICI;FA;;;SY)"
    if not calls.ConvertStringSecurityDescriptorToSecurityDescriptorW(
        words, _SDDL_REVISION, ctypes.byref(descriptor), None
    ):
        return False
    try:
        present, usual, entries = ctypes.c_int(), ctypes.c_int(), ctypes.c_void_p()
        if not calls.GetSecurityDescriptorDacl(
            descriptor, ctypes.byref(present), ctypes.byref(entries), ctypes.byref(usual)
        ):
            return False
        refused = calls.SetNamedSecurityInfoW(
            str(folder), _FILE_OBJECT, _PROTECTED_DACL, None, None, entries, None
        )
        return int(refused) == 0
    finally:
        calls.LocalFree(descriptor)


def _own_sid(calls: Any) -> str:
    """The user of this process as text; empty when Windows does not tell."""
    token = ctypes.c_void_p()
    if not calls.OpenProcessToken(
        ctypes.c_void_p(calls.GetCurrentProcess()), _TOKEN_QUERY, ctypes.byref(token)
    ):
        return ""
    try:
        told = ctypes.create_string_buffer(_LARGEST_TOKEN_USER)
        needed = ctypes.c_uint32()
        if not calls.GetTokenInformation(token, _TOKEN_USER, told, len(told), ctypes.byref(needed)):
            return ""
        # TOKEN_USER begins with the pointer to the SID, which lies behind it in the same buffer.
        sid = ctypes.c_void_p.from_buffer(told)
        words = ctypes.c_wchar_p()
        if not calls.ConvertSidToStringSidW(sid, ctypes.byref(words)):
            return ""
        text = words.value or ""
        calls.LocalFree(words)
        return text
    finally:
        calls.CloseHandle(token)


class _System:
    """The functions, with the types that pointers need on 64 bits."""

    def __init__(self) -> None:
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]
        security = ctypes.WinDLL("advapi32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]
        pointer, word = ctypes.c_void_p, ctypes.c_uint32
        self.GetCurrentProcess = kernel.GetCurrentProcess
        self.GetCurrentProcess.restype = pointer
        self.CloseHandle = kernel.CloseHandle
        self.CloseHandle.argtypes = [pointer]
        self.LocalFree = kernel.LocalFree
        self.LocalFree.argtypes = [pointer]
        self.LocalFree.restype = pointer
        self.OpenProcessToken = security.OpenProcessToken
        self.OpenProcessToken.argtypes = [pointer, word, pointer]
        self.GetTokenInformation = security.GetTokenInformation
        self.GetTokenInformation.argtypes = [pointer, ctypes.c_int, pointer, word, pointer]
        self.ConvertSidToStringSidW = security.ConvertSidToStringSidW
        self.ConvertSidToStringSidW.argtypes = [pointer, pointer]
        made = security.ConvertStringSecurityDescriptorToSecurityDescriptorW
        made.argtypes = [ctypes.c_wchar_p, word, pointer, pointer]
        self.ConvertStringSecurityDescriptorToSecurityDescriptorW = made
        self.GetSecurityDescriptorDacl = security.GetSecurityDescriptorDacl
        self.GetSecurityDescriptorDacl.argtypes = [pointer, pointer, pointer, pointer]
        self.SetNamedSecurityInfoW = security.SetNamedSecurityInfoW
        self.SetNamedSecurityInfoW.argtypes = [
            ctypes.c_wchar_p,
            ctypes.c_int,
            word,
            pointer,
            pointer,
            pointer,
            pointer,
        ]
        self.SetNamedSecurityInfoW.restype = word
