"""Version 1: sessions, images, cells, predictions, reviews, and the list that filters scan."""

from __future__ import annotations

SQL = """
CREATE TABLE session (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    operator TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT NOT NULL DEFAULT '',
    image_count INTEGER NOT NULL DEFAULT 0 CHECK (image_count >= 0)
);

CREATE TABLE image (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id INTEGER NOT NULL REFERENCES session (id),
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    digest TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('ok', 'no_cell', 'error')),
    fault_code TEXT,
    fault_message TEXT,
    fault_remedy TEXT,
    notices TEXT NOT NULL DEFAULT '[]',
    red_cell_diameter REAL,
    elapsed_ms REAL NOT NULL,
    created_at TEXT NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    deleted_at TEXT,
    -- The summary of the cells, rewritten in the transaction that changes one of them.
    cell_count INTEGER NOT NULL DEFAULT 0,
    uncertain_count INTEGER NOT NULL DEFAULT 0,
    labels TEXT NOT NULL DEFAULT '[]',
    confidence REAL,
    review_state TEXT NOT NULL DEFAULT 'none',
    has_note INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX image_session ON image (session_id);
CREATE INDEX image_digest ON image (digest) WHERE deleted_at IS NULL AND digest <> '';
CREATE INDEX image_deleted ON image (deleted_at) WHERE deleted_at IS NOT NULL;

-- One narrow row for each image that is not deleted, for the filters; the most compared column first.
-- status: 0 ok, 1 no_cell, 2 error. review: 0 none, 1 open, 2 partly, 3 done. moment: ms since 1970.
CREATE TABLE listing (
    image_id INTEGER PRIMARY KEY REFERENCES image (id) ON DELETE CASCADE,
    folded_name TEXT NOT NULL,
    labels TEXT NOT NULL,
    review INTEGER NOT NULL,
    uncertain INTEGER NOT NULL,
    status INTEGER NOT NULL,
    moment INTEGER NOT NULL,
    session_id INTEGER NOT NULL
);

-- The folded names of 256 images in one text, a line each: a search reads 4,000 rows for a million.
-- Line n is image id * 256 + n; empty for an image that is not listed.
CREATE TABLE name_block (
    id INTEGER PRIMARY KEY,
    names TEXT NOT NULL
);

-- How many listed images there are of each kind; class_id '' counts each once. day: days since 1970, UTC.
CREATE TABLE tally (
    class_id TEXT NOT NULL,
    day INTEGER NOT NULL,
    status INTEGER NOT NULL,
    review INTEGER NOT NULL,
    uncertain INTEGER NOT NULL,
    images INTEGER NOT NULL,
    PRIMARY KEY (class_id, day, status, review, uncertain)
) WITHOUT ROWID;

-- The lowest and the highest image id of a day, so that a filter by date reads only those.
CREATE TABLE day_span (
    day INTEGER PRIMARY KEY,
    first_id INTEGER NOT NULL,
    last_id INTEGER NOT NULL
);

CREATE TABLE thumbnail (
    image_id INTEGER PRIMARY KEY REFERENCES image (id) ON DELETE CASCADE,
    jpeg BLOB NOT NULL
);

CREATE TABLE cell (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    image_id INTEGER NOT NULL REFERENCES image (id) ON DELETE CASCADE,
    x INTEGER NOT NULL,
    y INTEGER NOT NULL,
    w INTEGER NOT NULL CHECK (w > 0),
    h INTEGER NOT NULL CHECK (h > 0),
    origin TEXT NOT NULL,
    score REAL NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    removed INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1))
);
CREATE INDEX cell_image ON cell (image_id);

-- What made predictions; one row for each package, version, file and provider.
CREATE TABLE maker (
    id INTEGER PRIMARY KEY,
    model TEXT NOT NULL,
    version TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    requested TEXT NOT NULL,
    provider TEXT NOT NULL,
    UNIQUE (model, version, sha256, requested, provider)
);

-- The latest of a cell stands; the earlier ones are kept.
CREATE TABLE prediction (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    cell_id INTEGER NOT NULL REFERENCES cell (id) ON DELETE CASCADE,
    maker_id INTEGER NOT NULL REFERENCES maker (id),
    ranked TEXT NOT NULL,
    uncertain TEXT,
    elapsed_ms REAL NOT NULL,
    created_at TEXT NOT NULL
);
CREATE INDEX prediction_cell ON prediction (cell_id);

-- The latest of a cell stands; a row without a verdict withdraws the one before it.
CREATE TABLE review (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    cell_id INTEGER NOT NULL REFERENCES cell (id) ON DELETE CASCADE,
    verdict TEXT CHECK (verdict IN ('agreed', 'corrected', 'rejected')),
    class_id TEXT,
    operator TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE INDEX review_cell ON review (cell_id);
"""
