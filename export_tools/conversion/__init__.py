"""Converts model files of other trainers into model packages and verifies the result."""
