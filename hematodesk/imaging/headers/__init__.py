"""What each kind of image file states about itself: one module a format, plain bounds-checked Python."""
