"""When pictures are due: on absolute deadlines, so that nothing ever adds up to a drift."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Self


@dataclass(frozen=True, slots=True)
class Grid:
    """Deadline n is `start_s + n * interval_s`, on the clock that waits (monotonic, seconds)."""

    start_s: float
    interval_s: float

    @classmethod
    def anchored(cls, start: datetime, interval_s: float, now: datetime, now_s: float) -> Self:
        """The grid that begins at a time of day; from here on a clock that is set moves it no more."""
        return cls(now_s + (start - now).total_seconds(), interval_s)

    @property
    def half_s(self) -> float:
        """A picture further off than this belongs to another deadline."""
        return self.interval_s / 2

    def due_s(self, n: int) -> float:
        return self.start_s + n * self.interval_s

    def first_from(self, time_s: float) -> int:
        """The first deadline that is not before this time; one that is by less than a microsecond counts."""
        return math.ceil((time_s - self.start_s - 1e-6) / self.interval_s)

    def first_after(self, time_s: float) -> int:
        return math.floor((time_s - self.start_s + 1e-6) / self.interval_s) + 1
