"""Qt, and only here: windows, views, item models and the one owner of threads."""
