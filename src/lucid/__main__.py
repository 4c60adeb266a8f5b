"""``python -m lucid demo`` and ``python -m lucid info``."""

import sys

from lucid.cli import main

if __name__ == "__main__":
    sys.exit(main())
