"""`python -m services.capture`: capture in a process of its own; `… probe <url>` only looks at a camera."""

import argparse
import sys
from typing import NoReturn

from services.capture import probe
from services.capture.probe_arguments import add_arguments
from services.capture.service import CaptureService
from services.runtime.alone import run_alone
from services.runtime.run import ends, leave


def main() -> NoReturn:
    if sys.argv[1:2] == ["probe"]:
        parser = argparse.ArgumentParser(
            prog="nightjar-capture probe", description="Connects to a camera and says what it delivers."
        )
        add_arguments(parser)
        leave(ends(lambda: probe.main(parser.parse_args(sys.argv[2:]))))
    leave(run_alone("capture", CaptureService))


if __name__ == "__main__":
    main()
