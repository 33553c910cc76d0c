"""The workflow that makes a release, and the sums that it publishes."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORKFLOW = (ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8")


def jobs() -> dict[str, str]:
    """Each job's text, by name, read by indentation: no YAML library is at hand."""
    _, _, text = WORKFLOW.partition("\njobs:\n")
    parts = re.split(r"(?m)^  (\w+):\n", text)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_the_workflow_is_laid_out_as_yaml():
    assert "\t" not in WORKFLOW
    block = None
    for line in WORKFLOW.splitlines():
        indent = len(line) - len(line.lstrip())
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if block is not None and indent > block:
            continue
        block = indent if re.search(r"(run|path): [|>]$", line) else None
        assert indent % 2 == 0, line
        assert re.match(r"\s*(- )?([\w-]+:( .+)?|\S.*)$", line), line
        assert re.match(r"\s*(- )?[\w-]+:(\s|$)", line), f"neither a key nor a block: {line}"


def test_three_systems_build_from_the_lock_try_pack_and_upload():
    found = jobs()
    assert set(found) == {"linux", "windows", "macos"}
    for text in found.values():
        assert "pip install --require-hashes --only-binary :all: -r packaging/requirements.txt" in text
        assert "packaging/build.py --smoke-test" in text
        assert "sbom.cdx.json" in text and "packaging/sign.sh dist" in text and "dist/SHA256SUMS" in text
        assert "if-no-files-found: error" in text
    assert "packaging/linux_packages.py" in found["linux"] and "bare_machine.py" in found["linux"]
    assert "packaging/windows/hematodesk.iss" in found["windows"]
    assert "plutil -lint" in found["macos"]


def test_the_workflow_names_files_that_are_there_and_no_host():
    named = set(re.findall(r"\b(?:packaging|resources)/[\w/.-]+\b", WORKFLOW))
    assert {"packaging/sign.sh", "packaging/build.py"} <= named
    for name in named:
        assert (ROOT / name).exists(), name
    assert not re.search(r"https?://|pypi|--index", WORKFLOW)
    assert all(re.fullmatch(r"actions/[\w-]+@v\d+", used) for used in re.findall(r"uses: (\S+)", WORKFLOW))


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="needs sha256sum and bash")
def test_sums_of_packages_are_written_and_hold(tmp_path):
    for name in ("b.deb", "a.tar.gz", "notes.txt"):
        (tmp_path / name).write_text(name)
    subprocess.run(["bash", str(ROOT / "packaging/sign.sh"), str(tmp_path)], check=True, capture_output=True)
    sums = (tmp_path / "SHA256SUMS").read_text()
    assert [line.split()[1] for line in sums.splitlines()] == ["a.tar.gz", "b.deb"]
    check = ["sha256sum", "--check", "SHA256SUMS"]
    assert subprocess.run(check, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "b.deb").write_text("changed")
    assert subprocess.run(check, cwd=tmp_path, capture_output=True, check=False).returncode == 1


@pytest.mark.skipif(shutil.which("gpg") is None, reason="needs gpg")
def test_the_sums_are_signed_with_the_publishers_key(tmp_path, monkeypatch):
    keys, dist = tmp_path / "keys", tmp_path / "dist"
    keys.mkdir(mode=0o700)
    dist.mkdir()
    (dist / "a.deb").write_text("a")
    monkeypatch.setenv("GNUPGHOME", str(keys))
    key = ["gpg", "--batch", "--quiet", "--passphrase", "", "--quick-gen-key", "test@localhost", "ed25519"]
    subprocess.run(key, check=True, capture_output=True)
    try:
        sign = ["bash", str(ROOT / "packaging/sign.sh"), str(dist), "test@localhost"]
        subprocess.run(sign, check=True, capture_output=True)
        verify = ["gpg", "--batch", "--verify", "SHA256SUMS.asc", "SHA256SUMS"]
        assert subprocess.run(verify, cwd=dist, capture_output=True, check=False).returncode == 0
        (dist / "SHA256SUMS").write_text("other")
        assert subprocess.run(verify, cwd=dist, capture_output=True, check=False).returncode != 0
    finally:
        subprocess.run(["gpgconf", "--kill", "all"], check=False)
