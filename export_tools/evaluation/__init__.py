"""What a package is worth on images that it never saw."""
