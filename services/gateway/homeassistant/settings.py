"""Run-time settings as switches and numbers, made from the settings themselves, so that none is forgotten.

What is drawn on the picture (zones, masks) has no place in Home Assistant.
"""

from collections.abc import Mapping
from typing import Any

from services.contract.controls import CONTROLS, Control, Number, switch
from services.contract.topics import Topics
from services.gateway.homeassistant import payloads
from services.gateway.homeassistant.device import Parts

#: What people want at hand, and what it is called; all others are there too, switched off at first.
NAMES = {
    "enabled": "Camera",
    "motion_detection": "Motion detection",
    "archiving": "Archiving",
    "sensitivity": "Sensitivity",
    "threshold": "Threshold",
    "min_area": "Minimum area",
    "cool_down": "Cool-down",
    "interval": "Interval",
}
ICONS = {"enabled": "mdi:cctv", "motion_detection": "mdi:motion-sensor", "archiving": "mdi:archive-outline"}


def add_settings(parts: Parts, topics: Topics, camera: str, presence: Mapping[str, str]) -> None:
    """Each needs its service alone: a camera that was switched off can be switched on again."""
    for control in CONTROLS:
        if control.read is not switch and not isinstance(control.read, Number):
            continue
        shown = control.name in NAMES
        fields: dict[str, Any] = {
            "command_topic": topics.setting_set(camera, control.name),
            "state_topic": topics.setting_state(camera, control.name),
            "icon": ICONS.get(control.name),
            "enabled_by_default": None if shown else False,
        }
        if isinstance(control.read, Number):
            fields |= _number(control.read)
        parts.add(
            payloads.Number if isinstance(control.read, Number) else payloads.Switch,
            control.name,
            _name(control),
            [presence[control.service]],
            **fields,
        )


def _name(control: Control) -> str:
    return NAMES.get(control.name, control.name.replace("_", " ").capitalize())


def _number(takes: Number) -> dict[str, Any]:
    scale = 100 if takes.share else 1
    fields: dict[str, Any] = {
        "min": 0 if takes.zero else takes.low * scale,
        "max": takes.high * scale,
        "step": takes.step * scale,
        "mode": "slider" if takes.whole and takes.high <= 100 else "box",
        "unit_of_measurement": "%" if takes.share else takes.unit or None,
        "device_class": "duration" if takes.unit == "s" else None,
    }
    if takes.share:
        fields["command_template"] = "{{ (value / 100) | round(6) }}"
        fields["value_template"] = "{{ (value | float * 100) | round(4) }}"
    return fields
