"""Every limit by name, with its reason."""

from __future__ import annotations

MAX_FILE_BYTES = 512 * 1024 * 1024
"""A 100-megapixel field of 16 bits compresses to less; more is a whole-slide scan."""

MAX_PIXELS = 120_000_000
"""A 100-megapixel stitched field with margin; 3 bytes a pixel make 360 MB, which an old lab PC still has."""

MAX_DIMENSION = 32_767
"""OpenCV's remap and several codecs count pixels in signed 16 bits."""

MIN_DIMENSION = 16
"""Below this no cell can be told; such files are icons or tracking pixels."""

MAX_MODEL_BYTES = 512 * 1024 * 1024
"""VGG16 in float32 is 528 MB with its top and 56 MB without; larger files are not for a lab PC."""

MAX_METADATA_BYTES = 1024 * 1024
"""A package's JSON document with class list and metrics is some kilobytes."""

MAX_CELLS = 500
"""More white cells than any smear field shows; beyond it the picture is not a smear."""

MAX_NOTE_CHARACTERS = 10_000
"""Notes are sentences, not documents."""

MAX_TEXT_CHARACTERS = 65_536
"""A name or path in a file to import: longer than any system's paths."""

MAX_RECORD_CHARACTERS = 32 * 1024 * 1024
"""One image in a file to import: 500 cells with long notes and a thumbnail stay far below."""

MAX_REPORT_IMAGES = 5_000
"""A report is read by a person; more would fill the memory for a file that nobody reads."""

MAX_EMBEDDED_PICTURES = 10_000
"""Small pictures in a workbook: each is kept in memory until the file is closed, and Excel becomes slow."""
