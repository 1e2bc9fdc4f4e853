"""What a camera's thread has to do, in order; not all of it is worth being woken up for."""

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress

Work = Callable[[], None]

#: Nobody is woken up for frames that are not to be looked at, unless so many wait: the broker's window ends.
MOST_WAITING = 10


class Inbox:
    """Filled by any thread and emptied by one. What wakes nobody is done with what comes next, or in time."""

    def __init__(self) -> None:
        self._work: deque[Work] = deque()
        self._silence = threading.Lock()  # released is that somebody has rung, once or more often
        self._silence.acquire()

    def __len__(self) -> int:
        return len(self._work)

    def put(self, work: Work, *, wake: bool = True) -> None:
        self._work.append(work)
        if wake or len(self._work) >= MOST_WAITING:
            self.ring()

    def ring(self) -> None:
        """Whoever waits is to look whether there is something to do."""
        with suppress(RuntimeError):  # it is released: rung, and not heard yet
            self._silence.release()

    def next(self, wait_s: float = 0.0) -> Work | None:
        """What is to be done next. Where nothing is, it waits, at most so long, until somebody rings."""
        if not self._work and wait_s > 0:
            self._silence.acquire(timeout=wait_s)
        return self._work.popleft() if self._work else None
