"""`python -m services.capture`: capture in a process of its own."""

import sys

from services.capture.service import CaptureService
from services.runtime.alone import run_alone


def main() -> int:
    return run_alone("capture", CaptureService)


if __name__ == "__main__":
    sys.exit(main())
