import json
from typing import Any

import pytest

from services.contract.topics import Topics
from services.gateway.homeassistant.discovery import Discovery
from services.gateway.homeassistant.forms import of_devices, of_entities
from services.gateway.homeassistant.payloads import (
    AnyComponent,
    Availability,
    BinarySensor,
    Device,
    DeviceConfig,
    Origin,
)
from tests.unit.links import FakeLink

DOOR = "homeassistant/device/nightjar_door/config"
YARD = "homeassistant/device/nightjar_yard/config"


def sensor(key: str) -> AnyComponent:
    return BinarySensor(
        unique_id=key,
        name=key,
        default_entity_id=f"binary_sensor.{key}",
        availability=[Availability(topic="t")],
        state_topic="s",
    )


def device(camera: str, *keys: str, prefix: str = "nightjar") -> DeviceConfig:
    return DeviceConfig(
        device=Device(identifiers=[f"{prefix}/{camera}"], name=camera, model="Camera", sw_version="1"),
        origin=Origin(sw_version="1"),
        components={key: sensor(key) for key in keys},
    )


class Said(FakeLink):
    """All that was ever held, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.order: list[tuple[str, bytes]] = []

    def hold(self, topic: str, payload: bytes) -> None:
        if self.held.get(topic) != payload:
            self.order.append((topic, payload))
        super().hold(topic, payload)


class Scene:
    """A discovery whose devices, clock and broker are the test's."""

    def __init__(self, form: Any = of_devices) -> None:
        self.link = Said()
        self.now_s = 100.0
        self.repeated = 0
        self.devices = {"nightjar_door": device("door", "motion", "zone_a")}
        self.discovery = Discovery(
            Topics(),
            self.link,
            messages=form,
            describe=lambda: self.devices,
            repeat_states=self._repeat,
            clock=lambda: self.now_s,
            delay=lambda: 2.0,
        )

    def _repeat(self) -> None:
        self.repeated += 1

    def said(self) -> list[tuple[str, Any]]:
        said, self.link.order = self.link.order, []
        return [(topic, json.loads(payload) if payload else None) for topic, payload in said]

    def tick(self) -> list[tuple[str, Any]]:
        self.discovery.tick()
        return self.said()


def components(said: Any) -> dict[str, list[str]]:
    return {key: sorted(fields) for key, fields in said["components"].items()}


def test_every_device_is_said_once() -> None:
    scene = Scene()
    assert [topic for topic, _ in scene.tick()] == [DOOR]
    assert scene.tick() == []


def test_what_is_said_does_not_depend_on_who_says_it() -> None:
    assert of_devices(Scene().devices) == of_devices(Scene().devices)


def test_a_camera_that_leaves_is_taken_away() -> None:
    scene = Scene()
    scene.tick()
    scene.devices = {"nightjar_yard": device("yard", "motion")}
    assert [(topic, said is None) for topic, said in scene.tick()] == [(DOOR, True), (YARD, False)]


def test_a_camera_that_left_while_nobody_was_here_is_taken_away() -> None:
    scene = Scene()
    scene.discovery.take(YARD, device("yard", "motion").payload())
    assert (YARD, None) in scene.tick()
    scene.discovery.take(YARD, b"")
    assert scene.tick() == []


@pytest.mark.parametrize(
    "foreign",
    [
        device("yard", "motion", prefix="nightjar2").payload(),
        b'{"device": {"identifiers": "nightjar/yard"}}',
        b'{"device": []}',
        b"[]",
        b"no JSON",
        b"\xff",
    ],
)
def test_what_others_say_is_left_alone(foreign: bytes) -> None:
    scene = Scene()
    scene.discovery.take(YARD, foreign)
    assert [topic for topic, _ in scene.tick()] == [DOOR]


def test_an_entity_that_is_gone_is_said_with_its_platform_alone_and_then_left_out() -> None:
    scene = Scene()
    scene.tick()
    scene.devices = {"nightjar_door": device("door", "motion")}
    (_, farewell), (_, after) = scene.tick()
    assert farewell["components"]["zone_a"] == {"platform": "binary_sensor"}
    assert set(farewell["components"]) == {"motion", "zone_a"}
    assert set(after["components"]) == {"motion"}


def test_an_entity_that_went_while_nobody_was_here_goes_too_and_only_once() -> None:
    scene = Scene()
    scene.discovery.take(DOOR, device("door", "motion", "zone_a", "zone_b").payload())
    farewell, after = (said for _, said in scene.tick())
    assert farewell["components"]["zone_b"] == {"platform": "binary_sensor"}
    for said in (farewell, after):  # the broker gives us what we say as well
        scene.discovery.take(DOOR, json.dumps(said).encode())
    assert scene.tick() == []


def test_when_home_assistant_starts_all_is_said_again_after_a_while_and_the_states_after_it() -> None:
    scene = Scene()
    scene.tick()
    scene.discovery.take("homeassistant/status", b"online")
    scene.tick()
    assert scene.link.take() == []
    scene.now_s += 2.0
    scene.tick()
    (again,) = scene.link.take()
    assert (again.topic, again.payload, again.retain) == (DOOR, scene.link.held[DOOR], True)
    assert scene.repeated == 1


def test_when_home_assistant_goes_nothing_is_said() -> None:
    scene = Scene()
    scene.tick()
    scene.discovery.take("homeassistant/status", b"offline")
    scene.now_s += 60
    scene.tick()
    assert scene.link.take() == []


def test_the_older_form_has_a_message_per_entity_and_takes_the_other_form_away() -> None:
    scene = Scene(of_entities)
    scene.discovery.take(DOOR, of_devices(scene.devices)[DOOR])
    assert [topic for topic, _ in scene.tick()] == [
        DOOR,
        "homeassistant/binary_sensor/nightjar_door/motion/config",
        "homeassistant/binary_sensor/nightjar_door/zone_a/config",
    ]
    assert scene.link.held[DOOR] == b""


def test_where_it_is_switched_off_what_was_there_is_taken_away() -> None:
    scene = Scene(lambda _devices: {})
    scene.discovery.take(DOOR, of_devices(scene.devices)[DOOR])
    assert scene.tick() == [(DOOR, None)]
