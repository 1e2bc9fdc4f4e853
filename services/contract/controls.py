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


def _switch(text: str) -> bool:
    if text not in ("ON", "OFF"):
        raise Refused(f"takes ON or OFF, not '{_short(text)}'")
    return text == "ON"


def _number(low: float, high: float, *, whole: bool = False, empty: bool = False) -> Callable[[str], Value]:
    takes = f"takes a {'whole ' if whole else ''}number from {low:g} to {high:g}"
    if empty:
        takes += ", or nothing for its default"

    def read(text: str) -> Value:
        if empty and not text:
            return None
        try:
            value = int(text) if whole else float(text)
        except ValueError:
            raise Refused(f"{takes}, not '{_short(text)}'") from None
        if not low <= value <= high:
            raise Refused(f"{takes}, not '{_short(text)}'")
        return value

    return read


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "…"


def _interval(text: str) -> Value:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if value and not SHORTEST_S <= value <= LONGEST_S:
        raise Refused(f"takes 0, or a number from {SHORTEST_S:g} to {LONGEST_S:.0f}, not '{_short(text)}'")
    return value


CONTROLS = (
    Control("enabled", "capture", _switch, ("enabled",)),
    Control("interval", "capture", _interval, ("capture", "interval")),
    Control("motion_detection", "motion", _switch, ("motion_detection",)),
    Control("sensitivity", "motion", _number(1, 100, whole=True), ("motion", "sensitivity")),
    Control("threshold", "motion", _number(0.1, 100, empty=True), ("motion", "threshold")),
    Control("min_area", "motion", _number(0.0001, 1, empty=True), ("motion", "min_area")),
    Control("cool_down", "motion", _number(0, 3600), ("motion", "cool_down")),
    Control("archiving", "archiver", _switch, ("archiving",)),
)


def controls_of(service: str) -> dict[str, Control]:
    return {control.name: control for control in CONTROLS if control.service == service}
