"""ONNX Runtime's official builds report to their maker unless told not to before they load."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

# What switches the reporting off by itself, in automatic builds, and must not do our work here.
_SWITCHES = ("ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS")
_AUTOMATIC = ("CI", "GITHUB_ACTIONS", "TF_BUILD", "GITLAB_CI", "JENKINS_URL", "TEAMCITY_VERSION", "BUILDKITE")

_CLASSIFY = """
import sys
from pathlib import Path
from hematodesk.inference.classify import Classifier
from hematodesk.inference.package import read_package
Classifier(read_package(Path(sys.argv[1])), "cpu")
"""


def _run(code: str, home: Path, *arguments: str, **variables: str) -> None:
    home.mkdir()
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in (*_SWITCHES, *_AUTOMATIC) and not name.startswith("XDG_")
    }
    environment = {**kept, "HOME": str(home), **variables}
    subprocess.run([sys.executable, "-c", code, *arguments], env=environment, check=True, timeout=120)


@pytest.mark.parametrize("wished", [{}, {"ORT_DISABLE_TELEMETRY": "0"}], ids=["unset", "switched on"])
def test_a_session_leaves_no_identifier_or_report_to_be_sent(
    wished: dict[str, str], tmp_path: Path, save: Callable[..., Path]
) -> None:
    home = tmp_path / "home"
    _run(_CLASSIFY, home, str(save()), **wished)
    assert [path for path in home.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("package", ["hematodesk", "export_tools"])
def test_the_switch_is_set_before_any_module_can_load_the_runtime(package: str, tmp_path: Path) -> None:
    code = f"""
import os, {package}
assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"
"""
    _run(code, tmp_path / "home")
