"""A camera's detector and what it costs: frames in, decisions out."""

from datetime import UTC, datetime, timedelta

from services.contract.frame import Frame
from services.contract.settings import MotionSettings
from services.motion.decode import UndecodableFrame, decode_gray
from services.motion.detector import Decision, Detector, DetectorSettings
from services.motion.turns import Turns

#: After a pause of this length the picture may be any other: the detector learns it anew.
NEW_PICTURE = timedelta(seconds=10)


class Sight:
    """Looks at frames while it is switched on; counts what it looked at and what it left out."""

    def __init__(self, settings: MotionSettings, turns: Turns) -> None:
        self._turns = turns
        self.analysed = self.unanalysed = self.undecodable = 0
        self.latency_ms = 0.0
        self.on = True
        self._height = settings.working_height
        self._detector = Detector(DetectorSettings.of(settings))
        self._looked: datetime | None = None
        self._scene_changes = False

    def configure(self, settings: MotionSettings, *, on: bool) -> None:
        self.on = on
        self._height = settings.working_height
        self._detector.configure(DetectorSettings.of(settings))

    def look(self, frame: Frame, *, busy: bool) -> Decision | None:
        """What the frame shows; None where it is switched off, too busy, or the picture is broken."""
        if not self.on:
            return None
        if busy:
            self.unanalysed += 1
            return None
        with self._turns.turn():
            return self._look(frame)

    def _look(self, frame: Frame) -> Decision | None:
        try:
            gray = decode_gray(frame.jpeg, self._height)
        except UndecodableFrame:
            self.undecodable += 1
            return None
        when = frame.id.time
        if self._looked and when - self._looked > NEW_PICTURE:
            self._detector.reset()
        self._looked = when
        decision = self._detector.look(gray, when.timestamp())
        self.analysed += 1
        age_ms = (datetime.now(UTC) - when).total_seconds() * 1000
        self.latency_ms += 0.1 * (age_ms - self.latency_ms)
        return decision

    def scene_begins_to_change(self, decision: Decision) -> bool:
        """True once for each change of light or scene."""
        before, self._scene_changes = self._scene_changes, decision.scene_change > 0
        return self._scene_changes and not before
