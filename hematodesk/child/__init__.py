"""Child processes for input that nobody vouches for: how they start, what they may do, how they talk.

Knows nothing of images or models; the rooms that do put their own work into a child.
"""
