"""`python -m services.gateway`: the gateway in a process of its own."""

import sys

from services.gateway.workers import open_gateway
from services.runtime.alone import run_alone


def main() -> int:
    return run_alone("gateway", open_gateway)


if __name__ == "__main__":
    sys.exit(main())
