"""The manual's window."""
