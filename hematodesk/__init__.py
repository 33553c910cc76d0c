"""hematodesk: names the white cells in blood-cell microscopy images, offline."""

__version__ = "0.1.0"
