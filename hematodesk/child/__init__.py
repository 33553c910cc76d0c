"""Child processes for untrusted input: starting them, confining them, and their messages.

Knows nothing of images or models; other rooms run their own work in a child.
"""
