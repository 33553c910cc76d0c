"""Exports, imports and the history's maintenance."""
