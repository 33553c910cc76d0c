"""`python -m hematodesk` and the installed `hematodesk` command."""

from __future__ import annotations

import sys

from hematodesk.cli import main

if __name__ == "__main__":
    sys.exit(main())
