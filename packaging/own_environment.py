"""Runs before the frozen program: gives the environment back as it was before the start.

On Linux the start points LD_LIBRARY_PATH at the program's own libraries. The loader has read it by now;
left there, a file manager or browser that the program opens would load our libraries in place of its own.
"""

import os
import sys

if sys.platform.startswith("linux"):
    before = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
    if before is None:
        os.environ.pop("LD_LIBRARY_PATH", None)
    else:
        os.environ["LD_LIBRARY_PATH"] = before
