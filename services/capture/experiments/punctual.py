"""When a camera that gives a picture whenever it is asked is to be asked: evenly, and at deadlines."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable

Clock = Callable[[], float]

#: Waits are no longer than this, so that a new deadline is heard of.
SLICE_S = 0.2
#: So long before the time sleep gives way to a wait that only looks at the clock: the kernel wakes us late,
#: by up to so much where the other core is busy, and by 0.1 ms as a rule.
SPIN_S = 0.0005
#: How late a sleeper may wake when everything is busy: the last sleep is as short as this.
COARSE_S = 0.005
#: Pictures by which it is judged how long one takes.
LOOK_BACK = 20


def wait_until(
    due_s: float,
    stop: threading.Event,
    clock: Clock = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Returns as soon after `due_s` as the machine allows; False when `stop` is set before."""
    while (rest_s := due_s - clock()) > COARSE_S:
        if stop.wait(rest_s - COARSE_S):
            return False
    if rest_s > SPIN_S:
        sleep(rest_s - SPIN_S)
    while clock() < due_s:
        pass
    return not stop.is_set()


def _sleep(seconds: float, stop: threading.Event) -> bool:
    return not (stop.wait(seconds) if seconds > 0 else stop.is_set())


class Steps:
    """Waits for the next moment at which the camera is to be asked: its own even steps, or a deadline.

    Step n is due n intervals after the first; those that come too late are `missed`, so that none bunch. A
    step so shortly before a deadline that its picture might not be there in time is left to the deadline.
    `next_due_s(after, now)` is the first deadline later than `after` that it makes sense to keep now.
    """

    def __init__(
        self,
        interval_s: float,
        next_due_s: Callable[[float, float], float],
        clock: Clock = time.monotonic,
        wait_until: Callable[..., bool] = wait_until,
    ) -> None:
        self.missed = 0
        self._interval_s = interval_s
        self._next_due_s = next_due_s
        self._clock = clock
        self._wait_until = wait_until
        self._started_s: float | None = None
        self._step = 0
        self._kept_s = 0.0  # the last deadline for which the camera was asked
        self._asked_s: float | None = None
        self._took_s: deque[float] = deque(maxlen=LOOK_BACK)

    def wait(self, stop: threading.Event) -> bool:
        """Waits until the camera is to be asked, the first time at once; False as soon as `stop` is set."""
        now_s = self._clock()
        if self._asked_s is not None:
            self._took_s.append(now_s - self._asked_s)
        self._started_s = now_s if self._started_s is None else self._started_s
        self._leave_out_until(now_s)
        while not stop.is_set():
            now_s = self._clock()
            step_s = self._started_s + self._step * self._interval_s
            deadline_s = self._next_due_s(self._kept_s, now_s)
            kept = step_s + max(self._took_s, default=0.0) >= deadline_s
            due_s = deadline_s if kept else step_s
            if due_s - now_s > SLICE_S:
                stop.wait(SLICE_S - COARSE_S)
                continue
            # Only a deadline is worth the processor time of looking at the clock until it is there.
            if not (self._wait_until(due_s, stop, self._clock) if kept else _sleep(due_s - now_s, stop)):
                return False
            self._asked_s = self._clock()
            if kept:
                self._kept_s = deadline_s
            if step_s <= due_s:
                self._step += 1
            return True
        return False

    def _leave_out_until(self, now_s: float) -> None:
        assert self._started_s is not None
        reached = math.floor((now_s - self._started_s) / self._interval_s)
        self.missed += max(0, reached - self._step)
        self._step = max(reached, self._step)
