"""Flat or not: the line through each measure of a process's longest life, once it has warmed up. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from benchmarks.lasting.reading import Reading
from benchmarks.lasting.record import Record
from benchmarks.lasting.trend import Trend, trend

WARM_UP_S = 600.0
#: A life must go on for so long after that: a line through less says nothing.
LEAST_S = 1200.0
#: What may be added in an hour: to memory as a fraction, and at least so many MB; to what is counted.
MEMORY_PER_HOUR, MEMORY_MB_PER_HOUR, COUNT_PER_HOUR = 0.02, 1.0, 0.5
SERVICES = ("capture", "motion", "archiver", "gateway")
MEASURES = ("private_mb", "rss_mb", "fds", "threads")

Life = Sequence[tuple[float, Reading]]


@dataclass(frozen=True, slots=True)
class Finding:
    """One measure of one process: its trend per hour, from `since_s` on, and whether that is flat."""

    process: str
    measure: str
    trend: Trend | None  # none: no life was long enough
    since_s: float
    lasted_s: float
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


def findings(record: Record) -> list[Finding]:
    """Of the services, which are judged, and of broker and store, which are not ours."""
    return [
        _finding(process, measure, longest(record.readings[process]), judged=process in SERVICES)
        for process in (*SERVICES, "broker", "store")
        if process in record.readings
        for measure in MEASURES
    ]


def _finding(process: str, measure: str, life: Life, *, judged: bool) -> Finding:
    since_s = life[0][0] + WARM_UP_S
    warm = [(at_s / 3600, float(getattr(reading, measure))) for at_s, reading in life if at_s >= since_s]
    lasted_s = life[-1][0] - since_s
    found = trend(warm) if lasted_s >= LEAST_S else None
    bound = COUNT_PER_HOUR
    if measure.endswith("_mb") and found:
        bound = max(MEMORY_MB_PER_HOUR, MEMORY_PER_HOUR * found.level)
    return Finding(process, measure, found, since_s, max(0.0, lasted_s), bound, judged)


def nothing_lost(record: Record) -> bool:
    """By the account, and by what was read again."""
    account, verified = record.account, record.verified
    told = account.get("lost", ["no account"]) + account.get("doubled", []) + account.get("unanswered", [])
    return not told and not verified.get("problems", ["not verified"])


def all_flat(found: Sequence[Finding]) -> bool:
    judged = [finding for finding in found if finding.judged]
    return bool(judged) and all(finding.flat for finding in judged)
