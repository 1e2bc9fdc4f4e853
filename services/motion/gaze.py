"""Looks at a camera's pictures at its own pace: live, and again in a replay."""

import math
from collections.abc import Callable

from services.contract.settings import MotionSettings
from services.motion.decode import Gray
from services.motion.detector import Decision, Detector, DetectorSettings
from services.motion.glance import Glance
from services.motion.pace import Pace

#: After a pause of this length the picture may be any other: the detector learns it anew.
NEW_PICTURE_S = 10.0
#: While nothing differs at first sight, a closer look is taken so often all the same: noise is to be learnt.
CLOSELY_EVERY_S = 1.5
#: A detector that has just begun may be late to notice what already moved when it began.
YOUNG_S = 8.0
#: However busy we are, no more of what a camera shows is left out: an event would begin without its start.
MOST_BLIND_S = 0.2

Develop = Callable[[int], Gray]


class Gaze:
    """A detector, its pace, and the first look that spares it most quiet pictures."""

    def __init__(self, settings: MotionSettings) -> None:
        self._height = settings.working_height
        self._detector = Detector(DetectorSettings.of(settings))
        self._pace = Pace(settings.analysis_fps)
        self._glance = Glance()
        self._began_s: float | None = None
        self._looked_s: float | None = None
        self._closely_s = 0.0
        self._decision = Decision(sign=True)
        self._before: tuple[float, Gray] | None = None

    def configure(self, settings: MotionSettings) -> None:
        """Other settings from the next picture on; what was learnt is kept where it can be."""
        self._height = settings.working_height
        self._pace.most_fps = settings.analysis_fps
        self._detector.configure(DetectorSettings.of(settings))
        self._decision = Decision(sign=True)

    def due(self, time_s: float, size: int | None = None, *, alert: bool = False) -> bool:
        """Whether it is the turn of this picture, of so many bytes; see `Pace`."""
        return self._pace.due(time_s, size, alert=alert)

    def would_look(self, time_s: float, size: int, *, alert: bool = False) -> bool:
        """The same, without this picture being counted. May be asked from any thread."""
        return self._pace.would_look(time_s, size, alert=alert)

    def look(self, time_s: float, develop: Develop, *, alert: bool = False) -> Decision:
        """What a picture shows that `develop` makes with about so many lines; what it raises goes through.

        Whoever is `alert` looks closely at each.
        """
        gray = develop(self._height)
        if self._looked_s is not None and time_s - self._looked_s > NEW_PICTURE_S:
            self._detector.reset()
            self._before, self._decision = None, Decision(sign=True)
            self._began_s = None
        if self._began_s is None:
            self._began_s = time_s
        self._looked_s = time_s
        if self._quiet_at_first_sight(time_s, gray) and not alert:
            self._before = time_s, gray
            self._pace.looked(time_s, sign=False)
            return Decision()
        return self._look_closely(time_s, gray)

    def _quiet_at_first_sight(self, time_s: float, gray: Gray) -> bool:
        last = self._decision
        if self._pace.awake(time_s) or last.sign or last.moving or last.scene_change:
            return False
        return not self._glance.differs(gray) and 0 <= time_s - self._closely_s < CLOSELY_EVERY_S

    def _look_closely(self, time_s: float, gray: Gray) -> Decision:
        """The picture before comes first: what is there twice is told from what flashes by."""
        if self._before:
            self._detector.look(self._before[1], self._before[0])
        self._before, self._closely_s = None, time_s
        self._decision = self._detector.look(gray, time_s)
        # Light that changes is told from things picture by picture: that is no time to look away.
        sign = self._decision.sign or self._decision.scene_change > 0
        self._pace.looked(time_s, sign=sign, moving=self._decision.moving)
        if not sign:
            self._glance.was_quiet(gray)
        return self._decision

    def blind_s(self, time_s: float) -> float:
        """Seconds since it last looked; without end where it never did."""
        return math.inf if self._looked_s is None else time_s - self._looked_s

    def young_since_s(self, time_s: float) -> float | None:
        """When the detector began, as long as it may have overlooked something since then."""
        began_s = self._began_s
        return began_s if began_s is not None and 0 <= time_s - began_s < YOUNG_S else None
