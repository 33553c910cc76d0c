"""The left column: the history's list, its maintenance and restoring."""
