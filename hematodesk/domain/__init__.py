"""Cells, predictions, reviews, classes, statistics, errors and limits: plain Python and numpy."""
