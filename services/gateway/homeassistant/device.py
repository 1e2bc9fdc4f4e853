"""What every entity of ours has in common: its names, and when it is available."""

from collections.abc import Sequence
from typing import Any

from services.gateway.homeassistant.naming import WHOLE, Names
from services.gateway.homeassistant.payloads import AnyComponent, Availability, Device, DeviceConfig, Origin
from services.runtime import VERSION

MODEL, WHOLE_MODEL = "Camera", "Event-driven cameras"


class Parts:
    """Collects the components of one device."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self.components: dict[str, AnyComponent] = {}

    def add(
        self,
        kind: type[Any],
        key: str,
        name: str | None,
        available: Sequence[str],
        *,
        entity: str | None = None,
        **fields: Any,
    ) -> None:
        """`available`: the topics that must all say `online`; `entity`: its id where that is not the key."""
        platform: str = kind.model_fields["platform"].default
        self.components[key] = kind(
            unique_id=self._names.unique(key),
            name=name,
            default_entity_id=self._names.entity(platform, key if entity is None else entity),
            availability=[Availability(topic=topic) for topic in available],
            **fields,
        )

    def device(self, name: str, page: str) -> DeviceConfig:
        """The whole; `page` is where people find it, or empty."""
        whole = self._names.camera == WHOLE
        return DeviceConfig(
            device=Device(
                identifiers=[self._names.identifier],
                name=name,
                model=WHOLE_MODEL if whole else MODEL,
                sw_version=VERSION,
                configuration_url=page or None,
                via_device=None if whole else Names(self._names.topics).identifier,
            ),
            origin=Origin(sw_version=VERSION),
            components=dict(self.components),
        )
