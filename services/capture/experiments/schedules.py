"""What runs on a camera: plain periodic capture and an experiment, each of them none or one."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from services.capture.experiments.nearest import Chosen, Taken
from services.capture.experiments.opened import Opened
from services.capture.experiments.punctual import Clock
from services.capture.experiments.series import Series
from services.capture.experiments.slices import Slices
from services.contract.events import EventMessage
from services.contract.experiments import Experiment, ExperimentSummary
from services.contract.frame import Frame

log = logging.getLogger(__name__)

#: How long a picture of a stream is under way to us at most, and one that a camera is asked for.
STREAM_S, ASKED_S = 0.5, 10.0


class Schedules:
    """Begins and ends series, and gives their pictures to the slices. Not for two threads at once.

    `asked` is what the experiment that runs was asked for with, `changes` another number when one begins or
    ends.
    """

    def __init__(
        self, camera: str, slices: Slices, clock: Clock, now: Callable[[], datetime], lead_s: float = 0.0
    ) -> None:
        self._camera, self._slices = camera, slices
        self._clock, self._now, self._lead_s = clock, now, lead_s
        self._plain: Series | None = None
        self._experiment: Series | None = None
        self._ended: ExperimentSummary | None = None
        self._patience_s = STREAM_S
        self.asked = ""
        self.changes = 0

    def __iter__(self) -> Iterator[Series]:
        return iter([series for series in (self._plain, self._experiment) if series])

    @property
    def running(self) -> bool:
        return self._plain is not None or self._experiment is not None

    def summary(self) -> ExperimentSummary | None:
        """Of the experiment that runs, or has ended last."""
        return self._experiment.summary() if self._experiment else self._ended

    @property
    def experiment(self) -> str:
        """The name of the one that runs; empty: none."""
        return self._experiment.name if self._experiment else ""

    def next_due_s(self, after_s: float, now_s: float) -> float:
        """The next deadline after `after_s` that a picture taken from now on can serve; else infinity."""
        return min((series.next_due_s(after_s, now_s) for series in self), default=float("inf"))

    def wait_longer(self) -> None:
        """The camera is asked for its pictures: they are under way for longer."""
        self._patience_s = ASKED_S
        for series in self:
            series.patience_s = ASKED_S

    # -- beginning and ending --------------------------------------------------------------------------

    def set_interval(self, interval_s: float) -> None:
        """Plain periodic capture, so many seconds apart; 0: none."""
        if interval_s == (self._plain.interval_s if self._plain else 0.0):
            return
        self._end(self._plain)
        self.changes += 1
        if interval_s:
            now, now_s = self._now(), self._clock()
            self._plain = Series(
                self._camera, interval_s, None, now, now=now, now_s=now_s, patience_s=self._patience_s
            )

    def set_experiment(self, experiment: Experiment | None, asked: str) -> None:
        """From now on this one; the same again changes nothing."""
        if experiment != (self._experiment.experiment if self._experiment else None):
            self._end(self._experiment)
            if experiment:
                now, now_s = self._now(), self._clock()
                self._experiment = Series.of(
                    self._camera, experiment, now, now_s, self._patience_s, lead_s=self._lead_s
                )
                log.info("%s: experiment %s runs", self._camera, experiment.name)
        self.asked = asked
        self.changes += 1

    def close(self) -> None:
        """Hands over what there is, for the end of this life; a later one goes on."""
        for series in self:
            self._slices.close(series, self._now())

    def _end(self, series: Series | None) -> None:
        if series:
            series.ended = True
            self._mind(series, self._now(), self._clock())

    def _mind(self, series: Series, now: datetime, now_s: float) -> None:
        """Closes the slice that is full, and lets the series go that is over."""
        self._slices.mind(series, now, now_s)
        if not series.ended:
            return
        self.changes += 1
        if series is self._plain:
            self._plain = None
        else:
            log.info("%s: experiment %s has ended", self._camera, series.name)
            self._ended = series.summary(now)
            self._experiment, self.asked = None, ""

    # -- pictures come, time passes --------------------------------------------------------------------

    def take(self, frame: Frame) -> None:
        """A frame that has just gone out. A picture that says it is from the future is of now."""
        now, now_s = self._now(), self._clock()
        age_s = (now - frame.id.time).total_seconds()
        taken = Taken(frame, now_s - age_s if 0 <= age_s <= ASKED_S else now_s)
        for series in self:
            self._keep(series, series.see(taken, now, now_s), now, now_s)

    def tick(self) -> list[EventMessage]:
        """What there is to say."""
        now, now_s = self._now(), self._clock()
        said = []
        for series in self:
            self._keep(series, series.tick(now, now_s), now, now_s)
            if words := series.saying(self._slices.event(series), now, now_s):
                said.append(words)
        return said

    def _keep(self, series: Series, chosen: list[Chosen], now: datetime, now_s: float) -> None:
        for one in chosen:
            self._slices.take(series, one, now_s)
        self._mind(series, now, now_s)

    # -- over a restart --------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """All that a later life needs, as JSON."""
        return {
            "asked": self.asked,
            "series": [series.state() for series in self],
            "open": [opened.state() for opened in self._slices.opened],
        }

    def resume(self, state: dict[str, Any]) -> None:
        """Goes on where an earlier life ended; raises KeyError, TypeError or ValueError."""
        now, now_s = self._now(), self._clock()
        for kept in state["series"]:
            series = Series.resumed(self._camera, kept, now=now, now_s=now_s, patience_s=self._patience_s)
            if series.experiment:
                self._experiment = series
            else:
                self._plain = series
        for kept in state["open"]:
            opened = Opened.read(kept)
            for series in self:
                if series.name == opened.experiment:
                    self._slices.restore_open(opened, series)
        self.asked = state["asked"]
