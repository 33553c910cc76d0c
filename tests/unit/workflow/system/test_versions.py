"""Which versions of the libraries are named."""

from __future__ import annotations

from importlib import metadata

import pytest

from hematodesk.workflow.system.versions import library_versions


def test_onnx_runtime_for_graphics_cards_counts_and_a_missing_library_is_named(monkeypatch):
    there = {"onnxruntime-gpu": "1.31", "numpy": "2.4"}

    def version(name: str) -> str:
        if name not in there:
            raise metadata.PackageNotFoundError(name)
        return there[name]

    monkeypatch.setattr(metadata, "version", version)
    assert library_versions() == [
        ("numpy", "2.4"),
        ("onnxruntime-gpu", "1.31"),
        ("opencv-python-headless", ""),
        ("PySide6-Essentials", ""),
    ]


def test_what_is_installed_is_found():
    pytest.importorskip("onnxruntime")
    assert dict(library_versions())["numpy"]
