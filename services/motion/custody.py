"""Holds an event's frames from its opening until the archiver has answered for them.

Nobody else is responsible for a frame meanwhile: it is published on the event's topic, missing numbers are
asked for again, and the list of frames is handed over again and again until an answer comes.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from services.contract import topics as leaf
from services.contract.events import Missing
from services.contract.frame import Frame, FrameId
from services.contract.handover import FrameRef, Handover, Resend, Resent, ranges
from services.contract.topics import Topics
from services.motion.events import Summary
from services.motion.gaps import Gaps
from services.motion.memory import EventMemory
from services.motion.ring import EventFrames
from services.runtime.backoff import Backoff
from services.runtime.mqtt import Link

log = logging.getLogger(__name__)

#: However much is still missing, an ended event is handed over after so long.
REPAIR_S = 30.0
#: A handover is said again after so long, and then ever more rarely.
SAY_AGAIN_S, SAY_AGAIN_CAP_S = 10.0, 300.0
#: Frames given again per step, so that old ones never crowd out live ones.
GIVEN_PER_STEP = 2
MOST_NUMBERS = 2000


@dataclass(slots=True)
class _Held:
    """One event that is not answered yet."""

    gaps: Gaps = field(default_factory=Gaps)
    sent: int = 0  # counted by the camera's thread
    published: int = 0  # counted by the link's thread
    ended: Summary | None = None
    ended_s: float = 0.0
    handover: Handover | None = None
    again: Backoff = field(default_factory=lambda: Backoff(SAY_AGAIN_S, SAY_AGAIN_CAP_S))
    say_s: float = 0.0


class Custody:
    """One camera's events that the archiver has not answered for. Used by the camera's own thread alone."""

    def __init__(
        self,
        camera: str,
        topics: Topics,
        *,
        link: Link,
        control: Link,
        memory: EventMemory,
        max_bytes: int,
    ) -> None:
        self._camera = camera
        self._topics = topics
        self._link = link
        self._control = control
        self._memory = memory
        self._frames = EventFrames(max_bytes)
        self._held: dict[str, _Held] = {}
        self._given: list[tuple[str, Frame]] = []
        self.repaired = self.missing = self.kept = 0

    def __len__(self) -> int:
        return len(self._held)

    # -- an event's life -------------------------------------------------------------------------------

    def open(self, event: str, reason: str, started: datetime, first: FrameId | None) -> None:
        """An event begins; it is remembered, so that it ends even if we do not live to see it."""
        self._held[event] = _Held()
        if first:
            self._memory.opened(self._camera, event, reason, started, first)

    def expect(self, event: str, session: int, first: int, last: int) -> None:
        """These numbers belong to the event too, although nobody has seen them yet."""
        self._held[event].gaps.expect(session, first, last)

    def take(self, event: str, frame: Frame, on_published: Callable[[], None] = lambda: None) -> None:
        """The frame is the event's: it is published and kept; `on_published` when the broker has it."""
        held = self._held[event]
        held.gaps.arrived(frame.id.session, frame.id.sequence)
        held.sent += 1
        self.kept += 1

        def published() -> None:
            held.published += 1
            on_published()

        self._frames.add(event, frame)
        self._link.send(self._topics.event_frames(self._camera, event), frame.jpeg, on_taken=published)

    def repair(self, frame: Frame) -> bool:
        """A frame that was asked for has come; whether it belonged to one of the events."""
        for event, held in self._held.items():
            if held.handover is None and held.gaps.misses(frame.id.session, frame.id.sequence):
                self.take(event, frame)
                self.repaired += 1
                return True
        return False

    def end(self, summary: Summary, now_s: float) -> None:
        """No more live frames belong to it."""
        held = self._held[summary.event]
        held.ended, held.ended_s = summary, now_s
        self._memory.ended(self._handover(summary, held))

    def restore(self, handovers: list[Handover]) -> None:
        """Takes up events that ended before our start and were not answered."""
        for handover in handovers:
            self._held[handover.event] = _Held(handover=handover)

    def answered(self, event: str) -> None:
        """The archiver has spoken: the frames are no longer ours."""
        if self._held.pop(event, None):
            self._frames.release(event)
            self._memory.answered(self._camera, event)

    # -- what is asked ---------------------------------------------------------------------------------

    def resent(self, answer: Resent) -> None:
        """Capture says what it no longer has."""
        for held in self._held.values():
            held.gaps.lost(int(answer.session, 16), answer.gone, "capture no longer has it")

    def ask(self, request: Resend, recent: Callable[[int, int], Frame | None]) -> Resent | None:
        """The archiver misses frames; the answer names what is gone, None where all of it comes."""
        session = int(request.session, 16)
        gone = []
        for number in request.numbers(MOST_NUMBERS):
            frame = self._frames.get(request.wanted_for, session, number) or recent(session, number)
            if frame:
                self._given.append((request.wanted_for, frame))
            else:
                gone.append(number)
        if not gone:
            return None
        return Resent(session=request.session, gone=ranges(gone), wanted_for=request.wanted_for, by="motion")

    # -- time passes -----------------------------------------------------------------------------------

    def step(self, now_s: float) -> None:
        """Asks for what is missing, hands over what is complete, and gives again what was asked for."""
        for event, frame in self._given[:GIVEN_PER_STEP]:
            self._link.send(self._topics.event_frames(self._camera, event), frame.jpeg)
        del self._given[:GIVEN_PER_STEP]
        for held in self._held.values():
            if held.handover is None:
                self._ask_for_missing(held, now_s)
                self._hand_over_if_complete(held, now_s)
            elif now_s >= held.say_s:
                self._say(held.handover)
                held.say_s = now_s + held.again.next()

    def _ask_for_missing(self, held: _Held, now_s: float) -> None:
        for ask in held.gaps.due(now_s):
            request = Resend(
                session=f"{ask.session:016x}", ranges=ask.ranges[:100], wanted_for=leaf.LIVE, ask="capture"
            )
            self._control.send(self._topics.camera(self._camera, leaf.RESEND), request.payload())

    def _hand_over_if_complete(self, held: _Held, now_s: float) -> None:
        if held.ended is None or held.published < held.sent:
            return
        if held.gaps.complete or now_s - held.ended_s >= REPAIR_S:
            held.handover = self._handover(held.ended, held)
            self.missing += sum(gap.last - gap.first + 1 for gap in held.handover.missing)
            self._memory.ended(held.handover)

    def _say(self, handover: Handover) -> None:
        self._control.send(self._topics.handover(self._camera, handover.event), handover.payload())

    def _handover(self, summary: Summary, held: _Held) -> Handover:
        frames = [
            FrameRef(session=frame.session_hex, sequence=frame.sequence, time=frame.time)
            for frame in self._frames.frames(summary.event)
        ]
        open_numbers = [
            FrameRef(session=f"{session:016x}", sequence=number) for session, number in held.gaps.open()
        ]
        missing = [
            Missing(session=f"{session:016x}", first=first, last=last, why=why)
            for session, (first, last), why in held.gaps.gone()
        ]
        return Handover(
            camera=self._camera,
            event=summary.event,
            reason=summary.reason,
            started=summary.started,
            ended=summary.ended,
            frames=frames + open_numbers,
            missing=missing,
        )
