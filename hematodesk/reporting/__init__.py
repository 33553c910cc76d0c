"""Writes exports for people and other systems."""
