"""The right column: the answer, its review, and why."""
