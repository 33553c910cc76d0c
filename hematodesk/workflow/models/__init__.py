"""Which model is in use, and adapting it."""
