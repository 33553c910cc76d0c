"""Cells, predictions, reviews, label sets, statistics, errors and limits: plain Python and numpy."""
