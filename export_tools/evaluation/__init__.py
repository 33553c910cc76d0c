"""Measures packages on images that they were not trained on."""
