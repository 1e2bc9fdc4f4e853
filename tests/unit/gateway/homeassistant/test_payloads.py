"""Home Assistant rejects a payload with a key that it does not know, and drops others in silence."""

import json

import pytest
from pydantic import ValidationError

from services.gateway.homeassistant.payloads import (
    Availability,
    Camera,
    Device,
    DeviceConfig,
    Number,
    Origin,
    Removed,
    entity_payload,
)

AVAILABLE = [Availability(topic="a/b")]
CAMERA = Camera(
    unique_id="n/door/camera",
    name=None,
    default_entity_id="camera.door",
    availability=AVAILABLE,
    topic="f/door/preview",
)
CONFIG = DeviceConfig(
    device=Device(identifiers=["n/door"], name="Door", model="Camera", sw_version="1"),
    origin=Origin(sw_version="1"),
    components={"camera": CAMERA, "old": Removed(platform="switch")},
)


def test_what_is_not_set_is_not_said_but_the_name_of_the_main_entity() -> None:
    assert json.loads(CONFIG.payload()) == {
        "device": {
            "identifiers": ["n/door"],
            "name": "Door",
            "manufacturer": "Nightjar",
            "model": "Camera",
            "sw_version": "1",
        },
        "origin": {"name": "Nightjar", "sw_version": "1"},
        "components": {
            "camera": {
                "unique_id": "n/door/camera",
                "name": None,
                "default_entity_id": "camera.door",
                "availability": [{"topic": "a/b"}],
                "availability_mode": "all",
                "platform": "camera",
                "topic": "f/door/preview",
            },
            "old": {"platform": "switch"},
        },
        "qos": 1,
    }


def test_an_entity_by_itself_says_its_device_and_its_origin_too() -> None:
    said = json.loads(entity_payload(CONFIG, CAMERA))
    assert said["device"]["identifiers"] == ["n/door"]
    assert said["origin"]["name"] == "Nightjar"
    assert said["name"] is None
    assert "platform" not in said
    assert "components" not in said


@pytest.mark.parametrize(
    "wrong",
    [
        {"object_id": "door"},
        {"default_entity_id": "door"},
        {"default_entity_id": "camera.front-door"},
        {"availability": []},
        {"icon": "camera"},
        {"availability_mode": "every"},
    ],
    ids=str,
)
def test_what_home_assistant_would_not_take_cannot_be_said(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Camera.model_validate({**CAMERA.model_dump(), **wrong})


def test_a_step_that_is_finer_than_home_assistant_knows_cannot_be_said() -> None:
    with pytest.raises(ValidationError):
        Number(
            unique_id="u", name="n", default_entity_id="number.n", availability=AVAILABLE,
            command_topic="c", state_topic="s", min=0, max=1, step=0.0001, mode="box",
        )  # fmt: skip


def test_a_page_without_a_scheme_cannot_be_said() -> None:
    with pytest.raises(ValidationError):
        Device(identifiers=["a"], name="b", model="c", sw_version="1", configuration_url="cams.example")
