"""Widgets, colours and words that every feature uses; knows no feature."""
