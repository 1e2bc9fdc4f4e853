"""One camera's state, as its retained topics tell it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from services.contract import topics as leaf
from services.contract.controls import CONTROLS, EXPERIMENT
from services.contract.experiments import ExperimentSummary
from services.contract.message import CameraName, Message, Time
from services.contract.status import (
    OFFLINE,
    ON,
    ONLINE,
    ArchiverStats,
    CaptureStats,
    HealthDetail,
    MotionStats,
)

STATS: dict[str, type[Message]] = {
    "stats/capture": CaptureStats,
    "stats/motion": MotionStats,
    "stats/archiver": ArchiverStats,
}
SETTINGS = frozenset({EXPERIMENT, *(control.name for control in CONTROLS)})
#: What it is made of, besides its settings.
LEAVES = (leaf.STATUS, leaf.MOTION, leaf.HEALTH_DETAIL, leaf.EXPERIMENT_SUMMARY, "zone/+", *STATS)


class CameraView(BaseModel):
    """A camera as it is now."""

    camera: CameraName
    label: str
    status: Literal["online", "offline", "unknown"]
    motion: bool
    problem: str = Field(description="what is wrong, as a sentence; empty: nothing")
    since: Time | None = Field(description="since when that is so")
    zones: dict[str, bool] = Field(description="whether something moves in each")
    settings: dict[str, str] = Field(description="as they stand on `…/state`")
    refused: dict[str, str] = Field(description="why, by setting; until the next try or change")
    experiment: ExperimentSummary | None = Field(description="the one that runs or ran last")
    stats: dict[str, CaptureStats | MotionStats | ArchiverStats] = Field(description="by service")


@dataclass(slots=True)
class CameraState:
    """One camera; `status` is empty until somebody has said it."""

    camera: str
    label: str
    status: str = ""
    motion: bool = False
    problem: str = ""
    since: datetime | None = None
    stats: dict[str, Message] = field(default_factory=dict)  # by service
    settings: dict[str, str] = field(default_factory=dict)  # as they stand on `…/state`
    refused: dict[str, str] = field(default_factory=dict)  # why, by setting; until the next try
    experiment: ExperimentSummary | None = None  # the one that runs or ran last
    zones: dict[str, bool] = field(default_factory=dict)  # whether something moves in each

    @property
    def running(self) -> str:
        """The name of the experiment that runs; empty: none."""
        return self.settings.get(EXPERIMENT, "")

    @property
    def enabled(self) -> bool:
        return self.settings.get("enabled", ON) == ON

    @property
    def shown(self) -> str:
        """Its status for people: one that was switched off is not amiss."""
        return "off" if not self.enabled and self.status != ONLINE else self.status or "unknown"

    @property
    def interval_s(self) -> float:
        """Seconds between plain periodic pictures; 0: none."""
        try:
            return float(self.settings.get("interval", "0"))
        except ValueError:
            return 0.0

    def take(self, name: str, payload: bytes) -> None:
        """What one of its topics says. Raises ValueError where it cannot be understood."""
        setting, _, kind = name.rpartition("/")
        if setting == "zone":
            self._take_zone(kind, payload)
            return
        if name == leaf.STATUS:
            self.status = payload.decode() if payload in (ONLINE.encode(), OFFLINE.encode()) else ""
        elif name == leaf.MOTION:
            self.motion = payload == ON.encode()
        elif name == leaf.HEALTH_DETAIL:
            detail = HealthDetail.model_validate_json(payload or b"{}")
            self.problem, self.since = detail.problem, detail.since
        elif name == leaf.EXPERIMENT_SUMMARY:
            self.experiment = ExperimentSummary.model_validate_json(payload) if payload else None
        elif name in STATS:
            self._take_stats(name, payload)
        elif setting in SETTINGS and kind == "state":
            self.settings[setting] = payload.decode()
            self.refused.pop(setting, None)
        elif setting in SETTINGS and kind == "error":
            self.refused[setting] = payload.decode()

    def _take_stats(self, name: str, payload: bytes) -> None:
        service = name.partition("/")[2]
        if payload:
            self.stats[service] = STATS[name].model_validate_json(payload)
        else:
            self.stats.pop(service, None)

    def _take_zone(self, zone: str, payload: bytes) -> None:
        if payload:
            self.zones[zone] = payload == ON.encode()
        else:  # it is no more
            self.zones.pop(zone, None)

    def view(self) -> CameraView:
        return CameraView.model_construct(**self._shown())

    def json(self) -> dict[str, Any]:
        return self.view().model_dump(mode="json")

    def _shown(self) -> dict[str, Any]:
        known: dict[str, Any] = {name: getattr(self, name) for name in CameraView.model_fields}
        return known | {"status": self.status or "unknown"}
