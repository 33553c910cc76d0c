"""Exports that a person or another system reads."""
