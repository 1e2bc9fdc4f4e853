"""Frames through detector and events, as they would go live."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from services.contract.frame import FrameId
from services.contract.settings import MotionSettings
from services.motion.decode import UndecodableFrame
from services.motion.detector import Box, Decision
from services.motion.events import Action, EventMachine, EventSettings, Keep, Opened
from services.motion.gaze import Gaze
from services.replay.shots import Shot, Source

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: After a pause of this length events are over, as they are live when frames stop coming.
PAUSE_S = 10.0

#: Hears frames done and frames in all (0: not known).
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Span:
    """One motion: seconds from the first frame, from its first that moves to the end of its last."""

    start_s: float
    end_s: float
    peak: float = 0.0
    boxes: tuple[Box, ...] = ()
    zones: set[str] = field(default_factory=set)
    # Which recording it would be in, counted from 0.
    recording: int = 0
    # When it began, where the frames say so.
    started: datetime | None = None


@dataclass(slots=True)
class Recording:
    """What would be archived as one event: seconds from the first frame, with pre-roll and post-roll."""

    start_s: float
    end_s: float
    frames: int


@dataclass(frozen=True, slots=True)
class Point:
    """What the detector made of one frame that it looked at."""

    time_s: float
    score: float
    moving: bool
    scene_change: float


@dataclass(slots=True)
class Replay:
    """What was found."""

    fps: float = 0.0
    frames: int = 0
    looked: int = 0
    undecodable: int = 0
    seconds: float = 0.0
    first: datetime | None = None
    events: list[Span] = field(default_factory=list)
    recordings: list[Recording] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)


def replay(source: Source, several: list[MotionSettings], progress: Progress | None = None) -> list[Replay]:
    """Runs each of the settings over the same frames, which are read once. Raises NotReplayable."""
    runs = [Run(settings) for settings in several]
    for done, shot in enumerate(source.shots(), start=1):
        for run in runs:
            run.see(shot)
        if progress:
            progress(done, source.frames)
    return [run.end(source.fps) for run in runs]


class Run:
    """One camera's life with its settings, on frames that were recorded."""

    def __init__(self, settings: MotionSettings) -> None:
        self.found = Replay()
        self._gaze = Gaze(settings)
        self._machine = EventMachine(EventSettings.of(settings))
        self._pre_roll: list[float] = []
        self._pre_roll_s = settings.pre_roll
        self._last: Shot | None = None
        self._moving = False

    def see(self, shot: Shot) -> None:
        """The next frame."""
        found, last = self.found, self._last
        if last and shot.time_s - last.time_s > PAUSE_S:
            self._machine.close()
            self._moving = False
        if last is None:
            found.first = shot.taken
        found.frames += 1
        found.seconds += shot.lasts_s
        decision = self._look(shot)
        frame = FrameId("replay", 1, found.frames, _EPOCH + timedelta(seconds=shot.time_s))
        for action in self._machine.frame(frame, decision):
            self._record(action, shot)
        self._pre_roll.append(shot.time_s)
        if decision:
            self._note(decision, shot)
        elif self._moving:  # a frame that it was not worth looking at changes nothing
            found.events[-1].end_s = shot.time_s + shot.lasts_s
        self._last = shot

    def end(self, fps: float) -> Replay:
        """No more frames come."""
        self.found.fps = fps
        return self.found

    def _look(self, shot: Shot) -> Decision | None:
        if not self._gaze.due(shot.time_s, shot.size):
            return None
        try:
            decision = self._gaze.look(shot.time_s, shot.develop)
        except UndecodableFrame:
            self.found.undecodable += 1
            return None
        self.found.looked += 1
        return decision

    def _record(self, action: Action, shot: Shot) -> None:
        if isinstance(action, Opened):
            since_s = (action.since - _EPOCH).total_seconds() - 1e-6
            before = [time_s for time_s in self._pre_roll if time_s >= since_s]
            self._pre_roll = []
            begins_s = before[0] if before else shot.time_s
            self.found.recordings.append(Recording(begins_s, shot.time_s, frames=len(before)))
        elif isinstance(action, Keep):
            self.found.recordings[-1].end_s = shot.time_s + shot.lasts_s
            self.found.recordings[-1].frames += 1
            self._pre_roll = []
        if len(self._pre_roll) > 10_000:
            del self._pre_roll[:5_000]

    def _note(self, decision: Decision, shot: Shot) -> None:
        found = self.found
        found.points.append(Point(shot.time_s, decision.score, decision.moving, decision.scene_change))
        if decision.moving:
            if not self._moving:
                recording = max(0, len(found.recordings) - 1)
                found.events.append(Span(shot.time_s, shot.time_s, recording=recording, started=shot.taken))
            span = found.events[-1]
            span.end_s = shot.time_s + shot.lasts_s
            span.zones.update(decision.zones)
            if decision.boxes and decision.score >= span.peak:
                span.peak, span.boxes = decision.score, decision.boxes
        self._moving = decision.moving
