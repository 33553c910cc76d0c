"""Version 3: what the words of a fault were made of, so that they are told in the reader's language."""

from __future__ import annotations

SQL = """
-- JSON: message and remedy, each a template with its data. NULL without a fault, and where one was saved
-- before: its words stand in fault_message and fault_remedy, and are told as they are.
ALTER TABLE image ADD COLUMN fault_templates TEXT;
"""
