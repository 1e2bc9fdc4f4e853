"""Which numbers of a camera have come: what is new, what came before, and what must be missing."""

from datetime import datetime

from services.contract.frame import FrameId

Number = tuple[int, int]
"""A frame by its capture session and its number in it."""

#: Frames further apart than this say nothing about the camera's rate.
PAUSE_S = 2.0
NONE = range(0)


def number_of(frame: FrameId) -> Number:
    return frame.session, frame.sequence


class Numbers:
    """One camera's live frames by number. Pure.

    `last` is the newest frame; `kept` the last number that belongs to an event; `over` are capture sessions
    that others have followed.
    """

    def __init__(self, kept: Number | None = None) -> None:
        self.last: FrameId | None = None
        self.kept = kept
        self.over: set[int] = set()
        self._start: FrameId | None = None  # of the present run of numbers in a row
        self._before: FrameId | None = None  # what came before that run
        self._step_s = 0.0  # between two frames, an average
        self._captured: list[Number] = []  # the last number that capture gave, in its last two sessions

    def is_new(self, frame: FrameId) -> bool:
        """Not so for a redelivery, for what an event already has, or for a capture session that is over."""
        if not self.is_free(frame):
            return False
        if self.last and frame.session == self.last.session:
            return frame.sequence > self.last.sequence
        return frame.session not in self.over

    def missed(self, frame: FrameId) -> range:
        """The numbers before a new frame that must have been given since the newest one, and did not come."""
        if self.last is None:
            return NONE
        first = self.last.sequence + 1 if self.last.session == frame.session else 1
        return range(first, frame.sequence)

    def came(self, frame: FrameId) -> range:
        """A new frame has come; the numbers that were left out just before it."""
        last, self.last = self.last, frame
        if last is None or last.session != frame.session:
            if last:
                self.over.add(last.session)
            self._start, self._before = frame, last
            return NONE
        step_s = (frame.time - last.time).total_seconds() / (frame.sequence - last.sequence)
        if 0 < step_s < PAUSE_S:
            self._step_s += (step_s - self._step_s) * (0.2 if self._step_s else 1)
        left_out = range(last.sequence + 1, frame.sequence)
        if left_out:
            self._start, self._before = frame, last
        return left_out

    def is_free(self, frame: FrameId) -> bool:
        """Whether no event has it: a frame belongs to one event at most."""
        return self.kept is None or self.kept[0] != frame.session or frame.sequence > self.kept[1]

    def within(self, left_out: range, seconds: float) -> range:
        """Those of the numbers that were captured so soon after the first of them."""
        return left_out[: int(seconds / self._step_s)] if self._step_s else NONE

    def lacking(self, first: FrameId, since: datetime) -> range:
        """The free numbers before `first`, captured since then, that never came: after our start, or lost."""
        if first != self._start or not self._step_s:
            return NONE
        low = max(1, first.sequence - round((first.time - since).total_seconds() / self._step_s))
        for known in (number_of(self._before) if self._before else None, self.kept):
            if known and known[0] == first.session:
                low = max(low, known[1] + 1)
        return range(low, first.sequence)

    def captured(self, session: int, newest: int) -> None:
        """Capture has said the last number that it gave."""
        before = [known for known in self._captured if known[0] != session]
        self._captured = [*before[-1:], (session, newest)]

    def tails(self) -> list[tuple[int, range]]:
        """Of capture's sessions, the newest first, what it has numbered and nobody has brought."""
        return [(session, self.unseen(session, newest)) for session, newest in reversed(self._captured)]

    def unseen(self, session: int, newest: int) -> range:
        """What capture has numbered up to `newest`, and nobody has brought."""
        if self.last is None or self.last.session != session:
            return NONE
        return range(self.last.sequence + 1, newest + 1)
