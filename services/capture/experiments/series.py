"""One schedule that runs: an experiment, or a camera's plain periodic capture. Pure: the time is given."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from services.capture.experiments.grid import Grid
from services.capture.experiments.nearest import Chosen, Nearest, Taken
from services.capture.experiments.statistics import Running
from services.contract.events import EventMessage, EventType
from services.contract.experiments import Experiment, ExperimentSummary

#: `interval` is said no more often than this.
SAY_EVERY_S = 60.0
#: A deadline this little before the end is at the end: clocks are compared to no more than that.
END_S = 0.001


#: Plain periodic capture keeps to round times: every ten seconds is :00, :10, :20 …
ROUND = datetime(1970, 1, 1, tzinfo=UTC)


class Series:
    """Counts, statistics and deadlines of one run; its pictures are kept by others.

    An experiment's grid begins at its start, or else when it was `started`. It is on the clock that waits
    from here on: what sets the time of day moves no deadline, and only `until` is by the time of day.
    """

    def __init__(
        self,
        camera: str,
        interval_s: float,
        experiment: Experiment | None,
        started: datetime,
        *,
        now: datetime,
        now_s: float,
        patience_s: float,
    ) -> None:
        self.camera, self.experiment = camera, experiment
        self.started, self.ended = started, False
        anchor = (experiment.start or started) if experiment else ROUND
        grid = Grid.anchored(anchor, interval_s, now, now_s)
        self._nearest = Nearest(grid, max(0, grid.first_from(now_s)), patience_s)
        self.pictures = self.bytes = 0
        self.missed_told = 0  # so many of the missed are in slices that are closed
        self._intervals = Running(interval_s)
        self._off = Running()
        self._last_s: float | None = None
        self._said_s, self._said = float("-inf"), (0, 0)
        self._worst_s = 0.0

    @classmethod
    def of(
        cls,
        camera: str,
        experiment: Experiment,
        now: datetime,
        now_s: float,
        patience_s: float,
        *,
        lead_s: float = 0.0,
    ) -> Self:
        """A new run of an experiment, whose first picture is due no sooner than in `lead_s`."""
        return cls(
            camera,
            experiment.interval_s,
            experiment,
            max(now + timedelta(seconds=lead_s), experiment.start or now),
            now=now,
            now_s=now_s,
            patience_s=patience_s,
        )

    @property
    def name(self) -> str:
        return self.experiment.name if self.experiment else ""

    @property
    def prefix(self) -> str:
        """Of the keys; empty: where events are kept."""
        return self.experiment.folder if self.experiment else ""

    @property
    def interval_s(self) -> float:
        return self._nearest.grid.interval_s

    @property
    def missed(self) -> int:
        return self._nearest.missed

    @property
    def patience_s(self) -> float:
        return self._nearest.patience_s

    @patience_s.setter
    def patience_s(self, patience_s: float) -> None:
        self._nearest.patience_s = patience_s

    def next_due_s(self, after_s: float, now_s: float) -> float:
        """The first deadline after `after_s` for which a picture that is taken now, or later, can serve."""
        grid = self._nearest.grid
        n = max(self._nearest.n, grid.first_after(after_s), grid.first_from(now_s - grid.half_s))
        return grid.due_s(n)

    # -- pictures come, time passes --------------------------------------------------------------------

    def see(self, taken: Taken, now: datetime, now_s: float) -> list[Chosen]:
        """A picture has come; those that are the series' by that."""
        return self._count(self._nearest.see(taken), now, now_s)

    def tick(self, now: datetime, now_s: float) -> list[Chosen]:
        """As `see`, for when none comes; also where the series ends though nothing is due."""
        until_s = self._until_s(now, now_s)
        if now_s - self.patience_s < until_s:
            return self._count(self._nearest.tick(now_s), now, now_s)
        chosen = self._count(self._nearest.finish(until_s - END_S), now, now_s)
        self.ended = True
        return chosen

    def _count(self, chosen: list[Chosen], now: datetime, now_s: float) -> list[Chosen]:
        kept = []
        for one in chosen:
            due_s = one.taken.time_s - one.off_s
            self.ended = self.ended or due_s > self._until_s(now, now_s) - END_S
            if self.ended:
                break
            kept.append(one)
            self._add(one)
            most = self.experiment.pictures if self.experiment else None
            self.ended = most is not None and self.pictures >= most
        return kept

    def _until_s(self, now: datetime, now_s: float) -> float:
        """The end, by the time of day as it is now."""
        until = self.experiment.until if self.experiment else None
        return now_s + (until - now).total_seconds() if until else float("inf")

    def _add(self, one: Chosen) -> None:
        self.pictures += 1
        self.bytes += len(one.taken.frame.jpeg)
        self._off.add(one.off_s)
        if self._last_s is not None:
            self._intervals.add(one.taken.time_s - self._last_s)
        self._last_s = one.taken.time_s
        if abs(one.off_s) > abs(self._worst_s):
            self._worst_s = one.off_s

    # -- what is said ----------------------------------------------------------------------------------

    def saying(self, event: str | None, now: datetime, now_s: float) -> EventMessage | None:
        """What there is to say now of how it goes, once a minute at most."""
        counts = self.pictures, self.missed
        if counts == self._said or now_s - self._said_s < SAY_EVERY_S:
            return None
        worst_s, self._worst_s = self._worst_s, 0.0
        self._said, self._said_s = counts, now_s
        return EventMessage(
            event_type=EventType.INTERVAL,
            camera=self.camera,
            time=now,
            event=event,
            reason="interval",
            experiment=self.name,
            pictures=self.pictures,
            missed=self.missed,
            worst_off_s=round(worst_s, 6),
        )

    def summary(self, ended: datetime | None = None) -> ExperimentSummary | None:
        """None for plain periodic capture, which has no end and no place of its own."""
        if self.experiment is None:
            return None
        return ExperimentSummary(
            camera=self.camera,
            experiment=self.experiment,
            started=self.started,
            ended=ended,
            pictures=self.pictures,
            missed=self.missed,
            bytes=self.bytes,
            intervals=self._intervals.spread(),
            off=self._off.spread(),
        )

    # -- over a restart --------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """All that a later life needs, as JSON."""
        return {
            "experiment": self.experiment.model_dump(mode="json") if self.experiment else None,
            "interval_s": self.interval_s,
            "started": self.started.isoformat(),
            "n": self._nearest.n,
            "pictures": self.pictures,
            "missed": self.missed,
            "missed_told": self.missed_told,
            "bytes": self.bytes,
            "intervals": asdict(self._intervals),
            "off": asdict(self._off),
        }

    @classmethod
    def resumed(
        cls, camera: str, state: dict[str, Any], *, now: datetime, now_s: float, patience_s: float
    ) -> Self:
        """As it was, on the same grid; what was due meanwhile is missed.

        Raises KeyError, TypeError or ValueError for what is no state.
        """
        experiment = state["experiment"]
        series = cls(
            camera,
            state["interval_s"],
            Experiment.model_validate(experiment) if experiment else None,
            datetime.fromisoformat(state["started"]),
            now=now,
            now_s=now_s,
            patience_s=patience_s,
        )
        series._nearest.resume(state["n"], state["missed"], min(now_s, series._until_s(now, now_s) - END_S))
        series.pictures, series.bytes = state["pictures"], state["bytes"]
        series.missed_told = state["missed_told"]
        series._intervals, series._off = Running(**state["intervals"]), Running(**state["off"])
        return series
