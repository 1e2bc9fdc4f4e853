"""The two forms of discovery: a message per device, or one per entity for a Home Assistant before 2024.11.

Both are made from the same description. A form says which topics hold what, and which entities a message of
an earlier life of ours told of.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from services.gateway.homeassistant.payloads import DeviceConfig, Removed, entity_payload

ROOT = "homeassistant"
#: Where Home Assistant says that it has started.
BIRTH = f"{ROOT}/status"
FILTERS = (f"{ROOT}/+/+/config", f"{ROOT}/+/+/+/config")

Configs = Mapping[str, DeviceConfig]
"""Devices by their name in discovery's topics."""


Messages = Callable[[Configs], dict[str, bytes]]
"""How devices become retained messages, each by its topic."""


def of_devices(devices: Configs) -> dict[str, bytes]:
    return {f"{ROOT}/device/{name}/config": config.payload() for name, config in devices.items()}


def of_entities(devices: Configs) -> dict[str, bytes]:
    return {
        f"{ROOT}/{component.platform}/{name}/{key}/config": entity_payload(config, component)
        for name, config in devices.items()
        for key, component in config.components.items()
        if not isinstance(component, Removed)
    }


def of_nothing(_devices: Configs) -> dict[str, bytes]:
    return {}


#: As `homeassistant.discovery` names them.
FORMS: dict[str, Messages] = {"device": of_devices, "entities": of_entities, "none": of_nothing}


def parting(before: Mapping[str, Any], now: bytes) -> bytes | None:
    """What takes away components that a device had `before` and has no more; None where there are none.

    Home Assistant keeps a component that is merely left out. It goes when it is said with its platform alone.
    """
    config = json.loads(now)
    had = before.get("components", {})
    gone = {
        key: {"platform": component["platform"]}
        for key, component in had.items()
        if key not in config.get("components", {}) and len(component) > 1
    }
    if not gone:
        return None
    return json.dumps({**config, "components": {**config["components"], **gone}}).encode()
