"""The payloads of Home Assistant's MQTT discovery, as far as we use them.

Home Assistant rejects a payload with a key that it does not know, or drops the key in silence, so a key that
is not here cannot be sent. From https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery.
"""

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

Key = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]+$")]
EntityId = Annotated[str, Field(pattern=r"^[a-z_]+\.[a-z0-9_]+$")]
WebUrl = Annotated[str, Field(pattern=r"^https?://")]


class Payload(BaseModel):
    """A part of a payload; what is None is left out, but for a component's name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_serializer(mode="wrap")
    def _leave_out(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {key: value for key, value in handler(self).items() if value is not None or key == "name"}


class Availability(Payload):
    """A topic that says `online` or `offline`, which are Home Assistant's own words for it."""

    topic: str


class Device(Payload):
    """What the entities belong to."""

    identifiers: list[str] = Field(min_length=1)
    name: str
    manufacturer: str = "Nightjar"
    model: str
    sw_version: str
    configuration_url: WebUrl | None = None
    via_device: str | None = None


class Origin(Payload):
    """Who says all this."""

    name: str = "Nightjar"
    sw_version: str


class Component(Payload):
    """An entity. `name` None: the device's main one, which is called as the device is."""

    unique_id: str
    name: str | None
    default_entity_id: EntityId
    availability: list[Availability] = Field(min_length=1)
    availability_mode: Literal["all", "any"] = "all"
    icon: Annotated[str, Field(pattern=r"^mdi:[a-z0-9-]+$")] | None = None
    enabled_by_default: bool | None = None


class Camera(Component):
    platform: Literal["camera"] = "camera"
    topic: str


class Image(Component):
    platform: Literal["image"] = "image"
    image_topic: str
    content_type: Literal["image/jpeg"] = "image/jpeg"


class BinarySensor(Component):
    """`ON` and `OFF` are its words unless others are given."""

    platform: Literal["binary_sensor"] = "binary_sensor"
    entity_category: Literal["diagnostic"] | None = None
    state_topic: str
    payload_on: str | None = None
    payload_off: str | None = None
    device_class: Literal["motion", "connectivity", "problem", "running"] | None = None
    json_attributes_topic: str | None = None


class Event(Component):
    """What comes is JSON with an `event_type`; the rest of it becomes attributes, 16 KB at most."""

    platform: Literal["event"] = "event"
    state_topic: str
    event_types: list[str] = Field(min_length=1)
    device_class: Literal["motion"] | None = None


class Switch(Component):
    platform: Literal["switch"] = "switch"
    entity_category: Literal["config"] | None = None
    command_topic: str
    state_topic: str
    value_template: str | None = None


class Number(Component):
    platform: Literal["number"] = "number"
    entity_category: Literal["config"] | None = "config"
    command_topic: str
    command_template: str | None = None
    state_topic: str
    value_template: str | None = None
    min: float
    max: float
    step: float = Field(ge=0.001)
    mode: Literal["box", "slider"]
    unit_of_measurement: str | None = None
    device_class: Literal["duration"] | None = None


class Text(Component):
    platform: Literal["text"] = "text"
    entity_category: Literal["config"] | None = "config"
    command_topic: str
    state_topic: str
    value_template: str | None = None
    max: int = Field(255, le=255)


class Button(Component):
    platform: Literal["button"] = "button"
    command_topic: str
    payload_press: str


class Sensor(Component):
    platform: Literal["sensor"] = "sensor"
    entity_category: Literal["diagnostic"] | None = "diagnostic"
    state_topic: str
    value_template: str | None = None
    unit_of_measurement: str | None = None
    device_class: Literal["timestamp", "duration", "data_size"] | None = None
    state_class: Literal["measurement", "total", "total_increasing"] | None = None
    suggested_display_precision: int | None = None


AnyComponent = Annotated[
    Camera | Image | BinarySensor | Event | Switch | Number | Text | Button | Sensor,
    Field(discriminator="platform"),
]


class Removed(Payload):
    """Where a component was that is no more: left out it would stay, so once it is said with this alone."""

    platform: str


class DeviceConfig(Payload):
    """All of a device in one message, on `homeassistant/device/<id>/config`."""

    device: Device
    origin: Origin
    components: dict[Key, AnyComponent | Removed]
    qos: Literal[0, 1] = 1

    def payload(self) -> bytes:
        """The same from every replica: nothing in it depends on when or where it is made."""
        return self.model_dump_json().encode()


def entity_payload(config: DeviceConfig, component: AnyComponent) -> bytes:
    """One entity in a message of its own, the older form."""
    shared = config.model_dump(mode="json", include={"device", "origin", "qos"})
    fields = {**component.model_dump(mode="json", exclude={"platform"}), **shared}
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()
