"""Reviews, explanations, comparisons."""
