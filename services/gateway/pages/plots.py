"""Small plots: numbers over time as SVG, with words for who cannot see them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.gateway.live.history import Sample

WIDE, HIGH = 300.0, 60.0
SHORTEST = timedelta(minutes=1)
GAP = timedelta(minutes=11)  # a line over a longer silence would be a lie


@dataclass(frozen=True, slots=True)
class Plot:
    """One line over time: its strokes are SVG points, apart where nothing was said."""

    title: str
    unit: str
    strokes: list[str]
    areas: list[str]
    now: str
    least: str
    most: str

    @property
    def words(self) -> str:
        """What it shows, for a screen reader."""
        if not self.strokes:
            return f"{self.title}: nothing is known yet"
        return f"{self.title}: now {self.now}, between {self.least} and {self.most} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Axis:
    """What a plot is of."""

    title: str
    unit: str
    form: str
    since: datetime
    now: datetime

    def x(self, time: datetime) -> float:
        return WIDE * ((time - self.since) / (self.now - self.since))


def begin(samples: Sequence[Sample], hours: float, now: datetime) -> datetime:
    """Where plots begin: of a camera that is known for a minute they show that minute, not an empty hour."""
    since = now - timedelta(hours=hours)
    return max(since, min(samples[0].time, now - SHORTEST)) if samples else since


def plots(samples: Sequence[Sample], hours: float, now: datetime) -> list[Plot]:
    """Those of a camera's page."""
    since = begin(samples, hours, now)
    shown = [sample for sample in samples if sample.time >= since]

    def plot(title: str, unit: str, value: Callable[[Sample], float | None], form: str) -> Plot:
        points = [(sample.time, known) for sample in shown if (known := value(sample)) is not None]
        return _plot(Axis(title, unit, form, since, now), points)

    return [
        plot("Frames a second", "", lambda sample: sample.fps, "{:.1f}"),
        plot("From picture to decision", "ms", lambda sample: sample.latency_ms, "{:.0f}"),
        plot("Waiting for the archive", "", lambda sample: sample.waiting, "{:,.0f}"),
        plot("Lost since the start", "", lambda sample: sample.lost, "{:,.0f}"),
    ]


def _plot(axis: Axis, points: list[tuple[datetime, float]]) -> Plot:
    if not points:
        return Plot(axis.title, axis.unit, [], [], "", "", "")
    values = [value for _, value in points]
    top = max([*values, 1e-9])
    strokes: list[list[tuple[float, float]]] = [[]]
    before = points[0][0]
    for time, value in points:
        if time - before > GAP:
            strokes.append([])
        strokes[-1].append((axis.x(time), HIGH - 2 - (HIGH - 6) * value / top))
        before = time
    return Plot(
        axis.title,
        axis.unit,
        [_points(stroke) for stroke in strokes],
        [_points([(stroke[0][0], HIGH), *stroke, (stroke[-1][0], HIGH)]) for stroke in strokes],
        axis.form.format(values[-1]),
        axis.form.format(min(values)),
        axis.form.format(max(values)),
    )


def _points(stroke: list[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in stroke)
