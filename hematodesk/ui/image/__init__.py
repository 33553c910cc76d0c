"""The middle column: where images are dropped, and the image with its cells."""
