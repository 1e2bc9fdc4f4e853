"""`python -m services.archiver`: the archiver in a process of its own."""

import sys

from services.archiver.opening import open_archiver
from services.runtime.alone import run_alone


def main() -> int:
    return run_alone("archiver", open_archiver)


if __name__ == "__main__":
    sys.exit(main())
