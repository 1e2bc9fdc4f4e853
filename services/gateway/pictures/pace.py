"""No more than so many pictures a second for one viewer."""

from collections.abc import Callable


class Pace:
    """How long to wait so that no more than one frame goes out per interval."""

    def __init__(self, interval_s: float, clock: Callable[[], float]) -> None:
        self._interval_s = interval_s
        self._clock = clock
        self._due = clock()

    def wait_s(self) -> float:
        """Seconds until the next frame is due. One that came late does not make the next one early."""
        now = self._clock()
        wait_s = max(self._due - now, 0.0)
        self._due = max(self._due, now) + self._interval_s
        return wait_s
