"""Builds OpenCV without FFmpeg, which its extension needs to load but the program never uses.

OpenCV's Linux wheel links FFmpeg for video files, and with it codecs and an OpenSSL that is
no longer maintained: 32 MB that read untrusted formats. They cannot simply be left out, for the loader
wants every library and every symbol version. So each FFmpeg library that the extension itself names is
replaced by one of the same name and version that has the same functions, all of which end the program.
Leaving cv2.VideoCapture to choose its backend would do that; imaging/capture.py always names one.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path, PurePath

Entry = tuple[str, str, str]

_EXTENSION = "cv2/cv2.abi3.so"
_LIBRARIES = "opencv_python_headless.libs/"
_FFMPEG = re.compile(r"^(libavcodec|libavformat|libavutil|libswscale|libavdevice|libswresample)-")
_UNDEFINED = re.compile(r"\*UND\*\s+[0-9a-f]+\s+\(?((?:LIBAV|LIBSW)\w+)\)?\s+(\w+)$", re.MULTILINE)
_NEEDED = re.compile(r"NEEDED\s+(\S+)")


def without_video(entries: Iterable[Entry], folder: Path) -> list[Entry]:
    """The entries with FFmpeg's libraries replaced and without the libraries that only they need.

    On another system than Linux, and without a C compiler and objdump, they come back as they are.

    Args:
        folder: where the replacements are made.
    """
    given = list(entries)
    extension = next((source for name, source, _ in given if PurePath(name).as_posix() == _EXTENSION), None)
    tools = [shutil.which("gcc") or shutil.which("cc"), shutil.which("objdump")]
    if not sys.platform.startswith("linux") or extension is None:
        return given
    if not all(tools):
        sys.stderr.write("No C compiler or no objdump: FFmpeg stays in the program.\n")
        return given
    compiler, objdump = map(str, tools)
    sources = {PurePath(name).name: source for name, source, _ in given if _is_library(name)}
    replaced: dict[str, str] = {}
    for version, functions in called_functions(_output(objdump, "-T", extension)).items():
        name = _library_of(version, sources)
        replaced[name] = str(_replacement(folder, name, version, functions, compiler))
    reached = _reached(extension, sources, replaced, objdump)
    result = []
    for name, source, kind in given:
        file = PurePath(name).name
        if _is_library(name) and file not in reached:
            continue
        result.append((name, replaced.get(file, source) if _is_library(name) else source, kind))
    return result


def called_functions(symbols: str) -> dict[str, list[str]]:
    """FFmpeg's symbol versions and the functions of each, from `objdump -T` of what calls them."""
    found: dict[str, list[str]] = {}
    for version, function in _UNDEFINED.findall(symbols):
        found.setdefault(version, []).append(function)
    return found


def _library_of(version: str, files: Iterable[str]) -> str:
    """The library with that symbol version: LIBAVCODEC_62 is libavcodec-….so.62.… Raises SystemExit."""
    stem, _, number = version.lower().rpartition("_")
    for file in files:
        if _FFMPEG.match(file) and file.startswith(f"{stem}-") and f".so.{number}" in file:
            return file
    raise SystemExit(f"OpenCV calls {version}, but no library of it came with the wheel.")


def _replacement(folder: Path, name: str, version: str, functions: list[str], compiler: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    source, script, target = folder / "functions.c", folder / "versions.map", folder / name
    lines = [f"void {function}(void) {{ abort(); }}" for function in sorted(functions)]
    source.write_text("extern void abort(void);\n" + "\n".join(lines) + "\n", encoding="ascii")
    names = " ".join(f"{function};" for function in sorted(functions))
    script.write_text(f"{version} {{ global: {names} local: *; }};\n", encoding="ascii")
    flags = ["-shared", "-fPIC", "-O1", "-s", f"-Wl,--version-script={script}", f"-Wl,-soname,{name}"]
    subprocess.run([compiler, *flags, "-Wl,--build-id=none", "-o", str(target), str(source)], check=True)
    return target


def _reached(extension: str, sources: dict[str, str], replaced: dict[str, str], objdump: str) -> set[str]:
    """The wheel's libraries that the extension still loads, directly or through another."""
    reached: set[str] = set()
    waiting = [extension]
    while waiting:
        for name in _NEEDED.findall(_output(objdump, "-p", waiting.pop())):
            if name in sources and name not in reached:
                reached.add(name)
                waiting.append(replaced.get(name, sources[name]))
    return reached


def _is_library(name: str) -> bool:
    return PurePath(name).as_posix().startswith(_LIBRARIES)


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
