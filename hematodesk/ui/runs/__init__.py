"""Runs over many images: batches, watched folders, going on after a cut."""
