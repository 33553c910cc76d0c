"""Cameras as values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """A camera that can be asked for: its number, and the name that the system gives it (or nothing)."""

    index: int
    name: str
