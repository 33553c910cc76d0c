"""Trains the network that locates cells, and measures it."""
