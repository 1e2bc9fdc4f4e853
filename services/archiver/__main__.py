"""`python -m services.archiver`: the archiver in a process of its own."""

import sys

from services.archiver.opening import open_archiver
from services.runtime.alone import run_alone
from services.runtime.heaps import give_back, share_heaps

#: That of the first thread, and one for all the others.
HEAPS = 2


def main() -> int:
    share_heaps(HEAPS)
    return run_alone("archiver", open_archiver, [("heap", give_back)])


if __name__ == "__main__":
    sys.exit(main())
