"""Metadata for Windows and macOS: version, manifest, document types, icon.

Plain values and text, made from the one version in hematodesk/__init__.py and the one table of image formats;
the spec and build.py hand them on.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable
from pathlib import Path, PurePath

from hematodesk.domain.image_formats import IMAGE_FORMATS

Entry = tuple[str, str, str]

PUBLISHER = "The hematodesk authors"
DESCRIPTION = "Names white blood cells in microscopy images, offline"
BUNDLE_ID = "org.hematodesk.hematodesk"
MACOS_MINIMUM = "14.0"
"""The oldest macOS that the locked wheels of ONNX Runtime and NumPy are for."""

_RUNTIME = re.compile(r"^(?:msvcp140|vcruntime140|concrt140)(?:_\w+)?\.dll$", re.IGNORECASE)

_ICON_SIZES = {16: b"icp4", 32: b"icp5", 64: b"icp6", 128: b"ic07", 256: b"ic08", 512: b"ic09"}
"""Types of PNG pictures in an .icns file, by size in pixels, as Apple's iconutil writes them."""


def version_numbers(version: str) -> tuple[int, int, int, int]:
    """Four numbers, as Windows wants them: 0.1.0 and 0.1.0rc1 are 0, 1, 0, 0."""
    found = [int(number) for number in re.findall(r"^\d+|(?<=\.)\d+", version)][:4]
    first, second, third, fourth = [*found, 0, 0, 0, 0][:4]
    return first, second, third, fourth


def version_resource(version: str, program: str) -> str:
    """The text of PyInstaller's version file for a program of that name (without .exe)."""
    numbers = version_numbers(version)
    words = {
        "CompanyName": PUBLISHER,
        "FileDescription": DESCRIPTION if program == "hematodesk" else f"{DESCRIPTION} (console)",
        "FileVersion": version,
        "InternalName": program,
        "LegalCopyright": f"{PUBLISHER}, MIT licence",
        "OriginalFilename": f"{program}.exe",
        "ProductName": "hematodesk",
        "ProductVersion": version,
    }
    strings = ", ".join(f"StringStruct({name!r}, {value!r})" for name, value in words.items())
    # 0x409, 0x4B0: texts in English, as Unicode. 0x40004: Windows; 1: a program.
    return (
        f"VSVersionInfo(ffi=FixedFileInfo(filevers={numbers}, prodvers={numbers}, mask=0x3F, flags=0x0, "
        "OS=0x40004, fileType=0x1, subtype=0x0, date=(0, 0)), kids=["
        f"StringFileInfo([StringTable('040904B0', [{strings}])]), "
        "VarFileInfo([VarStruct('Translation', [1033, 1200])])])\n"
    )


def runtime_beside(entries: Iterable[Entry]) -> list[Entry]:
    """The entries, with the C++ runtime that wheels bring also where every library looks for it.

    PySide6's Windows wheels hold Microsoft's msvcp140.dll and its kin for themselves, and ONNX Runtime, which
    needs the same, holds none. Without this the program would depend on what is installed on the computer.
    """
    given = list(entries)
    there = {PurePath(name.replace("\\", "/")).name.lower() for name, _, _ in given if not _folder(name)}
    for name, source, kind in list(given):
        file = PurePath(name.replace("\\", "/")).name
        if _RUNTIME.match(file) and file.lower() not in there:
            there.add(file.lower())
            given.append((file, source, kind))
    return given


def _folder(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[0]


def information(version: str) -> dict[str, object]:
    """The entries of Info.plist in addition to PyInstaller's."""
    return {
        "CFBundleDisplayName": "hematodesk",
        "CFBundleName": "hematodesk",
        "CFBundleShortVersionString": ".".join(str(number) for number in version_numbers(version)[:3]),
        "CFBundleVersion": ".".join(str(number) for number in version_numbers(version)[:3]),
        "CFBundleDocumentTypes": [
            {
                "CFBundleTypeName": "Image",
                "CFBundleTypeRole": "Viewer",
                # Offered under "Open with", never the first choice.
                "LSHandlerRank": "Alternate",
                "LSItemContentTypes": [each.uniform_type for each in IMAGE_FORMATS.values()],
            },
            {
                "CFBundleTypeName": "Folder",
                "CFBundleTypeRole": "Viewer",
                "LSHandlerRank": "None",
                "LSItemContentTypes": ["public.folder"],
            },
        ],
        "LSApplicationCategoryType": "public.app-category.medical",
        "LSMinimumSystemVersion": MACOS_MINIMUM,
        "NSCameraUsageDescription": "To show the live picture of a microscope camera. "
        "Nothing leaves this computer.",
        "NSHighResolutionCapable": True,
        "NSHumanReadableCopyright": f"{PUBLISHER}, MIT licence",
        "NSPrincipalClass": "NSApplication",
    }


def installer_formats() -> str:
    """Lines for the Windows installer: what is offered under "Open with" for which endings."""
    suffixes = [suffix for each in IMAGE_FORMATS.values() for suffix in each.suffixes]
    return "".join(f'#emit Offer("{suffix}")\n' for suffix in suffixes)


def apple_icon(pictures: Path) -> bytes:
    """An .icns file of the PNG pictures hematodesk-16.png to hematodesk-512.png in that folder."""
    parts = b""
    for size, kind in _ICON_SIZES.items():
        data = (pictures / f"hematodesk-{size}.png").read_bytes()
        parts += kind + struct.pack(">I", len(data) + 8) + data
    return b"icns" + struct.pack(">I", len(parts) + 8) + parts
