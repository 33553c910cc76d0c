"""Linux packages of the frozen folder: a .deb, and a portable .tar.gz that keeps its data beside it.

python packaging/linux_packages.py dist/hematodesk --output dist
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PACKAGING = Path(__file__).resolve().parent
ROOT = PACKAGING.parent
sys.path[:0] = [str(PACKAGING), str(ROOT)]

from archives import pack  # noqa: E402

from hematodesk import __version__  # noqa: E402
from hematodesk.domain.image_formats import IMAGE_FORMATS  # noqa: E402
from hematodesk.workflow.system.paths import PORTABLE_MARKER  # noqa: E402

DEPENDS = [
    "libc6 (>= 2.35)",
    "libdbus-1-3",
    "libegl1",
    "libfontconfig1",
    "libfreetype6",
    "libgcc-s1",
    "libgl1",
    # Debian 13 and Ubuntu 24.04 gave it another name.
    "libglib2.0-0t64 | libglib2.0-0",
    "libstdc++6",
    "libwayland-client0",
    "libwayland-cursor0",
    "libx11-6",
    "libx11-xcb1",
    "libxcb1",
    "libzstd1",
    "zlib1g",
]
"""What the program takes from the running system: Qt's libraries, and glibc of the build machine's age."""

DESKTOP = """\
[Desktop Entry]
Type=Application
Name=hematodesk
GenericName=Blood cell images
GenericName[es]=Imágenes de células sanguíneas
Comment=Names the white cells in blood-cell microscopy images, offline
Comment[es]=Nombra los glóbulos blancos en imágenes de microscopía, sin conexión
Exec=hematodesk %F
Icon=hematodesk
Terminal=false
Categories=Science;MedicalSoftware;Education;
Keywords=blood;cell;smear;microscope;haematology;
MimeType={types}
StartupNotify=true
StartupWMClass=hematodesk
"""

CONTROL = """\
Package: hematodesk
Version: {version}
Architecture: {architecture}
Maintainer: The hematodesk authors <hematodesk@localhost>
Installed-Size: {kilobytes}
Depends: {depends}
Section: science
Priority: optional
Description: names white blood cells in microscopy images, offline
 Opens blood-cell images, finds the white cells, shows each one's predicted
 class and confidence, says why, takes corrections, and keeps a local history.
 It never uses the network. For teaching and research; not a medical device.
"""

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def desktop_entry() -> str:
    """The desktop entry, offered for the image formats that are read."""
    return DESKTOP.format(types="".join(f"{each.media_type};" for each in IMAGE_FORMATS.values()))


def make_deb(folder: Path, target: Path, when: int) -> Path:
    """Pack the frozen folder as a Debian package without any maintainer script.

    Args:
        target: the folder for hematodesk_VERSION_ARCH.deb.
        when: the time of all entries, in seconds since 1970.

    Raises FileNotFoundError without dpkg-deb, CalledProcessError when it refuses.
    """
    architecture = _ARCHITECTURES.get(platform.machine(), platform.machine())
    made = target / f"hematodesk_{__version__}_{architecture}.deb"
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "root"
        _lay_out(folder, root)
        size = sum(path.lstat().st_size for path in root.rglob("*") if path.is_file())
        control = root / "DEBIAN"
        control.mkdir()
        sums = [
            f"{hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()}  {path.relative_to(root)}\n"
            for path in sorted(root.rglob("*"))
            if path.is_file() and not path.is_symlink() and control not in path.parents
        ]
        (control / "md5sums").write_text("".join(sums), encoding="utf-8")
        words = CONTROL.format(
            version=__version__,
            architecture=architecture,
            kilobytes=-(-size // 1024),
            depends=", ".join(DEPENDS),
        )
        (control / "control").write_text(words, encoding="utf-8")
        for path in [root, *root.rglob("*")]:
            if not path.is_symlink():
                runs = path.is_dir() or bool(path.stat().st_mode & 0o100)
                path.chmod(0o755 if runs else 0o644)
        target.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, "SOURCE_DATE_EPOCH": str(when)}
        command = ["dpkg-deb", "--root-owner-group", "-Zxz", "-z6", "--build", str(root), str(made)]
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    return made


def _lay_out(folder: Path, root: Path) -> None:
    """The package's files below `root`."""
    program = root / "usr/lib/hematodesk"
    shutil.copytree(folder, program, symlinks=True)
    commands = root / "usr/bin"
    commands.mkdir(parents=True)
    for name in ("hematodesk", "hematodesk-cli"):
        (commands / name).symlink_to(f"../lib/hematodesk/{name}")
    entry = root / "usr/share/applications/hematodesk.desktop"
    entry.parent.mkdir(parents=True)
    entry.write_text(desktop_entry(), encoding="utf-8")
    icon = root / "usr/share/icons/hicolor/256x256/apps/hematodesk.png"
    icon.parent.mkdir(parents=True)
    shutil.copyfile(ROOT / "resources/icons/hematodesk.png", icon)
    papers = root / "usr/share/doc/hematodesk"
    papers.mkdir(parents=True)
    third = folder / "_internal/licences/THIRD-PARTY.txt"
    terms = (ROOT / "LICENSE").read_text(encoding="utf-8")
    inside = third.read_text(encoding="utf-8") if third.is_file() else ""
    where = "The texts named below are in /usr/lib/hematodesk/_internal/licences.\n\n" if inside else ""
    (papers / "copyright").write_text(f"{terms}\n{where}{inside}", encoding="utf-8")
    # Without name and time in its head, so that two builds are the same.
    packed = gzip.compress((ROOT / "CHANGELOG.md").read_bytes(), mtime=0)
    (papers / "changelog.gz").write_bytes(packed)


def make_portable(folder: Path, target: Path, when: int) -> Path:
    """Pack the folder as .tar.gz with the marker that keeps all data beside the program."""
    made = target / f"hematodesk-{__version__}-linux-{platform.machine()}-portable.tar.gz"
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        marker = Path(scratch) / PORTABLE_MARKER
        marker.write_text(
            "While this file lies here, hematodesk keeps its data in the folder beside it.\n",
            encoding="utf-8",
        )
        pack(folder, made, when, [(marker, f"{folder.name}/{PORTABLE_MARKER}")])
    return made


def main() -> int:
    parser = argparse.ArgumentParser(description="Pack the frozen folder for Linux.")
    parser.add_argument("folder", type=Path, help="the frozen program, dist/hematodesk")
    parser.add_argument("--output", type=Path, default=ROOT / "dist")
    options = parser.parse_args()
    when = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    if not (options.folder / "hematodesk").is_file():
        sys.stderr.write(f"{options.folder} is no frozen program: run packaging/build.py first.\n")
        return 2
    try:
        made = [make_portable(options.folder, options.output, when)]
        made.append(make_deb(options.folder, options.output, when))
    except FileNotFoundError as fault:
        sys.stderr.write(f"{fault.filename} is not there: a .deb is made on Debian or Ubuntu, with dpkg.\n")
        return 1
    except subprocess.CalledProcessError as fault:
        return fault.returncode or 1
    for path in made:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        sys.stdout.write(f"{digest}  {path.name}  {path.stat().st_size / 1e6:.1f} MB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
