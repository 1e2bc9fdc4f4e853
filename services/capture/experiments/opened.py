"""A slice of an experiment that still takes pictures."""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, Self

from services.capture.experiments.nearest import Chosen
from services.contract.experiments import ExperimentSummary, Slice
from services.contract.handover import FrameRef, SliceHandover, ranges

#: A slice is full with so many pictures, or after so long.
MOST_PICTURES, LONGEST_S = 1000, 3600.0


@dataclass(slots=True)
class Opened:
    """What is in it so far; `since_s` is when it was opened, on the clock that waits."""

    event: str
    experiment: str
    prefix: str
    interval_s: float
    started: datetime
    ended: datetime
    since_s: float
    missed_before: int
    frames: list[FrameRef] = field(default_factory=list)
    off_s: list[float] = field(default_factory=list)

    def add(self, chosen: Chosen) -> None:
        frame = chosen.taken.frame.id
        self.frames.append(FrameRef(session=frame.session_hex, sequence=frame.sequence))
        self.off_s.append(round(chosen.off_s, 6))
        self.ended = frame.time

    def full(self, now_s: float) -> bool:
        return len(self.frames) >= MOST_PICTURES or now_s - self.since_s >= LONGEST_S

    def handover(self, camera: str, missed: int, summary: ExperimentSummary | None) -> SliceHandover:
        """All of it; `missed` is how many pictures the whole series has missed."""
        return SliceHandover(
            camera=camera,
            event=self.event,
            reason="interval",
            started=self.started,
            ended=self.ended,
            frames=list(self.frames),
            slice=Slice(
                experiment=self.experiment,
                prefix=self.prefix,
                interval_s=self.interval_s,
                missed=max(0, missed - self.missed_before),
                off_s=list(self.off_s),
            ),
            summary=summary,
        )

    def state(self) -> dict[str, Any]:
        """As it is remembered, without each picture's distance: a thousand pictures are some ranges."""
        sessions = groupby(self.frames, key=lambda frame: frame.session)
        numbers = [[session, ranges([one.sequence for one in frames])] for session, frames in sessions]
        return {
            "event": self.event,
            "experiment": self.experiment,
            "prefix": self.prefix,
            "interval_s": self.interval_s,
            "started": self.started.isoformat(),
            "ended": self.ended.isoformat(),
            "missed_before": self.missed_before,
            "numbers": numbers,
        }

    @classmethod
    def read(cls, state: dict[str, Any]) -> Self:
        """Raises KeyError, TypeError or ValueError for what is no state."""
        values = dict(state)
        frames = [
            FrameRef(session=session, sequence=number)
            for session, known in values.pop("numbers")
            for first, last in known
            for number in range(first, last + 1)
        ]
        for key in ("started", "ended"):
            values[key] = datetime.fromisoformat(values[key])
        return cls(**values, since_s=0.0, frames=frames)
