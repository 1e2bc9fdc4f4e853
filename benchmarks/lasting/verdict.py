"""Flat or not: the line through each measure of a process's longest life, once it has warmed up. Pure.

Heaps and all that is bounded (rings, the last thousand answers) fill for half an hour and more, so the second
half of a life is judged. The line from ten minutes on is shown beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from benchmarks.lasting.reading import Reading
from benchmarks.lasting.record import Record
from benchmarks.lasting.trend import Trend, trend

WARM_UP_S = 600.0
WARM_SHARE = 0.5
#: The line must go on for so long: through less it says nothing.
LEAST_S = 1200.0
#: What may be added in an hour: to memory as a fraction, and at least so many MB; to what is counted.
MEMORY_PER_HOUR, MEMORY_MB_PER_HOUR, COUNT_PER_HOUR = 0.02, 1.0, 0.5
SERVICES = ("capture", "motion", "archiver", "gateway")
MEASURES = ("private_mb", "rss_mb", "fds", "threads")

Life = Sequence[tuple[float, Reading]]


@dataclass(frozen=True, slots=True)
class Finding:
    """One measure of one process: its trend per hour over the last `lasted_s`, and whether that is flat."""

    process: str
    measure: str
    trend: Trend | None  # none: no life was long enough
    lasted_s: float
    before: Trend | None  # from ten minutes on
    bound: float
    judged: bool

    @property
    def flat(self) -> bool:
        """Growth counts; who lets go is welcome."""
        return self.trend is not None and self.trend.slope <= self.bound


def lives(readings: Life) -> list[Life]:
    """The readings of each process that there was, one after the other."""
    return [list(life) for _, life in groupby(readings, key=lambda each: each[1].pid)]


def longest(readings: Life) -> Life:
    return max(lives(readings), key=lambda life: life[-1][0] - life[0][0], default=[])


def by_window(life: Life, measure: str, window_s: float) -> list[float]:
    """The median of each window of a life, one after the other; what is over at the end is left out."""
    began_s, ended_s = life[0][0], life[-1][0]
    windows: list[list[float]] = [[] for _ in range(int((ended_s - began_s) / window_s) + 1)]
    for at_s, reading in life:
        windows[int((at_s - began_s) / window_s)].append(float(getattr(reading, measure)))
    return [median(window) for window in windows[:-1]]


def findings(record: Record) -> list[Finding]:
    """Of the services, which are judged, and of broker and store, which are not ours."""
    return [
        _finding(process, measure, longest(record.readings[process]), judged=process in SERVICES)
        for process in (*SERVICES, "broker", "store")
        if process in record.readings
        for measure in MEASURES
    ]


def _finding(process: str, measure: str, life: Life, *, judged: bool) -> Finding:
    began_s, ended_s = life[0][0], life[-1][0]
    lasted_s = (ended_s - began_s) * (1 - WARM_SHARE)
    points = [(at_s / 3600, float(getattr(reading, measure))) for at_s, reading in life]
    found = before = None
    if lasted_s >= LEAST_S:
        found = trend([point for point in points if point[0] * 3600 >= ended_s - lasted_s])
        before = trend([point for point in points if point[0] * 3600 >= began_s + WARM_UP_S])
    bound = COUNT_PER_HOUR
    if measure.endswith("_mb") and found:
        bound = max(MEMORY_MB_PER_HOUR, MEMORY_PER_HOUR * found.level)
    return Finding(process, measure, found, lasted_s, before, bound, judged)


def nothing_lost(record: Record) -> bool:
    """By the account, and by what was read again."""
    account, verified = record.account, record.verified
    told = account.get("lost", ["no account"]) + account.get("doubled", []) + account.get("unanswered", [])
    return not told and not verified.get("problems", ["not verified"])


def all_flat(found: Sequence[Finding]) -> bool:
    judged = [finding for finding in found if finding.judged]
    return bool(judged) and all(finding.flat for finding in judged)
