"""The schema's history: numbered SQL, frozen once released.

The SQL stands in Python strings, so a wheel and a frozen program find it by import alone. A
released migration is never edited; a change of the schema is a new file with the next number.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from hematodesk.storage.migrations.m0001_first import SQL as FIRST
from hematodesk.storage.migrations.m0002_runs import SQL as RUNS
from hematodesk.storage.migrations.m0003_fault_templates import SQL as FAULT_TEMPLATES
from hematodesk.storage.migrations.m0004_cells import SQL as CELLS
from hematodesk.storage.migrations.m0005_notes import SQL as NOTES

MIGRATIONS: tuple[str, ...] = (FIRST, RUNS, FAULT_TEMPLATES, CELLS, NOTES)
"""Element n-1 leads from schema version n-1 to version n."""


def statements(script: str) -> Iterator[str]:
    """The statements of a script, one by one; `executescript` would commit before it begins.

    Raises ValueError when the last one is not finished.
    """
    pending = ""
    *parts, rest = script.split(";")
    for part in parts:
        pending += part + ";"
        # Incomplete at a semicolon inside a comment, a text or a trigger's body.
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
    if (pending + rest).strip():
        raise ValueError("the script's last statement is not finished")
