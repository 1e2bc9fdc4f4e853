"""`python -m services.gateway`: the gateway in a process of its own."""

import sys

from services.gateway.service import GatewayService
from services.runtime.alone import run_alone


def main() -> int:
    return run_alone("gateway", GatewayService)


if __name__ == "__main__":
    sys.exit(main())
