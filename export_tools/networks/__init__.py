"""The networks, their preprocessing and their weights."""
