"""Version 5: where the notes are, so that a search reads them without reading what has none."""

from __future__ import annotations

SQL = """
-- They hold the texts themselves: a search goes through these few rows and through no wide one.
CREATE INDEX image_noted ON image (id, note) WHERE note <> '';
CREATE INDEX cell_noted ON cell (image_id, note, removed) WHERE note <> '';
"""
