"""Decisions become events: when one opens, which frames belong to it, when it ends.

Pure: no clock, disk or network. A frame belongs to one event at most. All times are capture times.
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from services.contract.frame import FrameId
from services.contract.settings import MotionSettings
from services.motion.detector import Box, Decision
from services.motion.visits import Visits, ZoneMotion

#: The reason of an event that motion opened.
MOTION = "motion"
UPDATE_EVERY = timedelta(seconds=1)
# A camera's clock that goes back further than this was set; nothing before it compares with what follows.
CLOCK_WAS_SET = timedelta(seconds=1)
# The camera was not away so long, or the event had ended: its clock was set forward.
CLOCK_JUMPED = timedelta(seconds=10)
#: Between two looks it moves as at the first of them; after so long nobody knows.
UNTOLD = timedelta(seconds=2)
#: An event that was cut short goes on for so long: a detector that begins anew cannot tell what moves.
GO_ON = timedelta(seconds=3)
# Frames that stop coming for so long beyond the post-roll will not come.
PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class EventSettings:
    """How long an event is, in seconds."""

    pre_roll: float = 3
    post_roll: float = 5
    cool_down: float = 0
    max_length: float = 300

    @classmethod
    def of(cls, motion: MotionSettings) -> "EventSettings":
        return cls(motion.pre_roll, motion.post_roll, motion.cool_down, motion.max_length)


@dataclass(frozen=True, slots=True)
class Summary:
    """An event so far: the motion itself, or the recorded time where an event has none."""

    event: str
    reason: str
    started: datetime
    ended: datetime
    score: float
    peak: float
    # Where it moved when it moved most.
    boxes: tuple[Box, ...]
    # The frame that makes the best snapshot; None where nothing moved.
    best: FrameId | None
    # The zones in which something moved, and which were entered and left since the last such summary.
    zones: tuple[str, ...] = ()
    entered: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        return (self.ended - self.started).total_seconds()


@dataclass(frozen=True, slots=True)
class Opened:
    """An event opens; the frames from `since` on that came before its first `Keep` are its pre-roll."""

    event: str
    reason: str
    time: datetime
    since: datetime
    # What was seen in it: nothing where somebody asked for the event.
    score: float = 0.0
    boxes: tuple[Box, ...] = ()
    zones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Keep:
    """This frame belongs to the event."""

    event: str
    frame: FrameId


@dataclass(frozen=True, slots=True)
class Motion:
    """Motion is ON or OFF from this time on."""

    on: bool
    time: datetime


@dataclass(frozen=True, slots=True)
class Updated:
    """What is known of an event in which it moves, at most once a second."""

    summary: Summary


@dataclass(frozen=True, slots=True)
class Ended:
    """The event is over: no more of its frames are to come, apart from repairs."""

    summary: Summary


Action = Opened | Keep | Motion | ZoneMotion | Updated | Ended


@dataclass(slots=True)
class _Event:
    id: str
    reason: str
    opened: datetime
    # The event goes on until then, whatever moves.
    until: datetime
    next_update: datetime
    last: datetime
    first_motion: datetime | None = None
    last_motion: datetime | None = None
    score: float = 0.0
    peak: float = 0.0
    # Where it moved most, and where it moves now.
    boxes: tuple[Box, ...] = ()
    now: tuple[Box, ...] = ()
    best: FrameId | None = None
    quality: float = 0.0
    zones: set[str] = field(default_factory=set)
    # Since the last summary.
    entered: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def enter(self, zones: Iterable[str]) -> None:
        self.zones.update(zones)
        self.entered += [zone for zone in zones if zone not in self.entered]

    def visit(self, changes: Iterable[ZoneMotion]) -> None:
        """Zones were entered and left."""
        self.enter([change.zone for change in changes if change.on])
        self.left += [change.zone for change in changes if not change.on and change.zone not in self.left]

    def see(self, frame: FrameId, decision: Decision) -> None:
        self.score, self.now = decision.score, decision.boxes
        if not decision.moving:
            return
        self.first_motion = self.first_motion or frame.time
        self.last_motion = frame.time
        if decision.boxes and decision.score >= self.peak:
            self.peak, self.boxes = decision.score, decision.boxes
        if self.best is None or decision.best > self.quality:
            self.best, self.quality = frame, decision.best

    def update(self) -> Summary:
        """What is known now, and where it moves now."""
        return replace(self.summary(), boxes=self.now)

    def summary(self) -> Summary:
        """What is known; what was entered and left is told once."""
        entered, left = tuple(self.entered), tuple(self.left)
        self.entered, self.left = [], []
        return Summary(
            event=self.id,
            reason=self.reason,
            started=self.first_motion or self.opened,
            ended=self.last_motion or self.last,
            score=self.score,
            peak=self.peak,
            boxes=self.boxes,
            best=self.best,
            zones=tuple(sorted(self.zones)),
            entered=entered,
            left=left,
        )


class EventMachine:
    """One camera's events. Every method answers with what is to be done, in order."""

    def __init__(
        self,
        settings: EventSettings | None = None,
        new_suffix: Callable[[], str] = lambda: secrets.token_hex(2),
    ) -> None:
        self.settings = settings or EventSettings()
        self._new_suffix = new_suffix
        self._event: _Event | None = None
        self._on = False
        self._visits = Visits()
        self._last: FrameId | None = None
        self._kept: datetime | None = None
        self._wanted: tuple[str, datetime] | None = None
        self._moving_at: datetime | None = None  # when the last look saw motion
        self._idle_since_s: float | None = None

    @property
    def event(self) -> str | None:
        """The open event's id."""
        return self._event.id if self._event else None

    def needs_frames(self, now: datetime) -> bool:
        """Whether an event is open, or waits for a frame to begin with."""
        return self._event is not None or (self._wanted is not None and now <= self._wanted[1])

    def configure(self, settings: EventSettings, *, detecting: bool = True) -> None:
        """Other settings from the next frame on, for the open event too; who does not look sees no motion."""
        self.settings = settings
        if not detecting:
            self._moving_at = None

    def frame(self, frame: FrameId, decision: Decision | None) -> list[Action]:
        """A live frame, with what the detector said, or None where it was not asked.

        A frame that came before (a redelivery) changes nothing.
        """
        last = self._last
        if last and last.session == frame.session and frame.sequence <= last.sequence:
            return []
        actions: list[Action] = []
        if last and frame.time < last.time - CLOCK_WAS_SET:
            cut_short = self._event
            actions += self.close()
            self._kept = None
            if cut_short:
                actions += self._open(cut_short.reason, frame, until=frame.time + GO_ON)
        self._last, self._idle_since_s = frame, None
        wanted, self._wanted = self._wanted, None
        if wanted and frame.time <= wanted[1]:
            actions += self._trigger(wanted[0], frame, wanted[1])
        moving = self._moves(frame.time, decision)
        changes = self._visits.see(frame.time, decision.zones if decision else ())
        actions += changes
        if self._event:
            self._event.visit(changes)
        actions += self._finish(frame, moving=moving)
        if decision and moving and self._event is None and not self._cooling(frame.time):
            actions += self._open(MOTION, frame, until=frame.time, decision=decision)
        if self._event:
            actions += self._take(self._event, frame, decision)
        return actions

    def trigger(self, reason: str, duration_s: float, now: datetime) -> list[Action]:
        """Somebody wants an event of at least so many seconds; an open one is made longer.

        It begins with the newest frame. Where there is none, it begins with the first that comes before
        `now` and the duration are over.
        """
        if self._last is None:
            self._wanted = reason, now + timedelta(seconds=duration_s)
            return []
        newest = self._last
        actions = self._trigger(reason, newest, newest.time + timedelta(seconds=duration_s))
        return actions + self._take(self._event, newest, None) if actions and self._event else actions

    def resume(self, event: str, reason: str, started: datetime, until: datetime) -> None:
        """An event of an earlier life goes on, at least until then; before its next frame."""
        self._event = _Event(
            event, reason, opened=started, until=until, next_update=until, last=started, first_motion=started
        )

    def tick(self, now_s: float) -> list[Action]:
        """Ends an event whose frames have stopped coming; `now_s` is any clock that only goes forward."""
        if self._event is None:
            return []
        if self._idle_since_s is None:
            self._idle_since_s = now_s
        waited_s = now_s - self._idle_since_s
        return self.close() if waited_s > self.settings.post_roll + PATIENCE_S else []

    def close(self) -> list[Action]:
        """The camera is gone: what is open ends with its last frame."""
        last, self._last, self._moving_at = self._last, None, None
        if last is None:
            return []
        changes = self._visits.close(last.time)
        if self._event:
            self._event.visit(changes)
        return [*changes, *self._end(), *self._switch(on=False, time=last.time)]

    # -- inside ----------------------------------------------------------------------------------------

    def _moves(self, time: datetime, decision: Decision | None) -> bool:
        """Whether it moves: as far as is known, where this frame was not looked at."""
        if decision:
            self._moving_at = time if decision.moving else None
            return decision.moving
        return self._moving_at is not None and time - self._moving_at <= UNTOLD

    def _trigger(self, reason: str, frame: FrameId, until: datetime) -> list[Action]:
        if self._event is None:
            return self._open(reason, frame, until)
        self._event.until = max(self._event.until, until)
        return []

    def _cooling(self, time: datetime) -> bool:
        return self._kept is not None and time < self._kept + timedelta(seconds=self.settings.cool_down)

    def _open(
        self, reason: str, frame: FrameId, until: datetime, decision: Decision | None = None
    ) -> list[Action]:
        time = frame.time
        since = time - timedelta(seconds=self.settings.pre_roll)
        if self._kept:
            since = max(since, self._kept + timedelta(microseconds=1))
        event = f"{time.astimezone(UTC):%Y%m%dT%H%M%SZ}-{self._new_suffix()}"
        self._event = _Event(
            event, reason, opened=time, until=until, next_update=time + UPDATE_EVERY, last=time
        )
        self._event.enter(self._visits.inside)
        seen = (decision.score, decision.boxes, self._visits.inside) if decision else ()
        return [Opened(event, reason, time, since, *seen)]

    def _finish(self, frame: FrameId, *, moving: bool) -> list[Action]:
        """Ends what is over before this frame; an event that grew too long goes on as another."""
        event = self._event
        if event is None:
            return []
        post_roll = timedelta(seconds=self.settings.post_roll)
        motion_until = event.last_motion + post_roll if event.last_motion else event.opened
        actions: list[Action] = []
        if not moving and self._on and frame.time > motion_until:
            actions += self._switch(on=False, time=frame.time)
        if frame.time - event.last > CLOCK_JUMPED:
            return actions + self._end() + self._open(event.reason, frame, until=frame.time + GO_ON)
        wanted_until = event.until
        too_long = frame.time - event.opened >= timedelta(seconds=self.settings.max_length)
        if too_long and (moving or frame.time <= wanted_until):
            actions += self._end() + self._open(event.reason, frame, wanted_until)
        elif too_long or (not moving and frame.time > max(motion_until, wanted_until)):
            actions += self._end() + self._switch(on=False, time=frame.time)
        return actions

    def _take(self, event: _Event, frame: FrameId, decision: Decision | None) -> list[Action]:
        actions: list[Action] = []
        if decision:
            event.see(frame, decision)
            if decision.moving:
                actions += self._switch(on=True, time=frame.time)
        self._kept = event.last = frame.time
        actions.append(Keep(event.id, frame))
        if decision and decision.moving and frame.time >= event.next_update:
            event.next_update = frame.time + UPDATE_EVERY
            actions.append(Updated(event.update()))
        return actions

    def _switch(self, *, on: bool, time: datetime) -> list[Action]:
        if on == self._on:
            return []
        self._on = on
        return [Motion(on, time)]

    def _end(self) -> list[Action]:
        event, self._event = self._event, None
        return [Ended(event.summary())] if event else []
