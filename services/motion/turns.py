"""Who may look at a picture now: so many at a time, in the order in which they asked."""

import contextlib
import os
import threading
from collections import deque
from collections.abc import Iterator


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Turns:
    """A semaphore that is fair: under overload each camera gets as many looks as any other.

    More cameras at once than cores would gain nothing, and the system's own scheduling favours some of them.
    """

    def __init__(self, at_a_time: int) -> None:
        self._free = at_a_time
        self._waiting: deque[threading.Event] = deque()
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Waits for a turn and holds it."""
        self._take()
        try:
            yield
        finally:
            self._give_back()

    def _take(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            mine = threading.Event()
            self._waiting.append(mine)
        mine.wait()

    def _give_back(self) -> None:
        """The turn goes to whoever waits longest, so that nobody can slip in between."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1
