"""A camera's detector and what it costs: frames in, decisions out."""

from datetime import UTC, datetime, timedelta
from functools import partial

from services.contract.frame import Frame
from services.contract.settings import MotionSettings
from services.motion.decode import UndecodableFrame, decode_gray
from services.motion.detector import Decision
from services.motion.gaze import MOST_BLIND_S, Gaze
from services.motion.turns import Turns

#: A lamp takes a moment to be fully on: so late is it told how much of the picture has changed.
TELL_SCENE_AFTER = timedelta(seconds=0.5)


class Sight:
    """Looks at frames while it is switched on; counts what it looked at and what it left out."""

    def __init__(self, settings: MotionSettings, turns: Turns) -> None:
        self._turns = turns
        self.analysed = self.rested = self.unanalysed = self.undecodable = 0
        self.latency_ms = 0.0
        self.on = True
        self._gaze = Gaze(settings)
        self._scene = SceneChange()

    def configure(self, settings: MotionSettings, *, on: bool) -> None:
        self.on = on
        self._gaze.configure(settings)

    def would_look(self, frame: Frame, *, alert: bool) -> bool:
        """Whether it would look at this frame as things are now. May be asked from any thread."""
        return self.on and self._gaze.would_look(frame.id.time.timestamp(), len(frame.jpeg), alert=alert)

    def look(self, frame: Frame, *, busy: bool, alert: bool = False) -> Decision | None:
        """What the frame shows; None where it is switched off, too busy, or the picture is broken.

        None too where nothing has moved lately and it is not this frame's turn, unless somebody is `alert`.
        """
        if not self.on:
            return None
        if not self._gaze.due(frame.id.time.timestamp(), len(frame.jpeg), alert=alert):
            self.rested += 1
            return None
        if busy and self._gaze.blind_s(frame.id.time.timestamp()) < MOST_BLIND_S:
            self.unanalysed += 1
            return None
        with self._turns.turn():
            return self._look(frame, alert=alert)

    def _look(self, frame: Frame, *, alert: bool) -> Decision | None:
        when = frame.id.time
        try:
            decision = self._gaze.look(when.timestamp(), partial(decode_gray, frame.jpeg), alert=alert)
        except UndecodableFrame:
            self.undecodable += 1
            return None
        self.analysed += 1
        age_ms = (datetime.now(UTC) - when).total_seconds() * 1000
        self.latency_ms += 0.1 * (age_ms - self.latency_ms)
        return decision

    def blind_since(self, now: datetime) -> datetime | None:
        """When the detector began, while it may overlook something; None where it is no longer new here."""
        began_s = self._gaze.young_since_s(now.timestamp())
        return None if began_s is None else datetime.fromtimestamp(began_s, UTC)

    def scene_changed(self, decision: Decision, time: datetime) -> float:
        """How much of the picture has changed, once for each change of light or scene; 0 otherwise."""
        return self._scene.see(decision.scene_change, time)


class SceneChange:
    """Tells each change once, with the most of the picture that it had altered by then."""

    def __init__(self) -> None:
        self._began: datetime | None = None
        self._most = 0.0
        self._told = False

    def see(self, changed: float, time: datetime) -> float:
        if not changed:
            most, untold = self._most, self._began is not None and not self._told
            self._began, self._most, self._told = None, 0.0, False
            return most if untold else 0.0
        self._began = self._began or time
        self._most = max(self._most, changed)
        if self._told or time - self._began < TELL_SCENE_AFTER:
            return 0.0
        self._told = True
        return self._most
