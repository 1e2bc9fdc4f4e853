"""A service with one of its promises broken, so that the suite can be seen to notice; or with another clock.

python -m tests.faults.broken archiver early-acknowledgement --config nightjar.yaml
"""

import importlib
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from pathlib import Path

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


def another_clock(*, signing: bool = False) -> None:
    """Our clock is wrong by the seconds that stand in the file `FAULTS_CLOCK`, and somebody may set it.

    The store's is wrong by as many; where we are `signing` with the wrong time too, the store's is right.
    """
    importlib.import_module("services.store.s3")  # else only where it is needed
    file, right = Path(os.environ["FAULTS_CLOCK"]), time.time

    def wrong_s() -> float:
        return float(file.read_text() or 0)

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(seconds=wrong_s())

        @classmethod
        def utcnow(cls) -> datetime:  # type: ignore[override]
            return datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=wrong_s())

    time.time = lambda: right() + wrong_s()
    for name, module in list(sys.modules.items()):
        signs = name.startswith(("services.store.s3", "minio."))
        is_to_be_wrong = signing if signs else name.startswith("services.")
        if is_to_be_wrong and getattr(module, "datetime", None) is datetime:
            setattr(module, "datetime", Wrong)  # noqa: B010  (a module's)


BROKEN: dict[str, Callable[[], None]] = {
    "early-acknowledgement": early_acknowledgement,
    "no-repair": no_repair,
    "another-clock": another_clock,
    "another-clock-than-the-store": partial(another_clock, signing=True),
}


def main() -> int:
    service, promise, *rest = sys.argv[1:]
    module = importlib.import_module(f"services.{service}.__main__")
    BROKEN[promise]()
    sys.argv = [f"nightjar-{service}", *rest]
    status: int = module.main()
    return status


if __name__ == "__main__":
    sys.exit(main())
