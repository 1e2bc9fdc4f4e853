"""When the next picture is due: even steps on absolute deadlines, and a limit for eager cameras."""

import math
import threading
import time
from collections.abc import Callable
from typing import Protocol

Clock = Callable[[], float]  # seconds, never going back

_FORGIVEN_S = 1.0  # further behind than this (a suspended laptop), missed pictures are not made up for


class Pace:
    """Even steps in real time that do not drift: step n is due n intervals after the first."""

    def __init__(self, fps: float, clock: Clock = time.monotonic) -> None:
        self._interval_s = 1.0 / fps
        self._clock = clock
        self._started_s: float | None = None
        self._steps = 0

    def wait(self, stop: threading.Event) -> bool:
        """Waits until the next step is due, the first at once; False as soon as `stop` is set."""
        now = self._clock()
        if self._started_s is None or now - self._due_s(self._started_s) > _FORGIVEN_S:
            self._started_s, self._steps = now, 0
        wait_s = self._due_s(self._started_s) - now
        self._steps += 1
        return not (stop.wait(wait_s) if wait_s > 0 else stop.is_set())

    def _due_s(self, started_s: float) -> float:
        return started_s + self._steps * self._interval_s


class FpsLimit:
    """Lets through at most so many pictures a second, as evenly as they come; 0 lets all through."""

    def __init__(self, max_fps: float, clock: Clock = time.monotonic) -> None:
        self._interval_s = 1.0 / max_fps if max_fps > 0 else 0.0
        self._clock = clock
        self._due_s = float("-inf")

    def allows(self) -> bool:
        """Whether the picture that comes now is taken."""
        now = self._clock()
        if now < self._due_s - 0.05 * self._interval_s:  # a little early is jitter, not too many
            return False
        on_schedule = self._due_s + self._interval_s
        self._due_s = on_schedule if on_schedule > now else now + self._interval_s
        return True


class Steps(Protocol):
    """When a camera that gives a picture whenever it is asked is to be asked."""

    missed: int

    def wait(self, stop: threading.Event) -> bool:
        """Waits until the next step is due, the first at once; False as soon as `stop` is set."""
        ...


StepsOf = Callable[[float], Steps]
"""The steps of so many seconds each."""


class Beat:
    """Even steps for what may take long: step n is due n intervals after the first.

    One that is late comes at once; those whose successor is due already are `missed`, so that none bunch.
    """

    def __init__(self, interval_s: float, clock: Clock = time.monotonic) -> None:
        self.missed = 0
        self._interval_s = interval_s
        self._clock = clock
        self._started_s: float | None = None
        self._step = 0

    def wait(self, stop: threading.Event) -> bool:
        """Waits until the next step is due, the first at once; False as soon as `stop` is set."""
        now = self._clock()
        self._started_s = now if self._started_s is None else self._started_s
        reached = math.floor((now - self._started_s) / self._interval_s)
        self.missed += max(0, reached - self._step)
        self._step = max(reached, self._step)
        wait_s = self._started_s + self._step * self._interval_s - now
        self._step += 1
        return not (stop.wait(wait_s) if wait_s > 0 else stop.is_set())
