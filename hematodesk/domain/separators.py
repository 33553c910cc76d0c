"""What parts the columns of a table as text, declared once for window and command line."""

from __future__ import annotations

from enum import StrEnum


class Separator(StrEnum):
    """What parts the columns, and with it what marks the decimals.

    A spreadsheet takes what its country's settings say. Where decimals are marked with a comma (German,
    French, Spanish), columns are parted by semicolons, and 0.97 is a text or a date: there numbers are
    written with a comma, as R's write.csv2 does. Programs read the other two.
    """

    COMMA = "comma"
    SEMICOLON = "semicolon"
    TAB = "tab"

    @property
    def character(self) -> str:
        """What stands between two columns."""
        return {"comma": ",", "semicolon": ";", "tab": "\t"}[self]

    @property
    def decimal(self) -> str:
        """What marks a number's decimals."""
        return "," if self is Separator.SEMICOLON else "."


def usual_separator(decimal_point: str) -> Separator:
    """That of spreadsheets where decimals are marked so."""
    return Separator.SEMICOLON if decimal_point == "," else Separator.COMMA
