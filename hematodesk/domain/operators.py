"""Who works with the program."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operator:
    """One person at work.

    Attributes:
        id: what tells the person from others; without accounts it is the name.
        name: what sessions, reviews and reports carry.
    """

    id: str
    name: str
