"""Settings that change at run time over MQTT: `…/<setting>/set`, `…/state` and `…/error`, as plain text."""

from collections.abc import Callable
from dataclasses import dataclass

from services.contract.experiments import LONGEST_S, SHORTEST_S

Value = bool | int | float | None

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
    return f"{value:.10g}"


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


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "…"


CONTROLS = (
    Control("enabled", "capture", switch, ("enabled",)),
    Control(
        "interval", "capture", Number(SHORTEST_S, LONGEST_S, zero=True, step=0.1, unit="s"),
        ("capture", "interval"),
    ),
    Control("motion_detection", "motion", switch, ("motion_detection",)),
    Control("sensitivity", "motion", Number(1, 100, whole=True), ("motion", "sensitivity")),
    Control("threshold", "motion", Number(0.1, 100, empty=True, step=0.1), ("motion", "threshold")),
    Control("min_area", "motion", Number(0.0001, 1, empty=True, step=0.0001), ("motion", "min_area")),
    Control("cool_down", "motion", Number(0, 3600, step=0.1, unit="s"), ("motion", "cool_down")),
    Control("archiving", "archiver", switch, ("archiving",)),
)  # fmt: skip


def controls_of(service: str) -> dict[str, Control]:
    return {control.name: control for control in CONTROLS if control.service == service}
