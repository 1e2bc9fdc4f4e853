"""How many pictures a device may send: a steady rate with a little room for bursts."""

from collections.abc import Callable


class Allowance:
    """So many a second; what was not used is saved for a burst of at most so many. For one event loop."""

    def __init__(self, per_s: float, burst: int, clock: Callable[[], float]) -> None:
        self._per_s, self._burst, self._clock = per_s, float(burst), clock
        self._left, self._counted_s = self._burst, clock()

    def take(self) -> float:
        """Takes one and answers 0; or the seconds until there is one to take."""
        now_s = self._clock()
        self._left = min(self._burst, self._left + (now_s - self._counted_s) * self._per_s)
        self._counted_s = now_s
        if self._left < 1:
            return (1 - self._left) / self._per_s
        self._left -= 1
        return 0.0
