"""The commands' door: it opens without TensorFlow, and says what is wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from export_tools.__main__ import main


def test_every_command_is_listed_without_loading_tensorflow() -> None:
    script = (
        "import sys; from export_tools.__main__ import main\n"
        "try: main(['--help'])\n"
        "except SystemExit as end: code = end.code\n"
        "assert not {'tensorflow', 'keras', 'torch', 'matplotlib'} & set(sys.modules), 'loaded too early'\n"
        "sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    for name in ("train", "calibrate", "convert", "evaluate", "phantom", "locate-report", "data-report"):
        assert name in done.stdout


def test_wrong_usage_ends_with_2() -> None:
    with pytest.raises(SystemExit) as end:
        main(["convert"])
    assert end.value.code == 2


def test_a_package_that_is_missing_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "nowhere.onnx", "nowhere"]) == 1
    assert "nowhere.onnx" in capsys.readouterr().err


def test_a_library_that_is_not_installed_is_told_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["evaluate", "m.onnx", str(tmp_path), "--output", str(tmp_path / "r")]) == 1
    told = capsys.readouterr().err
    assert told.startswith("evaluate: matplotlib is not installed.") and "'.[export]'" in told
