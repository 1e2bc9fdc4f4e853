"""Frames that did not come are asked for again, and those after them wait: all are looked at in their order.

A broker that lost its volume, or was killed, has forgotten frames that it had acknowledged. What they show,
and whether an event would have begun or gone on in them, only a look at them tells.
"""

from services.contract.frame import Frame
from services.contract.handover import ranges

#: Numbers that are asked for in one gap: the last ones, as many as one request may bring.
MOST_NUMBERS = 2000
MOST_RANGES = 100
#: While nothing comes, the same is asked again after so long, and after so long given up.
AGAIN_S, GIVE_UP_S = 1.0, 6.0


class CatchUp:
    """One camera's frames from a gap in their numbers until it is closed. Pure: the time is given.

    No more than `max_bytes` wait; frames beyond are let go and asked for in their turn.
    """

    def __init__(self, max_bytes: int) -> None:
        self.repaired = 0
        self._max_bytes = max_bytes
        self._session = 0
        self._next = self._end = 0  # the numbers that are not given on yet
        self._frames: dict[int, Frame] = {}
        self._bytes = 0
        self._gone: set[int] = set()
        self._came_s = self._ask_s = 0.0

    @property
    def session(self) -> int:
        return self._session

    @property
    def active(self) -> bool:
        return self._next < self._end

    def begin(self, missed: range, frame: Frame, now_s: float) -> None:
        """`frame` came and the numbers before it did not."""
        self._session, self._came_s, self._ask_s = frame.id.session, now_s, now_s
        self._next = max(missed.start, missed.stop - MOST_NUMBERS)
        self._end = missed.stop
        self.hold(frame)

    def hold(self, frame: Frame) -> None:
        """A live frame of the same session, after the gap."""
        self._end = max(self._end, frame.id.sequence + 1)
        if self._bytes + len(frame.jpeg) <= self._max_bytes:
            self._keep(frame)

    def repair(self, frame: Frame, now_s: float) -> bool:
        """Whether a frame that was given again is one of those that are awaited."""
        if frame.id.session != self._session or frame.id.sequence not in self._awaited():
            return False
        self._keep(frame)
        self.repaired += 1
        self._came_s, self._ask_s = now_s, now_s + AGAIN_S
        return True

    def lost(self, session: int, gone: list[tuple[int, int]]) -> None:
        """Capture no longer has these."""
        if session == self._session:
            self._gone.update(n for n in self._awaited() if any(first <= n <= last for first, last in gone))

    def due(self, now_s: float) -> list[tuple[int, int]]:
        """What to ask for now; what nobody answered is gone."""
        awaited = self._awaited()
        if now_s - self._came_s > GIVE_UP_S:
            self._gone.update(awaited)
            return []
        if not awaited or now_s < self._ask_s:
            return []
        self._ask_s = now_s + AGAIN_S
        return ranges(awaited)[:MOST_RANGES]

    def give_up(self) -> None:
        """Whatever has not come yet will not: another session has begun, or we end."""
        self._gone.update(self._awaited())

    def ready(self) -> Frame | None:
        """The next frame in order, if it is there; None where it is still awaited, or all is done."""
        while self.active:
            frame = self._frames.pop(self._next, None)
            if frame is None and self._next not in self._gone:
                return None
            self._gone.discard(self._next)
            self._next += 1
            if frame:
                self._bytes -= len(frame.jpeg)
                return frame
        return None

    def _keep(self, frame: Frame) -> None:
        if frame.id.sequence not in self._frames and frame.id.sequence >= self._next:
            self._frames[frame.id.sequence] = frame
            self._bytes += len(frame.jpeg)

    def _awaited(self) -> list[int]:
        numbers = range(self._next, self._end)
        return [n for n in numbers if n not in self._frames and n not in self._gone][:MOST_NUMBERS]
