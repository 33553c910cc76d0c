"""Qt, and only here: windows, views, item models and the one owner of threads."""

from hematodesk.ui.kit.overrides import guard_overrides

guard_overrides()
