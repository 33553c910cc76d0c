"""Decides what goes into the frozen program, on plain names and lists, independent of PyInstaller.

The spec passes what PyInstaller found and builds with what is returned. An entry is
PyInstaller's own (name inside the program, file it comes from, kind).
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatch
from pathlib import Path, PurePath

Entry = tuple[str, str, str]

EXCLUDED_MODULES = [
    # Nothing opens a connection; `socket` itself stays because the standard library's email parser,
    # which reads the versions of the parts, imports it.
    "asyncio",
    "ftplib",
    "http",
    "smtplib",
    "socketserver",
    "ssl",
    "webbrowser",
    "xmlrpc",
    # Tests, builds, consoles. Readline's library is also under the GPL.
    "cv2.gapi",
    "distutils",
    "doctest",
    "ensurepip",
    "idlelib",
    "lib2to3",
    "numpy.distutils",
    "numpy.f2py",
    "numpy.testing",
    "onnx",
    "pdb",
    "pip",
    "pkg_resources",
    "psutil",
    "pydoc",
    "pytest",
    "readline",
    "setuptools",
    "test",
    "tkinter",
    "typing_extensions",
    "unittest",
    "venv",
    "wheel",
    # Archives in these formats are never read, and they need two more libraries of the system.
    "_bz2",
    "_lzma",
    "bz2",
    "lzma",
    # Threads do the work here.
    "multiprocessing",
    # Windows of other kinds, and a store of arrays.
    "PIL.ImageQt",
    "PIL.ImageShow",
    "PIL.ImageTk",
    "PIL.ImageWin",
    "tifffile.zarr",
    # Parts of Qt that no window of ours uses.
    "PySide6.QtDBus",
    "PySide6.QtNetwork",
    "PySide6.QtOpenGL",
    "PySide6.QtPrintSupport",
    "PySide6.QtQml",
    "PySide6.QtSql",
    "PySide6.QtSvg",
    "PySide6.QtTest",
]

CODECS = [
    "_ccitt",
    "_cms",
    "_deflate",
    "_imcd",
    "_jpeg2k",
    "_jpeg8",
    "_jpegxl",
    "_lerc",
    "_lzma",
    "_png",
    "_shared",
    "_shared_cython",
    "_webp",
    "_zlib",
    "_zstd",
]
"""Compiled modules of imagecodecs that the readers use; it has some seventy, each loaded when it is named."""

HIDDEN_MODULES = [
    # numpy.random's compiled part imports it.
    "secrets",
    # imagecodecs loads a codec by its name.
    *(f"imagecodecs.{name}" for name in CODECS),
]
"""What only compiled code imports, or what is named while it runs, so that the analysis cannot see it."""

QT_PLUGINS = [
    # Platforms; offscreen for the smoke test and for tests on site.
    "platforms/*qxcb.*",
    "platforms/*qwayland.*",
    "platforms/*qoffscreen.*",
    "platforms/qwindows.*",
    "platforms/*qcocoa.*",
    # Under Wayland: ordinary windows, and frames where the desktop draws none.
    "wayland-shell-integration/*xdg-shell.*",
    "wayland-decoration-client/*",
    # Dead keys and Asian input in notes and names.
    "platforminputcontexts/*composeplatform*",
    "platforminputcontexts/*ibusplatform*",
    # The desktop's own file dialogs, where there is a portal for them.
    "platformthemes/*xdgdesktopportal.*",
    # Thumbnails are JPEG; PNG and BMP are built in, and opened images are OpenCV's to read.
    "imageformats/*qjpeg.*",
    "styles/*",
]
"""Under Qt's plugins folder. Everything else there stays out, and so do the libraries only it needs."""

LINUX_LIBRARIES = [
    "libpython3.*",  # the first: it is loaded by the program itself
    "libcrypto.so.*",
    "libffi.so.*",
    "libsqlite3.so.*",
    # Small ones that few desktops install by themselves. libxkbcommon and its X11 half share memory
    # layouts, so they come together or not at all.
    "libxcb-*.so.*",
    "libxkbcommon.so.*",
    "libxkbcommon-x11.so.*",
]
"""The build machine's own libraries that are brought along. The others (fontconfig, GLib, D-Bus, OpenGL, the
C++ runtime and so on) must be the running system's: they read its files and talk to its drivers."""

RESOURCES_LEFT_OUT = ["translations/*.ts"]
"""The sources of translations."""

MODEL_FILES = ["*.onnx", "*.md", "SHA256SUMS"]

_DISTRIBUTIONS = [
    "imagecodecs",
    "numpy",
    "opencv-python-headless",
    "openslide-bin",
    "openslide-python",
    "pillow",
    "platformdirs",
    "PySide6-Essentials",
    "shiboken6",
    "tifffile",
    "XlsxWriter",
]
"""Their metadata go in: the self-test and error reports name the versions, and licences lie in it."""

PRODUCTS = ("cpu", "cuda")
"""The second is for computers with an NVIDIA card: onnxruntime-gpu, and CUDA and cuDNN beside it."""

CUDA_LIBRARIES = [
    # What ONNX Runtime's CUDA provider loads, by itself or by preload_dlls; on Linux and on Windows.
    "libcublas.so.*",
    "libcublasLt.so.*",
    "libcudart.so.*",
    "libcudnn*.so.*",
    "libcufft.so.*",
    "libcurand.so.*",
    "libnvJitLink.so.*",
    "libnvrtc*.so.*",
    "cublas64_*.dll",
    "cublasLt64_*.dll",
    "cudart64_*.dll",
    "cudnn*64_*.dll",
    "cufft64_*.dll",
    "curand64_*.dll",
    "nvJitLink_*.dll",
    "nvrtc*64_*.dll",
]
"""In NVIDIA's wheels, below nvidia/. They keep their places: preload_dlls looks for them there."""

DRIVER_LIBRARIES = ["libcuda.so*", "libnvidia-*", "libcudadebugger*", "nvcuda*.dll", "nvapi*.dll"]
"""The driver belongs to the computer's card and kernel, and must be the one installed there."""

START_HOOKS_LEFT_OUT = [
    # It loads Qt at every start, also for `--version`, and on Windows before ONNX Runtime, whose
    # libraries are then looked for in the wrong order. PySide6 finds its plugins by itself.
    "pyi_rth_pyside6",
    # For reading one's own source code.
    "pyi_rth_inspect",
]
"""What PyInstaller would run before the program."""

BINARIES_LEFT_OUT = [
    # Windows: OpenGL in software, loaded only by windows that draw with OpenGL; video files and cameras.
    "PySide6/opengl32sw.dll",
    "cv2/opencv_videoio_ffmpeg*.dll",
    # Only CUDA is asked for; TensorRT's own libraries are not there.
    "onnxruntime/capi/*onnxruntime_providers_tensorrt.*",
    # Of Pillow, OpenSlide's interface hands over pixels, and that is all.
    "PIL/_avif.*",
    "PIL/_imagingcms.*",
    "PIL/_imagingft.*",
    "PIL/_imagingmath.*",
    "PIL/_imagingmorph.*",
    "PIL/_imagingtk.*",
    "PIL/_webp.*",
]

_PLUGIN = re.compile(r"^PySide6/(?:Qt/)?plugins/(.+)$")
_TRANSLATION = re.compile(r"^PySide6/(?:Qt/)?translations/(.+)$")
_CODEC = re.compile(r"^imagecodecs/(_\w+)\.[^/]*(?:so|pyd)$")
_WHEELS_LIBRARIES = re.compile(r"^(?:imagecodecs|pillow)\.libs/")
_WITH_SYMBOLS = re.compile(r"^(?:imagecodecs|PIL)/[^/]+\.so$")
_QT_LIBRARY = re.compile(r"^(?:lib)?(?:Qt6|icu|pyside6qml)")
_NOT_METADATA = re.compile(
    r"\.dist-info/(?:RECORD|INSTALLER|REQUESTED|direct_url\.json|sboms/.*|entry_points\.txt)$"
)


def slide_library() -> list[tuple[str, str]]:
    """(file, folder inside) of OpenSlide, which its Python package looks for beside its own code."""
    found = importlib.util.find_spec("openslide_bin")
    if found is None or found.origin is None:
        raise SystemExit("openslide-bin is not installed: packaging/requirements.txt names it.")
    package = Path(found.origin).parent
    names = ("libopenslide.so.1", "libopenslide-1.dll", "libopenslide.1.dylib")
    return [(str(package / name), "openslide_bin") for name in names if (package / name).is_file()]


def program_data(root: Path) -> list[tuple[str, str]]:
    """(file, folder inside) of the models, resources, licence and data of the source tree.

    Raises SystemExit when a model package, the icon or a sample is missing: such a program would
    start and then answer nothing.
    """
    models = [path for path in sorted((root / "models").glob("*")) if _matches(path.name, MODEL_FILES)]
    if not any(path.suffix == ".onnx" for path in models) or root / "models" / "SHA256SUMS" not in models:
        raise SystemExit("models/ holds no model package with its SHA256SUMS: nothing to ship.")
    _check_digests(models)
    found = [(str(path), "hematodesk/_data/models") for path in models]
    for path in sorted((root / "models").glob("*.report/**/*.png")):
        inside = path.relative_to(root / "models").parent
        found.append((str(path), PurePath("hematodesk/_data/models", inside).as_posix()))
    resources = root / "resources"
    for path in sorted(resources.rglob("*")):
        name = path.relative_to(resources).as_posix()
        if path.is_file() and not _matches(name, RESOURCES_LEFT_OUT):
            found.append((str(path), str(PurePath("hematodesk/_data/resources", name).parent)))
    for needed in ("icons/hematodesk.png", "samples"):
        if not (resources / needed).exists():
            raise SystemExit(f"resources/{needed} is missing: nothing to ship.")
    for path in sorted((root / "hematodesk").rglob("*.npz")):
        found.append((str(path), path.parent.relative_to(root).as_posix()))
    found.append((str(root / "LICENSE"), "."))
    return found


def _check_digests(models: Sequence[Path]) -> None:
    """Raise SystemExit for a package that the program would refuse: not listed, or not those bytes."""
    (sums,) = [path for path in models if path.name == "SHA256SUMS"]
    lines = [line.split() for line in sums.read_text(encoding="utf-8").splitlines() if line.strip()]
    listed = {name.lstrip("*"): digest for digest, name in lines}
    for path in models:
        if path.suffix == ".onnx" and listed.get(path.name) != hashlib.sha256(path.read_bytes()).hexdigest():
            raise SystemExit(
                f"models/{path.name} is not in SHA256SUMS as it is: the program would refuse it."
            )


def distributions(product: str) -> list[str]:
    """The wheels whose metadata go into that product."""
    return [*_DISTRIBUTIONS, "onnxruntime-gpu" if product == "cuda" else "onnxruntime"]


def with_cuda(entries: Iterable[Entry], packages: Path) -> list[Entry]:
    """The entries with CUDA's and cuDNN's libraries, each once and in its place, and nothing of a driver.

    Args:
        packages: the folder of installed packages (site-packages), with NVIDIA's below nvidia/.

    Raises SystemExit when there is none, or when a library of a driver was found.
    """
    theirs = {
        path.relative_to(packages).as_posix(): str(path)
        for path in sorted((packages / "nvidia").rglob("*"))
        if path.is_file() and _matches(path.name, CUDA_LIBRARIES)
    }
    if not any("cudnn" in name for name in theirs) or not any("cublas" in name for name in theirs):
        raise SystemExit("NVIDIA's packages are not installed: packaging/requirements-cuda.txt names them.")
    others = [entry for entry in entries if not _matches(PurePath(entry[0]).name, CUDA_LIBRARIES)]
    whole = [*others, *((name, source, "BINARY") for name, source in theirs.items())]
    driver = [name for name, _, _ in whole if _matches(PurePath(name).name, DRIVER_LIBRARIES)]
    if driver:
        raise SystemExit(f"The driver must stay out of the program: {', '.join(driver)}.")
    return whole


def languages(resources: Path) -> set[str]:
    """The languages the program speaks, from its compiled translations: {"en", …}."""
    return {
        path.stem.removeprefix("hematodesk_") for path in (resources / "translations").glob("hematodesk_*.qm")
    }


def chosen_data(entries: Iterable[Entry], spoken: set[str]) -> list[Entry]:
    """The data entries without links, installers' notes, and Qt's texts in languages we do not speak.

    The links stand in the program's root for libraries deeper down. Those find each other by relative
    paths of their own, and a memory stick with FAT holds no links.
    """
    kept = []
    for entry in entries:
        name = PurePath(entry[0]).as_posix()
        if entry[2] == "SYMLINK":
            continue
        translation = _TRANSLATION.match(name)
        if translation is not None:
            base, _, language = PurePath(translation[1]).stem.partition("_")
            if base != "qtbase" or language not in spoken:
                continue
        if _NOT_METADATA.search(name):
            continue
        kept.append(entry)
    return kept


def is_unwanted_plugin(name: str) -> bool:
    """Whether that name inside the program is a Qt plugin that is not in QT_PLUGINS."""
    plugin = _PLUGIN.match(PurePath(name).as_posix())
    return plugin is not None and not _matches(plugin[1], QT_PLUGINS)


def is_unwanted_codec(name: str) -> bool:
    """Whether that name inside the program is a compiled module of imagecodecs that no reader uses."""
    codec = _CODEC.match(PurePath(name).as_posix())
    return codec is not None and codec[1] not in CODECS


def is_system_library(source: str, platform: str = sys.platform, own: Sequence[str] | None = None) -> bool:
    """Whether that file is a library of the build machine's system that must not be brought along.

    Args:
        own: folders of Python's modules and of its packages; the running interpreter's unless given.
    """
    if not platform.startswith("linux") or _matches(PurePath(source).name, LINUX_LIBRARIES):
        return False
    return not any(Path(source).is_relative_to(folder) for folder in (_own_folders() if own is None else own))


def chosen_binaries(
    entries: Iterable[Entry],
    needed_by: Callable[[str], set[str]],
    platform: str = sys.platform,
    own: Sequence[str] | None = None,
) -> list[Entry]:
    """The binary entries without unwanted plugins, what only those need, and system libraries.

    Args:
        needed_by: gives the names of all libraries that a file loads, and that those load, and so on.
    """
    wanted = [
        entry
        for entry in entries
        if not is_unwanted_plugin(entry[0])
        and not is_unwanted_codec(entry[0])
        and not _matches(PurePath(entry[0]).as_posix(), BINARIES_LEFT_OUT)
        and not is_system_library(entry[1], platform, own)
    ]
    needed: set[str] = set()
    for entry in wanted:
        if not _is_only_for_others(entry):
            needed |= needed_by(entry[1])
    return [entry for entry in wanted if not _is_only_for_others(entry) or PurePath(entry[0]).name in needed]


def stripped(entries: Iterable[Entry], folder: Path, own: str = sys.base_prefix) -> list[Entry]:
    """The entries, with Python's libraries and the image modules as copies without debugging symbols.

    Only on Linux, and only the interpreter's, which was perhaps built here, and the compiled modules of
    imagecodecs and Pillow, four fifths of which are symbols; the other wheels' are stripped as far as they
    bear it. Without the `strip` tool the entries come back as they are.
    """
    tool = shutil.which("strip")
    if tool is None or not sys.platform.startswith("linux"):
        return list(entries)
    result = []
    for name, source, kind in entries:
        ours = Path(source).is_relative_to(own) or _WITH_SYMBOLS.match(PurePath(name).as_posix())
        if kind in ("BINARY", "EXTENSION") and ours:
            copy = folder / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy)
            copy.chmod(0o755)
            subprocess.run([tool, "--strip-unneeded", str(copy)], check=True)
            result.append((name, str(copy), kind))
        else:
            result.append((name, source, kind))
    return result


def _is_only_for_others(entry: Entry) -> bool:
    """Whether it is there only because something else loads it: a library of a wheel's or the system's."""
    file = PurePath(entry[0]).name
    if _WHEELS_LIBRARIES.match(PurePath(entry[0]).as_posix()):
        return True
    if entry[2] != "BINARY" or _PLUGIN.match(PurePath(entry[0]).as_posix()):
        return False
    return _QT_LIBRARY.match(file) is not None or _matches(file, LINUX_LIBRARIES[1:])


def _own_folders() -> list[str]:
    paths = sysconfig.get_paths()
    return sorted({paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")})


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)
