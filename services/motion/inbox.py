"""What a camera's thread has to do, in order; not all of it is worth being woken up for."""

import contextlib
import queue
from collections import deque
from collections.abc import Callable

Work = Callable[[], None]

#: Nobody is woken up for frames that are not to be looked at, unless so many wait: the broker's window ends.
MOST_WAITING = 10


class Inbox:
    """Filled by any thread and emptied by one. What wakes nobody is done with what comes next, or in time."""

    def __init__(self) -> None:
        self._work: deque[Work] = deque()
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()

    def __len__(self) -> int:
        return len(self._work)

    def put(self, work: Work, *, wake: bool = True) -> None:
        self._work.append(work)
        if wake or len(self._work) >= MOST_WAITING:
            self.ring()

    def ring(self) -> None:
        """Whoever waits is to look whether there is something to do."""
        self._bell.put(None)

    def next(self, wait_s: float = 0.0) -> Work | None:
        """What is to be done next. Where nothing is, it waits, at most so long, until somebody rings."""
        if not self._work and wait_s > 0:
            with contextlib.suppress(queue.Empty):
                self._bell.get(timeout=wait_s)
        return self._work.popleft() if self._work else None
