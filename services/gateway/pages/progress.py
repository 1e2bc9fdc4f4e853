"""How an experiment stands, as people read it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.contract.experiments import ExperimentSummary
from services.gateway.live.camera import CameraState
from services.gateway.pages.words import error, every, span

NONE = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Progress:
    """The experiment that runs or ran last; without `summary` it has only just begun."""

    name: str
    running: bool
    summary: ExperimentSummary | None
    ends: datetime | None = None  # where that can be known
    done: float | None = None  # 0 to 1, of one that has an end
    about: bool = False  # `ends` is reckoned from the pictures that are left

    @property
    def every(self) -> str:
        return every(self.summary.experiment.interval_s) if self.summary else ""

    @property
    def figures(self) -> list[tuple[str, str, bool]]:
        """`(what, how much, whether that is bad)`."""
        summary = self.summary
        if summary is None:
            return []
        wanted_s = summary.experiment.interval_s
        apart, off = summary.intervals, summary.off
        asked = summary.experiment.pictures
        return [
            ("Pictures", f"{summary.pictures:,}" + (f" of {asked:,}" if asked else ""), False),
            ("Missed", f"{summary.missed:,}", summary.missed > 0),
            ("Interval error, mean", error(apart.mean_s - wanted_s) if apart.count else NONE, False),
            ("Its deviation", f"± {span(apart.sd_s)}" if apart.count > 1 else NONE, False),
            ("Its worst", error(apart.worst_s - wanted_s) if apart.count else NONE, False),
            ("Furthest off schedule", error(off.worst_s) if off.count else NONE, False),
        ]


def progress(camera: CameraState, now: datetime) -> Progress | None:
    """None where no experiment has run yet."""
    summary, name = camera.experiment, camera.running
    if name and (summary is None or summary.experiment.name != name or summary.ended):
        return Progress(name, running=True, summary=None)  # what is said of it is still on its way
    if summary is None:
        return None
    if not name:
        return Progress(summary.experiment.name, running=False, summary=summary)
    ends, about = _end(summary, now)
    return Progress(name, running=True, summary=summary, ends=ends, done=_done(summary, now), about=about)


def _end(summary: ExperimentSummary, now: datetime) -> tuple[datetime | None, bool]:
    """When it ends, and whether that is reckoned."""
    experiment = summary.experiment
    if experiment.pictures is None:
        return experiment.until, False
    left = max(experiment.pictures - summary.pictures, 0)
    try:
        full = now + timedelta(seconds=left * experiment.interval_s)
    except OverflowError:  # after the last year of the calendar
        return experiment.until, False
    return (experiment.until, False) if experiment.until and experiment.until <= full else (full, True)


def _done(summary: ExperimentSummary, now: datetime) -> float | None:
    experiment, parts = summary.experiment, []
    if experiment.pictures:
        parts.append(summary.pictures / experiment.pictures)
    if experiment.until and experiment.until > summary.started:
        parts.append((now - summary.started) / (experiment.until - summary.started))
    return min(max(parts), 1.0) if parts else None
