"""What Home Assistant is told of a camera, as a person would find it there."""

from typing import Any

import pytest

from services.contract.controls import CONTROLS
from services.contract.events import EventType
from services.contract.settings import Settings
from services.contract.status import ServiceInfo
from services.contract.topics import Topics
from services.gateway.cameras import Cameras
from services.gateway.homeassistant.description import Description
from services.gateway.live.state import LiveState

TABLE = {
    "camera.door", "image.door_last_event", "binary_sensor.door_motion", "event.door_events",
    "binary_sensor.door_connectivity", "switch.door_enabled", "switch.door_motion_detection",
    "switch.door_archiving", "number.door_sensitivity", "number.door_threshold", "number.door_min_area",
    "number.door_cool_down", "number.door_interval", "text.door_experiment", "switch.door_experiment",
    "button.door_trigger", "button.door_keep_last_event", "sensor.door_fps", "sensor.door_events_today",
    "sensor.door_last_event", "sensor.door_latency", "sensor.door_backlog", "sensor.door_lost",
    "sensor.door_archive_size", "binary_sensor.door_problem",
}  # fmt: skip


class Scene:
    def __init__(self, prefix: str = "nightjar", public_url: str = "https://cams.example/") -> None:
        topics = Topics(prefix)
        settings = Settings.model_validate({"cameras": {"door": {"url": "demo:", "label": "Front door"}}})
        self.prefix = prefix
        self.state = LiveState(topics, {"door": "Front door"}, lambda *_: None)
        self.describe = Description(topics, Cameras(settings), self.state, public_url, "1")

    def take(self, topic: str, payload: bytes) -> None:
        self.state.take(f"{self.prefix}/{topic}", payload)

    def door(self) -> dict[str, Any]:
        return self.describe()[f"{self.prefix}_door"].model_dump(mode="json")

    def entities(self) -> dict[str, dict[str, Any]]:
        return {each["default_entity_id"]: each for each in self.door()["components"].values()}


def available(entity: dict[str, Any]) -> list[str]:
    return [each["topic"].removeprefix("nightjar/") for each in entity["availability"]]


def test_every_entity_of_the_table_is_there() -> None:
    found = Scene().entities()
    assert {name for name, each in found.items() if each.get("enabled_by_default") is not False} == TABLE


def test_every_setting_that_can_be_changed_at_run_time_is_there() -> None:
    plain = {control.name for control in CONTROLS} - {"zones", "masks"}
    assert plain <= set(Scene().door()["components"])


def test_no_two_entities_have_one_id() -> None:
    components = Scene().door()["components"]
    assert len({each["unique_id"] for each in components.values()}) == len(components)
    assert len(Scene().entities()) == len(components)


def test_the_camera_is_the_main_entity_and_leads_to_its_page() -> None:
    door = Scene().door()
    assert door["components"]["camera"]["name"] is None
    assert door["device"]["name"] == "Front door"
    assert door["device"]["configuration_url"] == "https://cams.example/cameras/door"
    assert door["origin"]["name"] == "Nightjar"


def test_where_nobody_knows_how_people_reach_the_page_none_is_named() -> None:
    assert "configuration_url" not in Scene(public_url="").door()["device"]


def test_the_types_of_events_are_those_of_the_contract() -> None:
    assert Scene().entities()["event.door_events"]["event_types"] == [kind.value for kind in EventType]


@pytest.mark.parametrize(
    ("entity", "needs"),
    [
        ("camera.door", ["service/capture/1", "camera/door/status"]),
        ("binary_sensor.door_motion", ["service/motion/1", "camera/door/status"]),
        ("binary_sensor.door_connectivity", ["service/capture/1"]),
        ("switch.door_enabled", ["service/capture/1"]),  # else it could not be switched on again
        ("switch.door_archiving", ["service/archiver/1"]),
        ("sensor.door_lost", ["service/capture/1", "service/motion/1", "service/archiver/1"]),
    ],
)
def test_an_entity_is_available_while_all_that_it_needs_is_there(entity: str, needs: list[str]) -> None:
    found = Scene().entities()[entity]
    assert available(found) == needs
    assert found["availability_mode"] == "all"


def test_a_zone_is_there_as_soon_as_it_is_heard_of_and_goes_when_it_is_cleared() -> None:
    scene = Scene()
    scene.take("camera/door/zone/path_left", b"OFF")
    zone = scene.entities()["binary_sensor.door_path_left_motion"]
    assert zone["name"] == "Motion in path left"
    assert zone["state_topic"] == "nightjar/camera/door/zone/path_left"
    scene.take("camera/door/zone/path_left", b"")
    assert "binary_sensor.door_path_left_motion" not in scene.entities()


def test_the_zones_are_those_that_motion_has_now() -> None:
    scene = Scene()
    scene.take("camera/door/zones/state", b'{"gate": {"points": [[0, 0], [1, 0], [1, 1]]}}')
    assert "binary_sensor.door_gate_motion" in scene.entities()
    scene.take("camera/door/zones/state", b"{}")
    assert "binary_sensor.door_gate_motion" not in scene.entities()


def test_a_camera_that_another_instance_serves_depends_on_that_one() -> None:
    scene = Scene()
    for instance, cameras in (("1", ["yard"]), ("2", ["door"])):
        info = ServiceInfo(service="motion", version="1", instance=instance, cameras=cameras)
        scene.take(f"service/motion/{instance}/info", info.payload())
        scene.take(f"service/motion/{instance}", b"online")
    assert available(scene.entities()["binary_sensor.door_motion"])[0] == "service/motion/2"


def test_a_share_is_shown_in_percent_since_home_assistant_knows_no_finer_step() -> None:
    area = Scene().entities()["number.door_min_area"]
    assert (area["min"], area["max"], area["step"]) == (0.01, 100, 0.01)
    assert area["unit_of_measurement"] == "%"
    assert area["command_template"] == "{{ (value / 100) | round(6) }}"


def test_nightjar_itself_says_which_services_run_and_whether_anything_is_wrong() -> None:
    scene = Scene()
    scene.take("service/capture/1", b"online")
    whole = scene.describe()["nightjar"].model_dump(mode="json")
    assert {each["default_entity_id"] for each in whole["components"].values()} == {
        "binary_sensor.nightjar_problem", "binary_sensor.nightjar_capture", "binary_sensor.nightjar_gateway",
    }  # fmt: skip
    assert scene.door()["device"]["via_device"] == whole["device"]["identifiers"][0]


def test_nothing_is_described_anew_while_nothing_changes() -> None:
    scene = Scene()
    before = scene.describe()
    scene.take("camera/door/motion", b"ON")
    assert scene.describe() is before


def test_two_nightjars_on_one_broker_have_nothing_in_common() -> None:
    one, other = (Scene(prefix).describe() for prefix in ("nightjar", "barn"))
    assert not one.keys() & other.keys()
    ids = [
        {each["unique_id"] for d in ds.values() for each in d.model_dump()["components"].values()}
        for ds in (one, other)
    ]
    assert not ids[0] & ids[1]
