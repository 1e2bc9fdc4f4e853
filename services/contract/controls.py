"""Settings that change at run time over MQTT: `…/<setting>/set`, `…/state` and `…/error`.

As plain text; what has a shape (zones, masks) as JSON.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from services.contract.experiments import LONGEST_S, SHORTEST_S
from services.contract.settings import Masks, Zones

Shapes = dict[str, Any]
Value = bool | int | float | Shapes | None

#: The one setting that is no plain value: a configured experiment's name, one as JSON, or nothing.
EXPERIMENT = "experiment"


class Refused(ValueError):
    """A payload that the setting does not take; the text says what it takes."""


@dataclass(frozen=True, slots=True)
class Control:
    """One setting: its service, how a payload is read, and where its value stands in `nightjar.yaml`."""

    name: str
    service: str
    read: Callable[[str], Value]
    path: tuple[str, ...]


def write(value: Value) -> str:
    """A value as it stands on `…/state`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ON" if value else "OFF"
    if isinstance(value, dict):
        return json.dumps(value, separators=(",", ":"))
    return f"{value:.10g}"


def plain(value: Any) -> Value:
    """A value of the configuration as it is kept and sent: without models."""
    if isinstance(value, dict):
        return {name: _bare(shape) for name, shape in value.items()}
    return value  # type: ignore[no-any-return]  # all others are plain values


def _bare(shape: Any) -> Any:
    if isinstance(shape, BaseModel):
        return shape.model_dump(mode="json", exclude_defaults=True)
    return [list(corner) for corner in shape]


def switch(text: str) -> bool:
    """What a setting takes that is on or off."""
    if text not in ("ON", "OFF"):
        raise Refused(f"takes ON or OFF, not '{_short(text)}'")
    return text == "ON"


@dataclass(frozen=True, slots=True)
class Number:
    """What a setting takes that is a number; called, it reads one. `unit` is what people read behind it."""

    low: float
    high: float
    whole: bool = False
    empty: bool = False
    zero: bool = False  # 0 is taken too, below `low`
    share: bool = False  # a part of 1, which people read in percent
    step: float = 1.0
    unit: str = ""

    def __call__(self, text: str) -> Value:
        if self.empty and not text:
            return None
        try:
            value = int(text) if self.whole else float(text)
        except ValueError:
            raise Refused(f"{self.takes}, not '{_short(text)}'") from None
        if not (self.low <= value <= self.high or (self.zero and value == 0)):
            raise Refused(f"{self.takes}, not '{_short(text)}'")
        return value

    @property
    def takes(self) -> str:
        zero = "takes 0, or a" if self.zero else "takes a"
        range_ = f"{zero} {'whole ' if self.whole else ''}number from {self.low:g} to {self.high:.10g}"
        return f"{range_}, or nothing for its default" if self.empty else range_


def shapes(model: Any, example: str) -> Callable[[str], Value]:
    """What a setting takes that is drawn on the picture, as JSON."""
    adapter: TypeAdapter[Shapes] = TypeAdapter(model)
    takes = f"takes JSON such as {example}"

    def read(text: str) -> Value:
        try:
            return plain(adapter.validate_json(text or "{}"))
        except ValidationError as error:
            wrong = error.errors(include_url=False)[0]
            raise Refused(takes if wrong["type"] == "json_invalid" else f"{takes}{_where(wrong)}") from None

    return read


def _where(wrong: ErrorDetails) -> str:
    place = ".".join(str(part) for part in wrong["loc"] if part != "[key]")
    if wrong["loc"][-1:] == ("[key]",):
        return f"; '{_short(place)}' is no name: use a-z, 0-9, - and _"
    return f"; {_short(place)}: {wrong['msg']}" if place else f"; {wrong['msg']}"


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "…"


ZONES_EXAMPLE = '{"gate": {"points": [[0, 0.5], [1, 0.5], [1, 1]]}}'
MASKS_EXAMPLE = '{"tree": [[0, 0], [0.2, 0], [0, 0.4]]}'

CONTROLS = (
    Control("enabled", "capture", switch, ("enabled",)),
    Control(
        "interval", "capture", Number(SHORTEST_S, LONGEST_S, zero=True, step=0.1, unit="s"),
        ("capture", "interval"),
    ),
    Control("fps", "capture", Number(0, 120, step=0.1, unit="fps"), ("capture", "fps")),
    Control("quality", "capture", Number(1, 100, whole=True), ("capture", "quality")),
    Control("timestamp", "capture", switch, ("capture", "timestamp")),
    Control("motion_detection", "motion", switch, ("motion_detection",)),
    Control("sensitivity", "motion", Number(1, 100, whole=True), ("motion", "sensitivity")),
    Control("threshold", "motion", Number(0.1, 100, empty=True, step=0.1), ("motion", "threshold")),
    Control(
        "min_area", "motion", Number(0.0001, 1, empty=True, share=True, step=0.0001), ("motion", "min_area")
    ),
    Control("min_duration", "motion", Number(0, 10, step=0.05, unit="s"), ("motion", "min_duration")),
    Control("cool_down", "motion", Number(0, 3600, step=0.1, unit="s"), ("motion", "cool_down")),
    Control("pre_roll", "motion", Number(0, 60, step=0.5, unit="s"), ("motion", "pre_roll")),
    Control("post_roll", "motion", Number(0, 120, step=0.5, unit="s"), ("motion", "post_roll")),
    Control("max_length", "motion", Number(10, 3600, unit="s"), ("motion", "max_length")),
    Control("analysis_fps", "motion", Number(0, 120), ("motion", "analysis_fps")),
    Control("working_height", "motion", Number(48, 480, whole=True), ("motion", "working_height")),
    Control("learning_rate", "motion", Number(0.001, 1, step=0.001), ("motion", "learning_rate")),
    Control("zones", "motion", shapes(Zones, ZONES_EXAMPLE), ("motion", "zones")),
    Control("masks", "motion", shapes(Masks, MASKS_EXAMPLE), ("motion", "masks")),
    Control("archiving", "archiver", switch, ("archiving",)),
)  # fmt: skip


def controls_of(service: str) -> dict[str, Control]:
    return {control.name: control for control in CONTROLS if control.service == service}
