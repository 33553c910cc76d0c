"""The middle column: the image with its cells."""
