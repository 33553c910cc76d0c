"""The live picture of a camera or a video."""
