"""The charts and tables beside a package: what is shown, what comes along, what does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from hematodesk.inference.report_folder import copy_report, remove_report, report_folder, report_parts

PNG = b"\x89PNG\r\n\x1a\n"


def put(package: Path, *names: str, content: bytes = PNG) -> None:
    for name in names:
        path = report_folder(package) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def told(package: Path) -> list[tuple[str, str, str, bool]]:
    return [(each.section, each.kind, each.of, each.picture) for each in report_parts(package)]


def test_parts_come_section_by_section_in_the_order_to_read_them(tmp_path: Path) -> None:
    package = tmp_path / "mine-1.0.0.onnx"
    assert report_parts(package) == ()
    put(package, "test/risk_coverage.png", "test/confusion.png", "training/confusion_held_out.png")
    put(package, "training/curves.png", "training/classification_held_out.txt", "other.png")
    assert told(package) == [
        ("", "other", "", True),
        ("test", "confusion", "", True),
        ("test", "risk_coverage", "", True),
        ("training", "curves", "", True),
        ("training", "confusion", "held_out", True),
        ("training", "classification", "held_out", False),
    ]


@pytest.mark.parametrize("name", ["report.json", "run.exe", "a b.png", ".hidden.png", "deep/er/still.png"])
def test_other_files_and_other_names_are_none_of_it(tmp_path: Path, name: str) -> None:
    package = tmp_path / "mine.onnx"
    put(package, name)
    assert report_parts(package) == ()


def test_nothing_large_empty_or_linked(tmp_path: Path) -> None:
    package = tmp_path / "mine.onnx"
    put(package, "empty.png", content=b"")
    put(package, "large.txt", content=b"x" * 65_000)
    (tmp_path / "secret.png").write_bytes(PNG)
    (report_folder(package) / "link.png").symlink_to(tmp_path / "secret.png")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret.png").write_bytes(PNG)
    (report_folder(package) / "folder").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert report_parts(package) == ()
    put(package, *(f"chart{number}.png" for number in range(100)))
    assert len(report_parts(package)) == 80


def test_a_linked_report_is_none(tmp_path: Path) -> None:
    package = tmp_path / "mine.onnx"
    put(tmp_path / "other.onnx", "secret.png", "letters/secret.txt")
    report_folder(package).symlink_to(tmp_path / "other.report", target_is_directory=True)
    assert report_parts(package) == ()


def test_it_is_copied_and_removed_with_its_package(tmp_path: Path) -> None:
    source, target = tmp_path / "from" / "mine.onnx", tmp_path / "to" / "mine-1.0.0-00ff.onnx"
    put(source, "training/curves.png", "training/report.json", "confusion.png")
    copy_report(source, target)
    assert told(target) == told(source)
    assert not (report_folder(target) / "training" / "report.json").exists()
    remove_report(target)
    assert not report_folder(target).exists()
    assert len(told(source)) == 2
    remove_report(target)
