"""Figures and charts of a report."""
