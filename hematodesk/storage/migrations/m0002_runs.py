"""Version 2: batch runs, so that one that was cut off can go on, and which images belong to each."""

from __future__ import annotations

SQL = """
-- roots: JSON, the files and folders that were opened. options: JSON.
-- state: going (or cut off, where nobody holds it), stopped by the person, done.
CREATE TABLE run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    roots TEXT NOT NULL,
    options TEXT NOT NULL,
    model TEXT NOT NULL,
    version TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('going', 'stopped', 'done')),
    total INTEGER,
    done INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    started_at TEXT NOT NULL,
    ended_at TEXT NOT NULL DEFAULT ''
);
CREATE INDEX run_open ON run (state) WHERE state <> 'done';

CREATE TABLE run_image (
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    image_id INTEGER NOT NULL REFERENCES image (id) ON DELETE CASCADE,
    PRIMARY KEY (run_id, image_id)
) WITHOUT ROWID;
CREATE INDEX run_image_image ON run_image (image_id);
"""
