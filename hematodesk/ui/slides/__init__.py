"""Whole slides: an overview, a magnifier, and the choice of an area to scan."""
