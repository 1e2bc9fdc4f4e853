"""`python -m services.motion`: motion in a process of its own."""

import sys

from services.motion.service import MotionService
from services.runtime.alone import run_alone


def main() -> int:
    return run_alone("motion", MotionService)


if __name__ == "__main__":
    sys.exit(main())
