"""Pictures on a schedule: what an experiment is, and what it says and leaves behind."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from services.contract.archive_keys import KeyLayout
from services.contract.message import CameraName, EventId, Message, Time

SHORTEST_S, LONGEST_S = 0.1, 30 * 24 * 3600.0

_PREFIX = re.compile(r"[A-Za-z0-9._=-]+(?:/[A-Za-z0-9._=-]+)*")
_MOST_PREFIX = 200  # S3 takes keys of 1024 bytes, and file systems names of 255


def _prefix(prefix: str) -> str:
    fits = (
        len(prefix) <= _MOST_PREFIX and _PREFIX.fullmatch(prefix) and not {".", ".."} & set(prefix.split("/"))
    )
    if prefix and not fits:
        raise ValueError(
            f"cannot be {prefix!r:.80}: between its slashes go A-Z, a-z, 0-9 and ._=-, as in "
            "experiments/experiment_7"
        )
    return prefix


Prefix = Annotated[str, AfterValidator(_prefix)]
Interval = Annotated[float, Field(ge=SHORTEST_S, le=LONGEST_S)]


class Experiment(BaseModel):
    """Pictures of one camera on a schedule, as written into `nightjar.yaml` or sent to `…/experiment/set`."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: CameraName = Field(description="as a camera's: a-z, 0-9, - and _")
    interval_s: Interval = Field(description="seconds from one picture to the next")
    prefix: Prefix = Field("", description="where its pictures are kept; empty: `experiments/<name>`")
    start: Time | None = Field(
        None, description="when the first picture is due, with a time zone; empty: at once"
    )
    until: Time | None = Field(
        None, description="no picture from then on, with a time zone; empty: until stopped"
    )
    pictures: int | None = Field(None, ge=1, description="it ends with so many; empty: until stopped")
    keep_days: float | None = Field(
        None, gt=0, description="days after which its pictures are deleted; empty: never"
    )

    @property
    def folder(self) -> str:
        """The prefix of all its keys, without a slash at its end."""
        return self.prefix or f"experiments/{self.name}"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start and self.until and self.until <= self.start:
            raise ValueError("its until is not after its start")
        return self


def _as_known_here(said: Any) -> Any:
    """Without what a later release says of it: what people write is checked, what is said may be more."""
    return (
        {key: said[key] for key in said if key in Experiment.model_fields} if isinstance(said, dict) else said
    )


class Spread(Message):
    """How some seconds are spread."""

    count: int = Field(ge=0)
    mean_s: float = 0.0
    sd_s: float = Field(0.0, description="standard deviation of the sample")
    worst_s: float = Field(0.0, description="the one furthest from what it should be")


class ExperimentSummary(Message):
    """An experiment from its start until now or its end: kept beside its pictures."""

    camera: CameraName
    experiment: Annotated[Experiment, BeforeValidator(_as_known_here)]
    started: Time
    ended: Time | None = Field(None, description="none while it runs")
    pictures: int = Field(ge=0)
    missed: int = Field(ge=0, description="pictures that were due and could not be taken")
    bytes: int = Field(ge=0, description="the pictures' size together")
    intervals: Spread = Field(description="seconds from one picture to the next, restarts apart")
    off: Spread = Field(description="seconds from when a picture was due to when it was taken")


class Slice(Message):
    """What a part of an experiment, at most 1000 pictures or an hour, is beside an event."""

    experiment: str = Field("", description="its name; empty: a camera's plain periodic capture")
    prefix: Prefix = Field("", description="prefix of its keys; empty: those of events")
    interval_s: Interval
    missed: int = Field(0, ge=0, description="pictures that were due meanwhile and could not be taken")
    off_s: list[float] = Field(
        default=[],
        description="of each of the frames, in their order: seconds after it was due (negative: before); "
        "empty where a crash took the knowledge",
    )


class OpenSlice(Message):
    """Where the archiver puts the frames of a slice: they come before their handover does."""

    event: EventId
    experiment: str
    prefix: Prefix


class OpenSlices(Message):
    """A camera's slices with a prefix of their own that are not yet archived; retained."""

    slices: list[OpenSlice] = Field(default=[])

    def prefix(self, event: str) -> str:
        """Of an event's keys; empty: where events are kept."""
        return next((each.prefix for each in self.slices if each.event == event), "")


def layout_of(prefix: str) -> KeyLayout:
    """Where the frames and manifests of slices with this prefix are kept."""
    return KeyLayout(f"{prefix}/{{camera}}/{{event}}/{{time:%Y%m%dT%H%M%S.%f}}Z-{{sequence}}.jpg")


def summary_key(summary: ExperimentSummary) -> str:
    """Where a summary is kept: the same place each time that it is said, another for each run."""
    started: datetime = summary.started.astimezone(UTC)
    return f"{summary.experiment.folder}/{summary.camera}/summary-{started:%Y%m%dT%H%M%SZ}.json"
