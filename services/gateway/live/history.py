"""How each camera was in the last hours, as its services' statistics told it."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isnan, nan

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


class _Ring:
    """The last samples of one camera as bare numbers, all of whose memory is taken at once.

    As objects they were five times as large, and a gateway grew for a day until all of them had come.
    """

    _FIELDS = 6

    def __init__(self, every_s: float, most: int) -> None:
        self._every_s = every_s
        self._numbers = array("d", [nan]) * (most * self._FIELDS)
        self._most = most
        self._count = 0  # ever

    def is_due(self, now: datetime) -> bool:
        return not self._count or now.timestamp() - self._row(self._count - 1)[0] >= self._every_s

    def append(self, sample: Sample) -> None:
        at = self._count % self._most * self._FIELDS
        self._numbers[at : at + self._FIELDS] = array(
            "d",
            (
                sample.time.timestamp(),
                _number(sample.fps),
                _number(sample.latency_ms),
                _number(sample.stored),
                sample.lost,
                _number(sample.waiting),
            ),
        )
        self._count += 1

    def samples(self) -> list[Sample]:
        """The oldest first."""
        return [_sample(self._row(n)) for n in range(max(0, self._count - self._most), self._count)]

    def _row(self, number: int) -> Sequence[float]:
        at = number % self._most * self._FIELDS
        return self._numbers[at : at + self._FIELDS]


class History:
    """Two rings per camera, in memory alone: 31 KB."""

    def __init__(self) -> None:
        self._cameras: dict[str, tuple[_Ring, _Ring]] = {}

    def note(self, cameras: Iterable[CameraState], now: datetime) -> None:
        """Call it as often as you like: it samples when it is time."""
        for camera in cameras:
            if camera.camera not in self._cameras:
                self._cameras[camera.camera] = (_Ring(*FINE), _Ring(*COARSE))
            for ring in self._cameras[camera.camera]:
                if ring.is_due(now):
                    ring.append(sample(camera, now))

    def of(self, camera: str, hours: float) -> Sequence[Sample]:
        """The oldest first."""
        if camera not in self._cameras:
            return []
        fine, coarse = self._cameras[camera]
        return (fine if hours <= 1 else coarse).samples()


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


def _number(said: float | None) -> float:
    return nan if said is None else said


def _sample(row: Sequence[float]) -> Sample:
    time, fps, latency_ms, stored, lost, waiting = (None if isnan(each) else each for each in row)
    assert time is not None
    return Sample(
        datetime.fromtimestamp(time, UTC),
        fps,
        latency_ms,
        None if stored is None else int(stored),
        int(lost or 0),
        None if waiting is None else int(waiting),
    )
