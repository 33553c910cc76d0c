"""Build the frozen program, try it, pack it.

    python packaging/build.py [--output DIR] [--product cuda] [--smoke-test] [--archive]

Runs PyInstaller on packaging/hematodesk.spec with the interpreter that runs this, so start it with the
virtual environment's Python after `pip install '.[package]'`.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import subprocess
import sys
from pathlib import Path

PACKAGING = Path(__file__).resolve().parent
ROOT = PACKAGING.parent
sys.path[:0] = [str(PACKAGING), str(ROOT)]

from archives import pack  # noqa: E402
from contents import PRODUCTS  # noqa: E402
from size_report import ARCHIVE_LIMIT_BYTES  # noqa: E402
from systems import installer_formats  # noqa: E402

from hematodesk import __version__  # noqa: E402

INSTALLER_FORMATS = "image-formats.iss"
"""What windows/hematodesk.iss includes, beside the program that it packs."""


def build(output: Path, product: str = "cpu") -> Path:
    """Build a product into that folder; returns the program's.

    Raises CalledProcessError, also when it is too large.
    """
    places = ["--distpath", str(output / "dist"), "--workpath", str(output / "build")]
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", *places]
    # Sets of constants are written in an order that depends on the hash seed; a fixed one makes builds equal.
    environment = {"SOURCE_DATE_EPOCH": "0", **os.environ, "PYTHONHASHSEED": "0"}
    environment["HEMATODESK_PRODUCT"] = product
    subprocess.run([*command, str(PACKAGING / "hematodesk.spec")], check=True, env=environment)
    (output / "dist" / INSTALLER_FORMATS).write_text(installer_formats(), encoding="utf-8")
    return output / "dist" / name_of(product)


def name_of(product: str) -> str:
    """hematodesk, or hematodesk-cuda."""
    return "hematodesk" if product == "cpu" else f"hematodesk-{product}"


def archive_name(product: str = "cpu") -> str:
    """hematodesk-0.1.0-linux-x86_64.tar.xz, for example."""
    return f"{name_of(product)}-{__version__}-{platform.system().lower()}-{platform.machine().lower()}.tar.xz"


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the frozen program.")
    parser.add_argument(
        "--output", type=Path, default=ROOT, help="holds dist/ and build/ (default: the project)"
    )
    parser.add_argument("--product", choices=PRODUCTS, default="cpu", help="cuda: for NVIDIA cards")
    parser.add_argument(
        "--smoke-test", action="store_true", help="run smoke_test.py and capture_check.py on what was built"
    )
    parser.add_argument("--archive", action="store_true", help="also pack it as .tar.xz, which takes minutes")
    options = parser.parse_args()
    output = options.output.resolve()
    try:
        folder = build(output, options.product)
        if options.smoke_test:
            subprocess.run([sys.executable, str(PACKAGING / "smoke_test.py"), str(folder)], check=True)
            if sys.platform.startswith("linux"):
                subprocess.run([sys.executable, str(PACKAGING / "capture_check.py"), str(folder)], check=True)
    except subprocess.CalledProcessError as fault:
        # The failed program has reported the reason.
        return fault.returncode or 1
    if options.archive:
        target = output / "dist" / archive_name(options.product)
        pack(folder, target, int(os.environ.get("SOURCE_DATE_EPOCH", "0")))
        size = target.stat().st_size
        digest = hashlib.sha256(target.read_bytes()).hexdigest()
        sys.stdout.write(f"{digest}  {target.name}\n{size / 1e6:.1f} MB compressed\n")
        if options.product == "cpu" and size > ARCHIVE_LIMIT_BYTES:
            sys.stderr.write(f"The archive is over the {ARCHIVE_LIMIT_BYTES / 1e6:.0f} MB allowed.\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
