"""The history: SQLite, frozen migrations, backup. The only room that imports sqlite3."""
