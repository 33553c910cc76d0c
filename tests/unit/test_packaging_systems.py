"""What can be checked here of the Windows and macOS packages, and of the program for graphics cards."""

from __future__ import annotations

import importlib
import plistlib
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

from hematodesk import __version__
from hematodesk.domain.image_formats import image_suffixes

ROOT = Path(__file__).parents[2]
ISS = ROOT / "packaging/windows/hematodesk.iss"

SECTIONS = {
    "Setup": None,
    "Languages": {"Name", "MessagesFile"},
    "Tasks": {"Name", "Description", "GroupDescription", "Flags"},
    "InstallDelete": {"Type", "Name"},
    "Files": {"Source", "DestDir", "Flags"},
    "Icons": {"Name", "Filename", "Tasks"},
    "Registry": {"Root", "Subkey", "ValueType", "ValueName", "ValueData", "Flags"},
    "Run": {"Filename", "Description", "Flags"},
}
"""The sections that the installer has, with the parameters that Inno Setup knows there and we use."""

DIRECTIVES = {
    *("AppId", "AppName", "AppVersion", "AppVerName", "AppPublisher", "DefaultDirName", "LicenseFile"),
    *("DisableProgramGroupPage", "PrivilegesRequired", "PrivilegesRequiredOverridesAllowed", "MinVersion"),
    *("ArchitecturesAllowed", "ArchitecturesInstallIn64BitMode", "SetupIconFile", "UninstallDisplayIcon"),
    *("UninstallDisplayName", "VersionInfoProductTextVersion", "OutputDir", "OutputBaseFilename"),
    *("Compression", "SolidCompression", "WizardStyle", "ShowLanguageDialog", "ChangesAssociations"),
    *("CloseApplications", "RestartApplications", "SignTool", "SignedUninstaller"),
}


@pytest.fixture(scope="module")
def packaging() -> dict[str, ModuleType]:
    """The modules of the packaging folder, which is no package and must not stay on the path."""
    names = ("systems", "contents", "size_report", "archives", "build")
    before = list(sys.path)
    sys.path.insert(0, str(ROOT / "packaging"))
    try:
        return {name: importlib.import_module(name) for name in names}
    finally:
        sys.path[:] = before
        for name in names:
            sys.modules.pop(name, None)


def installer_lines() -> list[tuple[str, str]]:
    """(section, line) of the installer script without comments; the preprocessor's lines are expanded."""
    text = ISS.read_text(encoding="utf-8").replace("\\\n", " ")
    section, found = "", []
    for line in text.splitlines():
        if not line.strip() or line.startswith(";"):
            continue
        if line.startswith("["):
            section = line.strip("[]")
        elif line.startswith("#"):
            assert re.match(r"#(define|ifdef|endif|include)\b", line), line
        else:
            found.append((section, line))
    return found


def test_every_line_of_the_windows_installer_is_understood():
    lines = installer_lines()
    assert {section for section, _ in lines} == set(SECTIONS)
    for section, line in lines:
        known = SECTIONS[section]
        if known is None:
            assert line.partition("=")[0] in DIRECTIVES, line
            continue
        assert line.count('"') % 2 == 0, line
        bare = re.sub(r'"(?:[^"]|"")*"', '""', line)
        assert {part.partition(":")[0].strip() for part in bare.split(";")} <= known, line


def test_the_windows_installer_asks_for_no_rights_and_leaves_data_alone():
    setup = dict(line.split("=", 1) for section, line in installer_lines() if section == "Setup")
    assert setup["PrivilegesRequired"] == "lowest"
    assert setup["DefaultDirName"] == r"{autopf}\hematodesk"
    (deleted,) = [line for section, line in installer_lines() if section == "InstallDelete"]
    assert deleted == r'Type: filesandordirs; Name: "{app}\_internal"'
    assert not any("localappdata" in line.lower() for _, line in installer_lines())


def test_the_paths_of_the_windows_installer_are_there(packaging):
    text = ISS.read_text(encoding="utf-8")
    paths = [
        path for path in re.findall(r"(?:=|\")((?:\.\.\\)+[^\s\"{]*)", text) if not path.endswith(r"\dist")
    ]
    assert r"..\..\dist\hematodesk" in paths
    for path in paths:
        place = (ISS.parent / path.replace("\\", "/")).resolve()
        # What the build makes, and what lies in the tree.
        build = packaging["build"]
        made = place in (ROOT / "dist" / build.name_of("cpu"), ROOT / "dist" / build.INSTALLER_FORMATS)
        assert made or place.is_file(), path
    assert __version__ not in text, "the version comes from the program"
    assert f'#include "..\\..\\dist\\{packaging["build"].INSTALLER_FORMATS}"' in text
    offered = re.findall(
        r'^#emit Offer\("(\.\w+)"\)$', packaging["systems"].installer_formats(), re.MULTILINE
    )
    assert set(offered) <= image_suffixes()
    usual = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp"}
    assert usual | {".gif", ".jp2", ".avif"} == set(offered)


def test_the_version_resource_says_the_version(packaging):
    text = packaging["systems"].version_resource("1.20.3", "hematodesk-cli")

    def node(*positional: object, **named: object) -> object:
        return positional or named

    names = ("VSVersionInfo", "StringFileInfo", "StringTable", "VarFileInfo", "VarStruct", "FixedFileInfo")
    read = eval(text, {**dict.fromkeys(names, node), "StringStruct": lambda *pair: pair})
    assert read["ffi"]["filevers"] == (1, 20, 3, 0)
    (((_, strings),),) = read["kids"][0]
    assert dict(strings)["ProductVersion"] == "1.20.3"
    assert dict(strings)["OriginalFilename"] == "hematodesk-cli.exe"


@pytest.mark.parametrize(
    ("version", "numbers"), [("0.1.0", (0, 1, 0, 0)), ("12.3", (12, 3, 0, 0)), ("1.2.3rc4", (1, 2, 3, 0))]
)
def test_versions_become_four_numbers(packaging, version, numbers):
    assert packaging["systems"].version_numbers(version) == numbers


def test_the_windows_manifest_knows_long_paths_and_sharp_screens():
    root = ElementTree.parse(ROOT / "packaging/windows/hematodesk.manifest").getroot()
    said = {node.tag.rpartition("}")[2]: (node.text or "").strip() for node in root.iter()}
    assert (said["longPathAware"], said["dpiAwareness"]) == ("true", "PerMonitorV2")
    (level,) = [node for node in root.iter() if node.tag.endswith("requestedExecutionLevel")]
    assert level.get("level") == "asInvoker"


def test_the_c_runtime_comes_beside_everything_once(packaging):
    given = [
        (r"PySide6\msvcp140.dll", "a", "BINARY"),
        (r"shiboken6\msvcp140.dll", "b", "BINARY"),
        ("vcruntime140.dll", "c", "BINARY"),
        (r"PySide6\vcruntime140.dll", "d", "BINARY"),
        ("numpy.libs/msvcp140-a4c2.dll", "e", "BINARY"),
    ]
    assert packaging["systems"].runtime_beside(given) == [*given, ("msvcp140.dll", "a", "BINARY")]


def test_the_mac_bundle_is_described(packaging):
    written = plistlib.loads(plistlib.dumps(packaging["systems"].information("0.1.0rc1")))
    assert written["CFBundleShortVersionString"] == "0.1.0"
    assert written["NSCameraUsageDescription"] and written["LSMinimumSystemVersion"] == "14.0"
    images = written["CFBundleDocumentTypes"][0]
    assert len(images["LSItemContentTypes"]) == 8 and images["LSHandlerRank"] == "Alternate"
    rights = plistlib.loads((ROOT / "packaging/macos/entitlements.plist").read_bytes())
    assert rights["com.apple.security.device.camera"] is True
    assert not any("network" in right for right in rights)


def test_the_mac_icon_holds_the_pictures(packaging):
    data = packaging["systems"].apple_icon(ROOT / "resources/icons")
    assert data[:4] == b"icns" and struct.unpack(">I", data[4:8])[0] == len(data)
    at, sizes = 8, []
    while at < len(data):
        length = struct.unpack(">I", data[at + 4 : at + 8])[0]
        picture = data[at + 8 : at + length]
        assert picture.startswith(b"\x89PNG")
        sizes.append(struct.unpack(">I", picture[16:20])[0])
        at += length
    assert sizes == [16, 32, 64, 128, 256, 512]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize("script", ["packaging/macos/notarise.sh", "packaging/sign.sh"])
def test_shell_scripts_parse_and_name_files_that_are_there(script):
    path = ROOT / script
    subprocess.run(["bash", "-n", str(path)], check=True)
    for named in re.findall(r"\bpackaging/[\w/.-]+\b", path.read_text(encoding="utf-8")):
        assert (ROOT / named).is_file(), named


def test_cuda_comes_from_its_wheels_and_the_driver_never(packaging, tmp_path):
    contents = packaging["contents"]
    for name in (
        "cu13/lib/libcublas.so.13",
        "cu13/lib/libcublasLt.so.13",
        "cu13/lib/libcudart_static.a",
        "cu13/lib/libnvblas.so.13",
        "cudnn/lib/libcudnn_ops.so.9",
    ):
        (tmp_path / "nvidia" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "nvidia" / name).touch()
    given = [("libcublas.so.13", "/found/by/chance", "BINARY"), ("a.so", "/a.so", "BINARY")]
    made = contents.with_cuda(given, tmp_path)
    assert [name for name, _, _ in made] == [
        "a.so",
        "nvidia/cu13/lib/libcublas.so.13",
        "nvidia/cu13/lib/libcublasLt.so.13",
        "nvidia/cudnn/lib/libcudnn_ops.so.9",
    ]
    with pytest.raises(SystemExit, match="driver"):
        contents.with_cuda([("libcuda.so.1", "/usr/lib/libcuda.so.1", "BINARY")], tmp_path)
    with pytest.raises(SystemExit, match="not installed"):
        contents.with_cuda(given, tmp_path / "nowhere")


def test_the_two_products_differ_in_onnx_runtime_and_size(packaging):
    contents, report = packaging["contents"], packaging["size_report"]
    assert set(contents.distributions("cpu")) ^ set(contents.distributions("cuda")) == {
        "onnxruntime",
        "onnxruntime-gpu",
    }
    assert report.limit("cpu") == 380_000_000 < report.limit("cuda")
    assert packaging["build"].archive_name("cuda").startswith(f"hematodesk-cuda-{__version__}-")
    assert report.component_of("_internal/nvidia/cudnn/lib/libcudnn.so.9") == "CUDA: cuDNN"
    assert report.component_of("_internal/pillow.libs/libjpeg.so.62") == "whole slides: Pillow"
