"""Clocks that a test moves, and frames with a number and a time."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from services.capture.experiments.nearest import Taken
from services.contract.frame import Frame, FrameId

START = datetime(2026, 11, 20, 8, 30, 0, tzinfo=UTC)
SESSION = 7


def at(time_s: float) -> datetime:
    return START + timedelta(seconds=time_s)


@dataclass
class World:
    """Seconds on the clock that waits, from 1000; the time of day is START then, and can be set."""

    time_s: float = 0.0
    set_by_s: float = 0.0

    def clock(self) -> float:
        return 1000.0 + self.time_s

    def now(self) -> datetime:
        return at(self.time_s + self.set_by_s)


@dataclass
class Stop(threading.Event):
    """Waiting on it takes no time but the world's; so does each look at the clock, a little."""

    world: World = field(default_factory=World)
    waits: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.waits.append(timeout)
        self.world.time_s += timeout
        return self.is_set()


def frame(sequence: int, time_s: float, size: int = 10) -> Frame:
    return Frame(FrameId("yard", SESSION, sequence, at(time_s)), bytes([sequence % 256]) * size)


def taken(sequence: int, time_s: float) -> Taken:
    """On a clock that begins with 0."""
    return Taken(frame(sequence, time_s), time_s)
