"""What an earlier life of ours left of a camera's events: it goes on with the next frame, or is ended."""

from collections.abc import Callable
from datetime import datetime, timedelta

from services.contract.frame import FrameId
from services.contract.handover import Handover
from services.motion.custody import Custody
from services.motion.events import GO_ON, EventMachine
from services.motion.memory import EventMemory, closed_before, goes_on
from services.motion.numbers import Numbers
from services.motion.voice import Voice


class LeftOver:
    """One camera's events that were not answered for, or still open, when that life ended.

    `is_owed_elsewhere` says of an unanswered event whether somebody else here cares for it.
    """

    def __init__(
        self,
        camera: str,
        memory: EventMemory,
        *,
        machine: EventMachine,
        custody: Custody,
        numbers: Numbers,
        voice: Voice,
        is_owed_elsewhere: Callable[[str], bool],
    ) -> None:
        self._camera, self._memory = camera, memory
        self._machine, self._custody, self._numbers, self._voice = machine, custody, numbers, voice
        self._is_owed_elsewhere = is_owed_elsewhere
        self._open: list[Handover] = []
        self._cut_short: tuple[str, datetime] | None = None

    def take_up(self) -> None:
        """Before the first frame."""
        left = self._memory.left_over(self._camera)
        ended, self._open = (
            [each for each in part if not self._is_owed_elsewhere(each.event)] for part in left
        )
        self._custody.restore(ended)
        self._numbers.kept = self._memory.kept(self._camera)
        self._numbers.over = self._memory.over(self._camera)
        self._cut_short = self._memory.going_on(self._camera)

    def is_older(self, frame: FrameId) -> bool:
        """Whether the frame is from before the event that was left open.

        A broker that was killed may be back at an older state, and gives it once more.
        """
        firsts = [handover.frames[0] for handover in self._open]
        return any(first.session == frame.session_hex and frame.sequence < first.sequence for first in firsts)

    def close(self, first_unseen: FrameId | None, longest: timedelta) -> None:
        """Goes on with what was left, at the first frame that comes, or ends it where that is long ago.

        No event is `longest`; without a frame none came.
        """
        if first_unseen and self._cut_short:
            (reason, at), self._cut_short = self._cut_short, None
            if timedelta() <= first_unseen.time - at <= longest:
                self._machine.trigger(reason, GO_ON.total_seconds(), first_unseen.time)
        for handover in self._open:
            if first_unseen and goes_on(handover, first_unseen, longest) and not self._machine.event:
                self._resume(handover, first_unseen)
                continue
            closed = closed_before(handover, first_unseen, longest)
            self._memory.ended(closed)
            self._custody.restore([closed])
            self._voice.closed(closed)
            self._numbers.kept = self._memory.kept(self._camera)
        self._open = []

    def _resume(self, handover: Handover, first_unseen: FrameId) -> None:
        """Under the same id, so that a frame which comes once more is the same object once more."""
        until = first_unseen.time + GO_ON
        self._machine.resume(handover.event, handover.reason, handover.started, until)
        self._custody.resume(handover, first_unseen.sequence)
        self._numbers.kept = (first_unseen.session, first_unseen.sequence - 1)
