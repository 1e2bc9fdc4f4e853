"""Looks at a camera's pictures at its own pace: live, and again in a replay."""

from collections.abc import Callable

from services.contract.settings import MotionSettings
from services.motion.decode import Gray
from services.motion.detector import Decision, Detector, DetectorSettings
from services.motion.pace import Pace

#: After a pause of this length the picture may be any other: the detector learns it anew.
NEW_PICTURE_S = 10.0

Develop = Callable[[int], Gray]


class Gaze:
    """A detector and its pace."""

    def __init__(self, settings: MotionSettings) -> None:
        self._height = settings.working_height
        self._detector = Detector(DetectorSettings.of(settings))
        self._pace = Pace(settings.analysis_fps)
        self._looked_s: float | None = None

    def configure(self, settings: MotionSettings) -> None:
        """Other settings from the next picture on; what was learnt is kept where it can be."""
        self._height = settings.working_height
        self._pace.most_fps = settings.analysis_fps
        self._detector.configure(DetectorSettings.of(settings))

    def due(self, time_s: float, size: int | None = None, *, alert: bool = False) -> bool:
        """Whether it is the turn of this picture, of so many bytes; see `Pace`."""
        return self._pace.due(time_s, size, alert=alert)

    def look(self, time_s: float, develop: Develop) -> Decision:
        """What a picture shows that `develop` makes with about so many lines; what it raises goes through."""
        gray = develop(self._height)
        if self._looked_s is not None and time_s - self._looked_s > NEW_PICTURE_S:
            self._detector.reset()
        self._looked_s = time_s
        decision = self._detector.look(gray, time_s)
        self._pace.looked(time_s, sign=decision.sign)
        return decision
