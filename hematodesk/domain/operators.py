"""Who works with the program."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operator:
    """One person at work.

    Attributes:
        id: what tells the person from others; without accounts it is the name.
        name: what the database, exports and texts say of the person.
    """

    id: str
    name: str

    @classmethod
    def named(cls, name: str) -> Operator:
        """The person of whom only the name is known, which is then the id too."""
        return cls(name, name)
