"""Numbers in the program's plain English; the window takes its plurals from the translations."""

from __future__ import annotations


def number_of(number: int, word: str) -> str:
    """The number and the word: "1 image", "2 images". For words whose plural ends in s."""
    return f"{number} {word}{'' if number == 1 else 's'}"
