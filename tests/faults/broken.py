"""A service with one of its promises broken, so that the suite can be seen to notice.

python -m tests.faults.broken archiver early-acknowledgement --config nightjar.yaml
"""

import importlib
import sys

from services.archiver import frames
from services.capture import ring as capture_ring
from services.motion import ring as motion_ring
from services.runtime.mqtt import Delivery


def early_acknowledgement() -> None:
    """The archiver acknowledges a frame as soon as it has it, before anybody has stored it."""
    take = frames.FrameIntake.take

    def acknowledging(self: frames.FrameIntake, delivery: Delivery) -> None:
        delivery.ack()
        take(self, delivery)

    frames.FrameIntake.take = acknowledging  # type: ignore[method-assign]


def no_repair() -> None:
    """Whoever is asked for a frame again says that it is gone."""
    for holder in (capture_ring.Ring, motion_ring.Ring, motion_ring.EventFrames):
        setattr(holder, "get", lambda *_: None)  # noqa: B010  (a method is replaced)


BROKEN = {"early-acknowledgement": early_acknowledgement, "no-repair": no_repair}


def main() -> int:
    service, promise, *rest = sys.argv[1:]
    BROKEN[promise]()
    sys.argv = [f"nightjar-{service}", *rest]
    status: int = importlib.import_module(f"services.{service}.__main__").main()
    return status


if __name__ == "__main__":
    sys.exit(main())
