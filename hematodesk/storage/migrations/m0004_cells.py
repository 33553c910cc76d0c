"""Version 4: the list of cells beside that of images."""

from __future__ import annotations

SQL = """
-- One narrow row for each cell that counts: not removed, of an image that is not deleted.
-- label: UTF-8 of the class that stands; empty where the cell is unidentified (nobody has reviewed it, and no
-- model is sure), NULL where a person rejected it as no cell. confidence: of the predicted class, 0 without.
-- A damaged prediction counts as none: it must not keep the whole file from opening.
CREATE TABLE cell_listing (
    cell_id INTEGER PRIMARY KEY REFERENCES cell (id) ON DELETE CASCADE,
    label BLOB,
    confidence REAL NOT NULL,
    reviewed INTEGER NOT NULL
);
INSERT INTO cell_listing
SELECT cell.id,
    CASE WHEN verdict IS NOT NULL THEN CAST(review.class_id AS BLOB)
        WHEN prediction.id IS NULL OR prediction.uncertain IS NOT NULL THEN x''
        WHEN NOT json_valid(ranked) THEN x''
        ELSE coalesce(CAST(json_extract(ranked, '$[0][0]') AS BLOB), x'') END,
    CASE WHEN json_valid(ranked) THEN coalesce(json_extract(ranked, '$[0][1]'), 0) ELSE 0 END,
    verdict IS NOT NULL
FROM listing
JOIN cell ON cell.image_id = listing.image_id
LEFT JOIN prediction ON prediction.id = (SELECT max(id) FROM prediction WHERE cell_id = cell.id)
LEFT JOIN review ON review.id = (SELECT max(id) FROM review WHERE cell_id = cell.id)
WHERE NOT removed;
CREATE INDEX cell_listing_label ON cell_listing (label, confidence, cell_id, reviewed);
"""
