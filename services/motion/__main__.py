"""`python -m services.motion`: motion in a process of its own."""

import sys

from services.motion.service import MotionService
from services.runtime.alone import run_alone
from services.runtime.heaps import give_back, share_heaps

#: For the links' threads, which take frames in, and the cameras', which let go of them.
HEAPS = 4


def main() -> int:
    share_heaps(HEAPS)
    return run_alone("motion", MotionService, [("heap", give_back)])


if __name__ == "__main__":
    sys.exit(main())
