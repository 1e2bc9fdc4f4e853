"""How each camera was in the last hours, as its services' statistics told it."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.contract.status import ArchiverStats, CaptureStats, MotionStats
from services.gateway.live.camera import CameraState

#: Seconds from one sample to the next, and how many there are: an hour, and a day.
FINE, COARSE = (10, 360), (300, 288)


@dataclass(frozen=True, slots=True)
class Sample:
    """One camera at one time; None where nobody said it."""

    time: datetime
    fps: float | None = None
    latency_ms: float | None = None
    stored: int | None = None
    lost: int = 0
    waiting: int | None = None


@dataclass(slots=True)
class _Kept:
    fine: deque[Sample] = field(default_factory=lambda: deque(maxlen=FINE[1]))
    coarse: deque[Sample] = field(default_factory=lambda: deque(maxlen=COARSE[1]))


class History:
    """Two rings per camera, in memory alone: 650 samples of 100 bytes."""

    def __init__(self) -> None:
        self._cameras: dict[str, _Kept] = {}

    def note(self, cameras: Iterable[CameraState], now: datetime) -> None:
        """Call it as often as you like: it samples when it is time."""
        for camera in cameras:
            kept = self._cameras.setdefault(camera.camera, _Kept())
            for ring, (every_s, _) in ((kept.fine, FINE), (kept.coarse, COARSE)):
                if not ring or now - ring[-1].time >= timedelta(seconds=every_s):
                    ring.append(sample(camera, now))

    def of(self, camera: str, hours: float) -> Sequence[Sample]:
        """The oldest first."""
        kept = self._cameras.get(camera)
        return list(kept.fine if hours <= 1 else kept.coarse) if kept else []


def sample(camera: CameraState, now: datetime) -> Sample:
    capture, motion, archiver = (camera.stats.get(name) for name in ("capture", "motion", "archiver"))
    lost = 0
    fps = latency = None
    stored = waiting = None
    if isinstance(capture, CaptureStats):
        fps, lost = capture.fps, lost + capture.lost
    if isinstance(motion, MotionStats):
        latency, lost = motion.latency_ms, lost + motion.missing
    if isinstance(archiver, ArchiverStats):
        stored, waiting = archiver.stored, archiver.waiting + archiver.in_spool
        lost += archiver.failed
    return Sample(now, fps, latency, stored, lost, waiting)
