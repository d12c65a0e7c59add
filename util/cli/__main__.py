"""`python -m util.cli`."""

import sys

from util.cli import main

if __name__ == "__main__":
    sys.exit(main())
