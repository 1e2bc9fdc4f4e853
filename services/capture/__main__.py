"""`python -m services.capture`: capture in a process of its own; `… probe <url>` only looks at a camera."""

import argparse
import sys

from services.capture import probe
from services.capture.probe_arguments import add_arguments
from services.capture.service import CaptureService
from services.runtime.alone import run_alone
from services.runtime.run import ends


def main() -> int:
    if sys.argv[1:2] == ["probe"]:
        parser = argparse.ArgumentParser(
            prog="nightjar-capture probe", description="Connects to a camera and says what it delivers."
        )
        add_arguments(parser)
        return ends(lambda: probe.main(parser.parse_args(sys.argv[2:])))
    return run_alone("capture", CaptureService)


if __name__ == "__main__":
    sys.exit(main())
