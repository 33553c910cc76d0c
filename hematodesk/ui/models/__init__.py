"""Model packages: list, cards, comparing, adapting."""
