"""What goes into the frozen program, how its size is judged, and what its smoke test calls strange."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


def load(name: str) -> ModuleType:
    """A module of the packaging folder, which is no package."""
    spec = importlib.util.spec_from_file_location(
        f"hematodesk_packaging_{name}", ROOT / "packaging" / f"{name}.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


contents, size_report, smoke_bench = load("contents"), load("size_report"), load("smoke_bench")
without_video = load("without_video")


def source_tree(root: Path) -> Path:
    for name in (
        "models/wbc4.onnx",
        "models/SHA256SUMS",
        "models/wbc4.md",
        "models/notes.txt",
        "models/wbc4.report/test/confusion.png",
        "models/wbc4.report/test/report.json",
        "resources/icons/hematodesk.png",
        "resources/samples/smear_01_neutrophil.jpg",
        "resources/manual/index.md",
        "resources/manual/pictures/window.png",
        "resources/translations/hematodesk_en.qm",
        "resources/translations/hematodesk_en.ts",
        "hematodesk/imaging/locator.npz",
        "LICENSE",
    ):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    digest = hashlib.sha256(b"").hexdigest()
    (root / "models/SHA256SUMS").write_text(f"{digest}  wbc4.onnx\n")
    return root


def imported_modules() -> set[str]:
    """Every module that the program's sources name in an import, with the packages above it."""
    found: set[str] = set()
    for path in (ROOT / "hematodesk").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module)
                found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def test_the_program_imports_nothing_that_is_left_out():
    imported = imported_modules()
    assert "PySide6.QtWidgets" in imported
    assert not imported & set(contents.EXCLUDED_MODULES)


def test_data_lie_where_the_frozen_program_looks(tmp_path):
    data = {
        (Path(source).relative_to(tmp_path).as_posix(), to)
        for source, to in contents.program_data(source_tree(tmp_path))
    }
    assert data == {
        ("models/wbc4.onnx", "hematodesk/_data/models"),
        ("models/wbc4.md", "hematodesk/_data/models"),
        ("models/SHA256SUMS", "hematodesk/_data/models"),
        ("models/wbc4.report/test/confusion.png", "hematodesk/_data/models/wbc4.report/test"),
        ("resources/icons/hematodesk.png", "hematodesk/_data/resources/icons"),
        ("resources/manual/index.md", "hematodesk/_data/resources/manual"),
        ("resources/manual/pictures/window.png", "hematodesk/_data/resources/manual/pictures"),
        ("resources/samples/smear_01_neutrophil.jpg", "hematodesk/_data/resources/samples"),
        ("resources/translations/hematodesk_en.qm", "hematodesk/_data/resources/translations"),
        ("hematodesk/imaging/locator.npz", "hematodesk/imaging"),
        ("LICENSE", "."),
    }


@pytest.mark.parametrize(
    ("missing", "word"),
    [
        ("models/wbc4.onnx", "model package"),
        ("models/SHA256SUMS", "model package"),
        ("resources/icons/hematodesk.png", "hematodesk.png"),
    ],
)
def test_a_program_that_could_not_answer_is_not_built(tmp_path, missing, word):
    (source_tree(tmp_path) / missing).unlink()
    with pytest.raises(SystemExit, match=word):
        contents.program_data(tmp_path)


@pytest.mark.parametrize("change", ["other bytes", "a package more"])
def test_a_package_that_the_program_would_refuse_is_not_shipped(tmp_path, change):
    models = source_tree(tmp_path) / "models"
    (models / ("wbc4.onnx" if change == "other bytes" else "new.onnx")).write_text("changed")
    with pytest.raises(SystemExit, match="SHA256SUMS"):
        contents.program_data(tmp_path)


def test_only_spoken_languages_of_qt_stay_and_no_links(tmp_path):
    translations = "PySide6/Qt/translations/"
    given = [
        (translations + "qtbase_en.qm", "", "DATA"),
        (translations + "qtbase_de.qm", "", "DATA"),
        (translations + "qtbase_pt_BR.qm", "", "DATA"),
        (translations + "qtdeclarative_en.qm", "", "DATA"),
        ("libQt6Core.so.6", "PySide6/Qt/lib/libQt6Core.so.6", "SYMLINK"),
        ("numpy-2.4.6.dist-info/METADATA", "", "DATA"),
        ("numpy-2.4.6.dist-info/RECORD", "", "DATA"),
        ("hematodesk/_data/models/wbc4.onnx", "", "DATA"),
    ]
    spoken = contents.languages(source_tree(tmp_path) / "resources")
    assert spoken == {"en"}
    kept = [entry[0] for entry in contents.chosen_data(given, spoken | {"pt_BR"})]
    assert kept == [
        translations + "qtbase_en.qm",
        translations + "qtbase_pt_BR.qm",
        "numpy-2.4.6.dist-info/METADATA",
        "hematodesk/_data/models/wbc4.onnx",
    ]


@pytest.mark.parametrize(
    ("name", "unwanted"),
    [
        ("PySide6/Qt/plugins/platforms/libqxcb.so", False),
        ("PySide6/Qt/plugins/platforms/libqwayland.so", False),
        ("PySide6/Qt/plugins/platforms/libqoffscreen.so", False),
        ("PySide6/plugins/platforms/qwindows.dll", False),
        ("PySide6/Qt/plugins/platforms/libqvnc.so", True),
        ("PySide6/Qt/plugins/imageformats/libqjpeg.so", False),
        ("PySide6/Qt/plugins/imageformats/libqpdf.so", True),
        ("PySide6/Qt/plugins/tls/libqopensslbackend.so", True),
        ("PySide6/Qt/plugins/platforminputcontexts/libcomposeplatforminputcontextplugin.so", False),
        ("PySide6/Qt/lib/libQt6Core.so.6", False),
    ],
)
def test_plugins(name, unwanted):
    assert contents.is_unwanted_plugin(name) is unwanted


def test_system_libraries_stay_with_the_system_unless_few_have_them():
    own = ["/opt/python/lib/python3.11", "/venv/lib/python3.11/site-packages"]

    def left_out(source: str, platform: str = "linux") -> bool:
        return contents.is_system_library(source, platform, own)

    assert left_out("/lib/x86_64-linux-gnu/libfontconfig.so.1")
    assert left_out("/lib/x86_64-linux-gnu/libstdc++.so.6")
    assert left_out("/lib/x86_64-linux-gnu/libxcb.so.1")
    assert not left_out("/lib/x86_64-linux-gnu/libxcb-cursor.so.0")
    assert not left_out("/opt/python/lib/libpython3.11.so.1.0")
    assert not left_out("/venv/lib/python3.11/site-packages/cv2/cv2.abi3.so")
    assert not left_out("/opt/python/lib/python3.11/lib-dynload/_sqlite3.so")
    assert not left_out(r"C:\Windows\System32\vcruntime140.dll", "win32")


def test_libraries_that_only_left_out_plugins_need_go_with_them():
    lib = "PySide6/Qt/lib/"
    given = [
        ("PySide6/QtGui.abi3.so", "/v/PySide6/QtGui.abi3.so", "EXTENSION"),
        ("PySide6/Qt/plugins/platforms/libqxcb.so", "/v/libqxcb.so", "BINARY"),
        ("PySide6/Qt/plugins/imageformats/libqpdf.so", "/v/libqpdf.so", "BINARY"),
        (lib + "libQt6Gui.so.6", "/v/libQt6Gui.so.6", "BINARY"),
        (lib + "libQt6Pdf.so.6", "/v/libQt6Pdf.so.6", "BINARY"),
        ("libxcb-cursor.so.0", "/lib/libxcb-cursor.so.0", "BINARY"),
        ("libxcb-glx.so.0", "/lib/libxcb-glx.so.0", "BINARY"),
        ("libpython3.11.so.1.0", "/v/libpython3.11.so.1.0", "BINARY"),
        ("onnxruntime/capi/libonnxruntime_providers_shared.so", "/v/shared.so", "BINARY"),
    ]
    needs = {
        "/v/PySide6/QtGui.abi3.so": {"libQt6Gui.so.6"},
        "/v/libqxcb.so": {"libQt6Gui.so.6", "libxcb-cursor.so.0"},
        "/v/libqpdf.so": {"libQt6Pdf.so.6"},
    }
    kept = contents.chosen_binaries(given, lambda source: needs.get(source, set()), "linux", ["/v"])
    assert [Path(name).name for name, _, _ in kept] == [
        "QtGui.abi3.so",
        "libqxcb.so",
        "libQt6Gui.so.6",
        "libxcb-cursor.so.0",
        "libpython3.11.so.1.0",
        "libonnxruntime_providers_shared.so",
    ]


def test_only_the_codecs_that_readers_use_are_taken_with_their_libraries():
    names = ["imagecodecs/_jpeg8.abi3.so", "imagecodecs/_blosc.abi3.so", "PIL/_imaging.cpython-311.so"]
    names += [
        "PIL/_avif.cpython-311.so",
        "imagecodecs.libs/libjpeg.so.8",
        "imagecodecs.libs/libblosc-2.so.1",
    ]
    given = [(name, f"/v/{name}", "BINARY" if ".libs/" in name else "EXTENSION") for name in names]
    needs = {
        "/v/imagecodecs/_jpeg8.abi3.so": {"libjpeg.so.8"},
        "/v/imagecodecs/_blosc.abi3.so": {"libblosc.so"},
    }
    kept = contents.chosen_binaries(given, lambda source: needs.get(source, set()), "linux", ["/v"])
    assert [name for name, _, _ in kept] == [names[0], names[2], names[4]]


def test_every_codec_that_is_loaded_is_among_those_that_are_taken():
    code = (
        "import sys, hematodesk.imaging.read; from hematodesk.imaging import colour; colour.warm_colour(); "
    )
    code += "print(*(name.partition('.')[2] for name in sys.modules if name.startswith('imagecodecs._')))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "_jpeg8" in told and set(told.split()) == set(contents.CODECS)


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("strip") is None, reason="needs Linux and strip")
def test_image_modules_come_without_symbols(tmp_path):
    import imagecodecs._imcd

    source = Path(imagecodecs._imcd.__file__)
    name = f"imagecodecs/{source.name}"
    given = [(name, str(source), "EXTENSION"), ("cv2/cv2.abi3.so", "/v/cv2.abi3.so", "EXTENSION")]
    changed, other = contents.stripped(given, tmp_path, "/nowhere")
    assert other == given[1] and changed[0] == name
    assert Path(changed[1]).stat().st_size <= source.stat().st_size
    assert b".symtab" not in Path(changed[1]).read_bytes()


def test_sizes_by_component_and_the_limit(tmp_path):
    inside = tmp_path / "_internal"
    for name, size in {
        "cv2/cv2.abi3.so": 700,
        "hematodesk/_data/models/a.onnx": 200,
        "strange.bin": 5,
    }.items():
        (inside / name).parent.mkdir(parents=True, exist_ok=True)
        (inside / name).write_bytes(bytes(size))
    (tmp_path / "hematodesk").write_bytes(bytes(95))
    totals = size_report.sizes(tmp_path)
    assert totals == {
        "OpenCV: cv2": 700,
        "model packages, locator": 200,
        "programs with the Python code": 95,
        "other": 5,
    }
    assert size_report.too_large(totals, 1000) == ""
    assert "all" in list(size_report.check(tmp_path, 1000))[-1]
    with pytest.raises(SystemExit, match="more than"):
        list(size_report.check(tmp_path, 999))


def test_ffmpeg_functions_by_version():
    symbols = """\
0000000000000000      DF *UND*\t0000000000000000 (LIBAVCODEC_62) avcodec_open2
0000000000000000      DF *UND*\t0000000000000000 (LIBAVCODEC_62) av_packet_free
0000000000000000      DF *UND*\t0000000000000000  LIBSWSCALE_9 sws_scale
0000000000000000      DF *UND*\t0000000000000000 (GLIBC_2.14) memcpy
0000000000001000 g    DF .text\t0000000000000040  Base        PyInit_cv2
"""
    assert without_video.called_functions(symbols) == {
        "LIBAVCODEC_62": ["avcodec_open2", "av_packet_free"],
        "LIBSWSCALE_9": ["sws_scale"],
    }


def test_without_opencv_there_is_nothing_to_replace(tmp_path):
    given = [("numpy/core.so", "/v/numpy/core.so", "EXTENSION")]
    assert without_video.without_video(given, tmp_path) == given


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has this variable")
@pytest.mark.parametrize("before", [None, "/opt/theirs"])
def test_what_the_program_opens_gets_the_environment_it_was_started_in(monkeypatch, before):
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/hematodesk/_internal")
    if before is None:
        monkeypatch.delenv("LD_LIBRARY_PATH_ORIG", raising=False)
    else:
        monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", before)
    load("own_environment")
    assert os.environ.get("LD_LIBRARY_PATH") == before
    assert "LD_LIBRARY_PATH_ORIG" not in os.environ


def test_the_smoke_test_lets_only_known_lines_pass():
    said = "This plugin does not support propagateSizeHints()\n\nTraceback (most recent call last):\n"
    assert smoke_bench.unexpected_lines(said, "offscreen") == ["Traceback (most recent call last):"]
    assert len(smoke_bench.unexpected_lines(said, "xcb")) == 2


def test_the_smoke_test_knows_the_samples_classes():
    known = [smoke_bench.expected_class(path.name) for path in (ROOT / "resources" / "samples").iterdir()]
    assert {"eosinophil", "lymphocyte", "monocyte", "neutrophil"} <= set(known)
    assert smoke_bench.expected_class("smear_06_red_cells_only.jpg") is None


def test_the_smoke_test_sees_a_changed_program(tmp_path):
    (tmp_path / "a").write_text("a")
    before = smoke_bench.fingerprint(tmp_path)
    assert smoke_bench.fingerprint(tmp_path) == before
    (tmp_path / "b").write_text("")
    assert smoke_bench.fingerprint(tmp_path) != before


def test_the_archive_is_the_same_for_the_same_files(tmp_path):
    archives = load("archives")
    digests = []
    for number, name in enumerate(("one", "two")):
        folder = tmp_path / name / "hematodesk"
        folder.mkdir(parents=True)
        for file in ("b", "a") if number else ("a", "b"):
            (folder / file).write_text(file)
            os.utime(folder / file, (number, number))
        target = tmp_path / f"{name}.tar.xz"
        archives.pack(folder, target, 1_000_000_000)
        digests.append(target.read_bytes())
        with tarfile.open(target) as packed:
            assert packed.getnames() == ["hematodesk", "hematodesk/a", "hematodesk/b"]
    assert digests[0] == digests[1]


def test_programs_of_a_bare_machine_run_inside_it_without_network(tmp_path):
    traces = tmp_path / "traces"
    traces.mkdir()
    machine = smoke_bench.Machine(Path("/srv/root"), 4711, traces)
    command = machine.command(["/usr/lib/hematodesk/hematodesk", "self-test"], Path("/tmp/a b"))
    assert command[0] == "strace" and command[-2:] == ["/usr/lib/hematodesk/hematodesk", "self-test"]
    after = command[command.index("unshare") :]
    assert after[:2] == ["unshare", "--net"]
    assert after[3:5] == ["--userspec=4711:4711", "/srv/root"]
    assert machine.outside(Path("/usr/lib")) == Path("/srv/root/usr/lib")
    assert smoke_bench.Machine().command(["a"], tmp_path) == ["a"]


def test_an_internet_socket_is_seen_in_a_trace(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))
    bare_machine = load("bare_machine")
    (tmp_path / "000-a.txt").write_text(
        "12 socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0) = 3\n12 execve(...)\n13 socket(AF_INET6, 1, 0) = 4\n"
    )
    assert bare_machine.families(tmp_path) == {"AF_UNIX": 1, "AF_INET6": 1}


def test_an_older_package_differs_in_its_version_alone(tmp_path, monkeypatch):
    if any(shutil.which(tool) is None for tool in ("ar", "dpkg-deb")):
        pytest.skip("Debian packages are made on Debian")
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))
    bare_machine = load("bare_machine")
    root = tmp_path / "root"
    (root / "DEBIAN").mkdir(parents=True)
    words = (
        "Package: hematodesk\nVersion: 1.0\nArchitecture: all\nMaintainer: a <a@localhost>\nDescription: a\n"
    )
    (root / "DEBIAN/control").write_text(words)
    (root / "file").write_text("data")
    deb, work = tmp_path / "new.deb", tmp_path / "work"
    work.mkdir()
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", str(root), str(deb)], check=True)
    made = bare_machine.older(deb, work)
    said = subprocess.run(
        ["dpkg-deb", "--info", str(made)], capture_output=True, text=True, check=True
    ).stdout
    assert "Version: 0.0.9\n" in said
    assert (
        "./file"
        in subprocess.run(["dpkg-deb", "-c", str(made)], capture_output=True, text=True, check=True).stdout
    )


def test_the_capture_check_calls_what_is_there(tmp_path):
    pytest.importorskip("cv2")
    check = load("capture_check")
    # With the wheel's own OpenCV, so that a change of imaging/capture.py is seen before the next release.
    extension = next(Path(importlib.util.find_spec("cv2").origin).parent.glob("cv2*.so"), None)
    if extension is None:
        pytest.skip("only Linux's wheels have this file")
    begin = check._BEGIN.format(root=str(ROOT), extension=str(extension))
    done = check._run(begin + check._VIDEO.format(film=str(tmp_path / "film.avi")))
    assert done.returncode == 0, done.stderr
    assert "an absent camera: camera_absent\n5 frames read" in done.stdout
