"""Holds an event's frames from its opening until the archiver has answered for them.

Nobody else is responsible for a frame meanwhile: it is published on the event's topic, missing numbers are
asked for again, and the list of frames is handed over again and again until an answer comes. All of it goes
over the link that brings the frames: where they come from, there a question is heard.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from services.contract import topics as leaf
from services.contract.events import Missing
from services.contract.frame import Frame, FrameId
from services.contract.handover import FrameRef, Handover, Resend, Resent, ranges
from services.contract.topics import Topics
from services.motion.events import Summary
from services.motion.gaps import Gaps
from services.motion.memory import EventMemory
from services.motion.numbers import Number, number_of
from services.motion.ring import EventFrames
from services.runtime.backoff import Backoff
from services.runtime.mqtt import Link

#: However much is still missing, an ended event is handed over after so long.
REPAIR_S = 30.0
#: A handover is said again after so long, and then ever more rarely.
SAY_AGAIN_S, SAY_AGAIN_CAP_S = 10.0, 300.0
#: Frames given again per step, so that old ones never crowd out live ones.
GIVEN_PER_STEP = 2
MOST_NUMBERS = 2000
MOST_RANGES = 100


@dataclass(slots=True)
class _Held:
    """One event that is not answered yet."""

    since: datetime  # nothing that was captured earlier belongs to it
    handover: Handover | None = None
    gaps: Gaps = field(default_factory=Gaps)
    before: tuple[int, range] = (0, range(0))  # session and numbers that an earlier life of ours published
    unpublished: int = 0
    ended: Summary | None = None
    ended_s: float = 0.0
    again: Backoff = field(default_factory=lambda: Backoff(SAY_AGAIN_S, SAY_AGAIN_CAP_S))
    say_s: float = 0.0


class Custody:
    """One camera's events that the archiver has not answered for.

    Used by the camera's own thread alone; only what the broker has taken is told by the link's.
    """

    def __init__(
        self, camera: str, topics: Topics, *, link: Link, memory: EventMemory, max_bytes: int
    ) -> None:
        self._camera = camera
        self._topics = topics
        self._link = link
        self._memory = memory
        self._frames = EventFrames(max_bytes)
        self._held: dict[str, _Held] = {}
        self._given: dict[tuple[str, Number], Frame] = {}
        self._acks: dict[Number, Callable[[], None]] = {}
        self._lock = threading.Lock()
        self.repaired = self.missing = self.kept = self.dropped = 0

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, event: str) -> bool:
        return event in self._held

    def move(self, link: Link) -> None:
        """The camera's own link has ended: what it could not say, and all the rest, goes over this one."""
        with self._lock:
            leftover = self._link.outbox.leave()
            self._link = link
        for parcel in leftover:
            link.send(parcel.topic, parcel.payload, retain=parcel.retain, on_taken=parcel.on_taken)

    # -- an event's life -------------------------------------------------------------------------------

    def open(self, event: str, reason: str, started: datetime, since: datetime, first: FrameId) -> None:
        """An event begins; it is remembered, so that it ends even if we do not live to see it."""
        self._held[event] = _Held(since)
        self._memory.opened(self._camera, event, reason, started, first)

    def expect(self, event: str, session: int, numbers: range) -> None:
        """These numbers belong to the event too, although nobody has seen them yet."""
        if numbers:
            self._held[event].gaps.expect(session, numbers[0], numbers[-1])

    def take(self, event: str, frame: Frame, ack: Callable[[], None] | None = None) -> None:
        """The frame is the event's: it is kept and published; `ack` is called when the broker has it."""
        held, number = self._held[event], number_of(frame.id)
        held.gaps.arrived(*number)
        self.kept += 1
        with self._lock:
            held.unpublished += 1
            if ack:
                self._acks[number] = ack
        self.dropped += len(self._frames.add(event, frame))
        self._link.send(
            self._topics.event_frames(self._camera, event),
            frame.jpeg,
            on_taken=lambda: self._published(held, number),
        )

    def repair(self, frame: Frame, ack: Callable[[], None]) -> None:
        """A frame comes late or once more; `ack` is called when nothing depends on its delivery any more."""
        number = number_of(frame.id)
        for event, held in self._held.items():
            if held.handover is None and held.gaps.misses(*number):
                if frame.id.time < held.since:  # older than it was taken for
                    held.gaps.arrived(*number)
                    break
                self.repaired += 1
                self.take(event, frame, ack)
                return
        with self._lock:
            if number in self._acks:  # the broker has not taken it yet
                self._acks[number] = ack
                return
        ack()

    def frame(self, event: str, frame: FrameId) -> Frame | None:
        """A frame of an event that is not answered yet; None where memory was too small for it."""
        return self._frames.get(event, *number_of(frame))

    def end(self, summary: Summary, now_s: float) -> None:
        """No more live frames belong to it."""
        held = self._held[summary.event]
        held.ended, held.ended_s = summary, now_s
        self._memory.ended(self._handover(summary, held))

    def restore(self, handovers: list[Handover]) -> None:
        """Takes up events that ended before our start and were not answered."""
        for handover in handovers:
            self._held[handover.event] = _Held(handover.started, handover)

    def resume(self, handover: Handover, until: int) -> None:
        """Goes on with an event that an earlier life left open; all numbers before `until` are published."""
        first = handover.frames[0]
        before = (int(first.session, 16), range(first.sequence, until))
        self._held[handover.event] = _Held(datetime.min.replace(tzinfo=UTC), before=before)

    def answered(self, event: str) -> None:
        """The archiver has spoken: the frames are no longer ours."""
        held = self._held.get(event)
        if held is None or held.handover is None:
            return
        del self._held[event]
        self._given = {key: frame for key, frame in self._given.items() if key[0] != event}
        self._frames.release(event)
        self._memory.answered(self._camera, event)

    def _published(self, held: _Held, number: Number) -> None:
        with self._lock:
            held.unpublished -= 1
            ack = self._acks.pop(number, None)
        if ack:
            ack()

    # -- what is asked ---------------------------------------------------------------------------------

    def resent(self, answer: Resent) -> None:
        """Capture says what it no longer has."""
        for held in self._held.values():
            held.gaps.lost(int(answer.session, 16), answer.gone, "capture no longer has it")

    def ask(self, request: Resend, recent: Callable[[int, int], Frame | None]) -> None:
        """The archiver misses frames: they follow step by step, and what is gone is answered at once."""
        event, session = request.wanted_for, int(request.session, 16)
        gone = []
        for number in sorted(set(request.numbers(MOST_NUMBERS))):
            frame = self._frames.get(event, session, number) or recent(session, number)
            if frame and event in self._held:
                self._given[event, (session, number)] = frame
            else:
                gone.append(number)
        if gone:
            answer = Resent(session=request.session, gone=ranges(gone), wanted_for=event, by="motion")
            self._link.send(self._topics.camera(self._camera, leaf.RESENT), answer.payload())

    # -- time passes -----------------------------------------------------------------------------------

    def step(self, now_s: float) -> None:
        """Asks for what is missing, hands over what is complete, and gives again what was asked for.

        Nothing is said while nobody could hear it.
        """
        if not self._link.connected:
            return
        for key in list(self._given)[:GIVEN_PER_STEP]:
            frame = self._given.pop(key)
            self._link.send(self._topics.event_frames(self._camera, key[0]), frame.jpeg)
        for held in self._held.values():
            if held.handover is None:
                self._ask_for_missing(held, now_s)
                self._hand_over_if_complete(held, now_s)
            if held.handover and now_s >= held.say_s:
                self._say(held.handover)
                held.say_s = now_s + held.again.next()

    def _ask_for_missing(self, held: _Held, now_s: float) -> None:
        for ask in held.gaps.due(now_s):
            request = Resend(
                session=f"{ask.session:016x}",
                ranges=ask.ranges[:MOST_RANGES],
                wanted_for=leaf.LIVE,
                ask="capture",
            )
            self._link.send(self._topics.camera(self._camera, leaf.RESEND), request.payload())

    def _hand_over_if_complete(self, held: _Held, now_s: float) -> None:
        if held.ended is None or held.unpublished:
            return
        if held.gaps.complete or now_s - held.ended_s >= REPAIR_S:
            held.handover = self._handover(held.ended, held)
            self.missing += sum(gap.last - gap.first + 1 for gap in held.handover.missing)
            self._memory.ended(held.handover)

    def _say(self, handover: Handover) -> None:
        self._link.send(self._topics.handover(self._camera, handover.event), handover.payload())

    def _handover(self, summary: Summary, held: _Held) -> Handover:
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
            frames=self._numbers(summary.event, held),
            missing=missing,
            zones=list(summary.zones),
        )

    def _numbers(self, event: str, held: _Held) -> list[FrameRef]:
        """What belongs to the event: what we have or had before, and what may still come."""
        session, before = held.before
        sessions: dict[int, set[int]] = {session: set(before)} if before else {}
        for session, number in [*map(number_of, self._frames.frames(event)), *held.gaps.open()]:
            sessions.setdefault(session, set()).add(number)
        return [
            FrameRef(session=f"{session:016x}", sequence=number)
            for session, numbers in sessions.items()
            for number in sorted(numbers)
        ]
