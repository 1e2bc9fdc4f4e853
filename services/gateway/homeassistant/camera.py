"""One camera as a device of Home Assistant: what it shows, what it tells and what can be set."""

from collections.abc import Callable, Iterable
from typing import Any

from services.contract import topics as leaf
from services.contract.controls import EXPERIMENT
from services.contract.events import EventType
from services.contract.status import OFFLINE, ONLINE
from services.contract.topics import Topics
from services.gateway.homeassistant.device import Parts
from services.gateway.homeassistant.naming import Names
from services.gateway.homeassistant.payloads import (
    BinarySensor,
    Button,
    Camera,
    DeviceConfig,
    Event,
    Image,
    Sensor,
    Switch,
    Text,
)
from services.gateway.homeassistant.settings import add_settings

#: What is written into an event that a button of Home Assistant made.
REASON = "Home Assistant"


def _value(field: str) -> str:
    return f"{{{{ value_json.{field} }}}}"


#: Numbers out of the services' accounts, by key: whose, what they are called, what they are. What the gateway
#: sums up comes from all the others.
SENSORS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "frame_rate": (
        "capture",
        "Frames per second",
        {
            "value_template": _value("fps"),
            "unit_of_measurement": "fps",
            "state_class": "measurement",
            "suggested_display_precision": 1,
        },
    ),
    "latency": (
        "motion",
        "Latency",
        {
            "value_template": _value("latency_ms"),
            "unit_of_measurement": "ms",
            "device_class": "duration",
            "state_class": "measurement",
            "suggested_display_precision": 0,
        },
    ),
    "events_today": (
        "motion",
        "Events today",
        {
            "value_template": _value("events_today"),
            "unit_of_measurement": "events",
            "state_class": "total_increasing",
        },
    ),
    "last_event": (
        "motion",
        "Last event time",
        {"value_template": _value("last_event"), "device_class": "timestamp"},
    ),
    "backlog": (
        "gateway",
        "Backlog",
        {
            "value_template": _value("backlog"),
            "unit_of_measurement": "frames",
            "state_class": "measurement",
        },
    ),
    "lost": (
        "gateway",
        "Frames lost",
        {
            "value_template": _value("lost"),
            "unit_of_measurement": "frames",
            "state_class": "total_increasing",
        },
    ),
    "archive_size": (
        "archiver",
        "Archive size",
        {
            "value_template": "{{ (value_json.archive_bytes / 1e6) | round(2) }}",
            "unit_of_measurement": "MB",
            "device_class": "data_size",
            "state_class": "measurement",
        },
    ),
}


class CameraDevice:
    """Describes one camera; `presence(service)` is the topic that says whether that service is there."""

    def __init__(self, topics: Topics, camera: str, presence: Callable[[str], str]) -> None:
        self._topics = topics
        self._camera = camera
        self._capture, self._motion, self._archiver = map(presence, ("capture", "motion", "archiver"))
        self._status = self._topic(leaf.STATUS)
        self._parts = Parts(Names(topics, camera))

    def describe(self, label: str, zones: Iterable[str], page: str) -> DeviceConfig:
        self._pictures()
        self._motion_and_events(zones)
        self._health()
        add_settings(
            self._parts,
            self._topics,
            self._camera,
            {"capture": self._capture, "motion": self._motion, "archiver": self._archiver},
        )
        self._experiment()
        self._buttons()
        self._statistics()
        return self._parts.device(label, page)

    def _topic(self, name: str) -> str:
        return self._topics.camera(self._camera, name)

    def _pictures(self) -> None:
        self._parts.add(
            Camera,
            "camera",
            None,
            [self._capture, self._status],
            entity="",
            topic=self._topics.frames(self._camera, leaf.PREVIEW),
        )
        self._parts.add(
            Image,
            "last_event_picture",
            "Last event",
            [self._motion],
            entity="last_event",
            image_topic=self._topics.frames(self._camera, leaf.SNAPSHOT),
        )

    def _motion_and_events(self, zones: Iterable[str]) -> None:
        live = [self._motion, self._status]
        self._parts.add(
            BinarySensor,
            "motion",
            "Motion",
            live,
            state_topic=self._topic(leaf.MOTION),
            device_class="motion",
        )
        for zone in zones:
            self._parts.add(
                BinarySensor,
                f"zone_{zone}",
                f"Motion in {zone.replace('_', ' ')}",
                live,
                entity=f"{zone}_motion",
                state_topic=self._topics.zone(self._camera, zone),
                device_class="motion",
            )
        self._parts.add(
            Event,
            "events",
            "Events",
            [self._motion],
            state_topic=self._topic(leaf.EVENT),
            event_types=[kind.value for kind in EventType],
            icon="mdi:cctv",
        )

    def _health(self) -> None:
        """What is wrong must be seen while the camera is away: its service is all that these two need."""
        self._parts.add(
            BinarySensor,
            "connectivity",
            "Connectivity",
            [self._capture],
            state_topic=self._status,
            payload_on=ONLINE,
            payload_off=OFFLINE,
            device_class="connectivity",
            entity_category="diagnostic",
        )
        self._parts.add(
            BinarySensor,
            "problem",
            "Problem",
            [self._capture],
            state_topic=self._topic(leaf.HEALTH),
            json_attributes_topic=self._topic(leaf.HEALTH_DETAIL),
            device_class="problem",
            entity_category="diagnostic",
        )

    def _experiment(self) -> None:
        """From the statistics: the retained state of none is empty, which on MQTT is no message at all."""
        state = self._topics.stats(self._camera, "capture")
        command = self._topics.setting_set(self._camera, EXPERIMENT)
        self._parts.add(
            Switch,
            "experiment_running",
            "Experiment",
            [self._capture],
            entity="experiment",
            command_topic=command,
            state_topic=state,
            value_template="{{ 'ON' if value_json.experiment else 'OFF' }}",
            icon="mdi:flask-outline",
        )
        self._parts.add(
            Text,
            "experiment",
            "Experiment that runs",
            [self._capture],
            command_topic=command,
            state_topic=state,
            value_template="{{ value_json.experiment }}",
            icon="mdi:flask-outline",
        )

    def _buttons(self) -> None:
        self._parts.add(
            Button,
            "trigger",
            "Trigger",
            [self._motion],
            command_topic=self._topic(leaf.TRIGGER),
            payload_press=REASON,
            icon="mdi:record-rec",
        )
        self._parts.add(
            Button,
            "keep",
            "Keep last event",
            [self._archiver],
            entity="keep_last_event",
            command_topic=self._topic(leaf.KEEP),
            payload_press="",
            icon="mdi:lock-outline",
        )

    def _statistics(self) -> None:
        presence = {"capture": self._capture, "motion": self._motion, "archiver": self._archiver}
        for key, (service, name, fields) in SENSORS.items():
            self._parts.add(
                Sensor,
                key,
                name,
                [presence[service]] if service in presence else list(presence.values()),
                entity="fps" if key == "frame_rate" else key,
                state_topic=self._topics.stats(self._camera, service),
                **fields,
            )
