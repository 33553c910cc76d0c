"""The window's frame: puts the features together."""
