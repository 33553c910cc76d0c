"""Model files of other trainers into model packages: reading, guessing, converting, proving."""
