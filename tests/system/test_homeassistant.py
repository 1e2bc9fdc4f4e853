"""A real Home Assistant finds the cameras by itself, controls them, and survives every restart with us."""

import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.contract.frame import identify
from tests.system.home import NO_VALUE, SETUP_S, Home
from tests.system.listener import Listener
from tests.system.systems import ROOT, Compose, System
from tests.system.test_scenario import replace_as_editors_do

GUIDE = ROOT / "docs" / "guide" / "home-assistant.md"
BLUEPRINT = ROOT / "deploy" / "home-assistant" / "notify_with_picture.yaml"
#: A phone and a bell, for the automations.
HELPERS = """\
automation: !include automations.yaml
input_button: { bell: }
input_text: { told: , told_by_blueprint: }
script:
  phone:
    sequence:
      - action: input_text.set_value
        target: { entity_id: input_text.told }
        data: { value: "{{ message }} {{ data.image }}" }
  blueprints_phone:
    sequence:
      - action: input_text.set_value
        target: { entity_id: input_text.told_by_blueprint }
        data: { value: "{{ title }}: {{ message }}" }
"""
BY_BLUEPRINT = """\
- alias: By blueprint
  use_blueprint:
    path: nightjar/notify_with_picture.yaml
    input:
      events: event.street_events
      picture: image.street_last_event
      notify: script.blueprints_phone
"""

pytestmark = pytest.mark.timeout(900)

CAMERA = {
    "camera.street", "image.street_last_event", "binary_sensor.street_motion", "event.street_events",
    "binary_sensor.street_road_motion", "binary_sensor.street_connectivity", "binary_sensor.street_problem",
    "switch.street_enabled", "switch.street_motion_detection", "switch.street_archiving",
    "switch.street_experiment", "text.street_experiment", "number.street_sensitivity",
    "number.street_threshold", "number.street_min_area", "number.street_cool_down", "number.street_interval",
    "button.street_trigger", "button.street_keep_last_event", "sensor.street_fps",
    "sensor.street_events_today", "sensor.street_last_event", "sensor.street_latency",
    "sensor.street_backlog", "sensor.street_lost", "sensor.street_archive_size",
}  # fmt: skip
WHOLE = {
    "binary_sensor.nightjar_problem", "binary_sensor.nightjar_capture", "binary_sensor.nightjar_motion",
    "binary_sensor.nightjar_archiver", "binary_sensor.nightjar_gateway",
}  # fmt: skip


@pytest.fixture(scope="module")
def home(system: System, homeassistant: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Home Assistant on the system's broker, with the login that people are shown."""
    if os.geteuid() != 0:
        pytest.skip("Home Assistant is set up in a root folder of its own, which only root can enter")
    subprocess.run([homeassistant / "setup.sh"], check=True, timeout=SETUP_S, stdin=subprocess.DEVNULL)
    home = Home(homeassistant, tmp_path_factory.mktemp("home"), system.access())
    try:
        home.start()
        yield home
    finally:
        home.stop()


@pytest.fixture
def compose(system: System) -> Compose:
    if not isinstance(system, Compose):
        pytest.skip("in one process no service stops alone")
    return system


def without_value(home: Home) -> dict[str, str]:
    states = home.states()
    found = {entity: states.get(entity, "not there") for entity in CAMERA | WHOLE}
    return {entity: state for entity, state in found.items() if state in (*NO_VALUE, "not there")}


def all_is_well(home: Home) -> None:
    """Every entity is there, on its device, with a value, and soon nothing is wrong."""
    try:
        home.wait_for("value everywhere", lambda: not without_value(home), 60)
    except AssertionError:
        assert without_value(home) == {}
    try:
        home.wait_state("binary_sensor.nightjar_problem", "off")
    except AssertionError:
        assert home.attributes("binary_sensor.nightjar_problem")["problem"] == ""
        raise
    assert home.entities_of("camera.street") == CAMERA
    assert home.entities_of("binary_sensor.nightjar_problem") == WHOLE


def nothing_moves(home: Home, listener: Listener) -> None:
    """What moves now is not looked at, and its event is over."""
    home.call("switch.turn_off", entity_id="switch.street_motion_detection")
    listener.wait_for("OFF", lambda: listener.small.get("nightjar/camera/street/motion") == b"OFF")
    frames = len(listener.frames["street"])
    listener.wait_for("end of a post-roll", lambda: len(listener.frames["street"]) > frames + 110)
    listener.events.clear()


def guides_automations() -> list[str]:
    """As people copy them, for our camera and our phone."""
    blocks = re.findall(r"^```yaml\n(- alias:.*?)^```", GUIDE.read_text(), re.DOTALL | re.MULTILINE)
    assert len(blocks) == 4
    return [
        block.replace("door_", "street_")
        .replace("/door/", "/street/")
        .replace("notify.mobile_app_phone", "script.phone")
        for block in blocks
    ]


def test_every_entity_appears_on_its_device_with_a_value_and_none_is_unavailable(home: Home) -> None:
    home.wait_state("binary_sensor.street_motion", "on", "off")
    home.wait_for(
        "pictures of an event", lambda: home.states()["image.street_last_event"] not in NO_VALUE, 90
    )
    for button in ("trigger", "keep_last_event"):  # they have no value until they are pressed
        home.call("button.press", entity_id=f"button.street_{button}")
    all_is_well(home)
    assert home.attributes("binary_sensor.street_problem")["problem"] == ""
    assert home.attributes("camera.street")["friendly_name"] == "Street"


def test_motion_turns_on_and_off(home: Home) -> None:
    home.wait_state("binary_sensor.street_motion", "on", within_s=60)
    home.wait_state("binary_sensor.street_motion", "off", within_s=60)


def test_the_picture_is_byte_for_byte_the_last_preview(home: Home, system: System) -> None:
    with Listener(system.access()) as listener:
        listener.wait_for("preview", lambda: "nightjar-frames/street/preview" in listener.small)
        for _ in range(3):
            before = listener.small["nightjar-frames/street/preview"]
            shown = home.picture("camera.street")
            assert shown in (before, listener.small["nightjar-frames/street/preview"])


def test_its_mjpeg_camera_shows_the_stream_in_full_size(home: Home, system: System) -> None:
    access = system.access()
    user, password = access.dashboard_login
    form = {
        "name": "Street in full",
        "mjpeg_url": f"{access.dashboard}/cameras/street/stream.mjpeg",
        "still_image_url": f"{access.dashboard}/cameras/street/snapshot.jpg",
        "username": user,
        "verify_ssl": True,
    }
    assert home.set_up("mjpeg", **form, password="wrong")["errors"] == {"username": "invalid_auth"}
    entry = home.set_up("mjpeg", **form, password=password)["result"]["entry_id"]
    home.wait_state("camera.street_in_full", "idle", "streaming")
    frame = identify(home.picture("camera.street_in_full"))
    assert frame is not None
    assert frame.camera == "street"
    assert home.live("camera.street_in_full", 3).count(b"\xff\xd8\xff\xe1") > 15
    home.remove(entry)


def test_a_switch_and_numbers_change_the_detector_and_come_back_as_state(home: Home, system: System) -> None:
    with Listener(system.access()) as listener:
        topic = "nightjar/camera/street/{}/state".format
        home.call("switch.turn_off", entity_id="switch.street_motion_detection")
        listener.wait_for("OFF", lambda: listener.small.get(topic("motion_detection")) == b"OFF")
        home.wait_state("switch.street_motion_detection", "off")

        def analysed() -> int:
            return int(json.loads(listener.small["nightjar/camera/street/stats/motion"])["analysed"])

        listener.small.pop("nightjar/camera/street/stats/motion", None)
        listener.wait_for("account", lambda: "nightjar/camera/street/stats/motion" in listener.small)
        before, frames = analysed(), len(listener.frames["street"])
        listener.wait_for("more frames", lambda: len(listener.frames["street"]) > frames + 60)
        assert analysed() - before < 10
        home.call("switch.turn_on", entity_id="switch.street_motion_detection")
        listener.wait_for("a look", lambda: analysed() > before + 20)

        follows = listener.small[topic("threshold")]
        home.call("number.set_value", entity_id="number.street_sensitivity", value=75)
        listener.wait_for("75", lambda: listener.small.get(topic("sensitivity")) == b"75")
        listener.wait_for("what follows", lambda: listener.small.get(topic("threshold")) != follows)
        home.wait_state("number.street_sensitivity", "75")
        home.wait_state("number.street_threshold", listener.small[topic("threshold")].decode())
        home.call("number.set_value", entity_id="number.street_min_area", value=0.5)
        listener.wait_for("a share", lambda: listener.small.get(topic("min_area")) == b"0.005")
        home.wait_state("number.street_min_area", "0.5")
        for setting, default in (("sensitivity", "50"), ("min_area", "")):
            listener.publish(f"nightjar/camera/street/{setting}/set", default)
        home.wait_state("number.street_sensitivity", "50")


def test_an_experiment_is_begun_and_ended_with_a_text_and_a_switch(home: Home) -> None:
    experiment = json.dumps({"name": "leaves", "interval_s": 1})
    home.call("text.set_value", entity_id="text.street_experiment", value=experiment)
    home.wait_state("switch.street_experiment", "on")
    home.wait_state("text.street_experiment", "leaves")
    home.call("switch.turn_off", entity_id="switch.street_experiment")
    home.wait_state("text.street_experiment", "")
    home.call("switch.turn_on", entity_id="switch.street_experiment")
    home.wait_state("text.street_experiment", "leaves")
    home.call("switch.turn_off", entity_id="switch.street_experiment")
    home.wait_state("switch.street_experiment", "off")


def test_an_event_fires_once_also_when_the_broker_restarts_in_the_middle_of_it(
    home: Home, system: System
) -> None:
    with Listener(system.access()) as listener:
        nothing_moves(home, listener)
        home.call(
            "mqtt.publish",
            topic="nightjar/camera/street/trigger",
            payload='{"reason": "test of an event", "duration_s": 25}',
        )
        event = listener.wait_for("event", lambda: listener.of("street", "manual"))[-1].event

        def fired(kind: str) -> list[str]:
            return [
                each["event"]
                for each in home.events("event.street_events")
                if each.get("event_type") == kind and each.get("event") == event
            ]

        home.wait_for("manual", lambda: fired("manual"))
        system.restart_broker()
        listener.wait_for("end", lambda: event in [e.event for e in listener.of("street", "motion_end")], 90)
    home.wait_state("binary_sensor.street_motion", "off", within_s=60)
    if isinstance(system, Compose):  # in one process the event ends with the broker, and all of us
        home.wait_for("motion_end", lambda: fired("motion_end"))
        home.wait_for("archived", lambda: fired("archived"), 60)
        assert len(fired("archived")) == 1
    assert len(fired("manual")) == 1
    assert len(fired("motion_end")) == 1
    home.call("switch.turn_on", entity_id="switch.street_motion_detection")
    all_is_well(home)


def test_a_service_that_is_stopped_makes_its_entities_unavailable_until_it_is_back(
    home: Home, compose: Compose
) -> None:
    compose.stop_services("motion")
    home.wait_state("binary_sensor.street_motion", "unavailable", within_s=20)
    states = home.states()
    assert states["switch.street_motion_detection"] == "unavailable"
    assert states["number.street_sensitivity"] == "unavailable"
    assert states["binary_sensor.nightjar_motion"] == "off"
    assert states["camera.street"] not in NO_VALUE
    home.wait_state("binary_sensor.nightjar_problem", "on")
    assert "Motion is not running" in home.attributes("binary_sensor.nightjar_problem")["problem"]
    compose.start_services("motion")
    all_is_well(home)


def test_after_a_restart_of_the_gateway_everything_is_right(home: Home, compose: Compose) -> None:
    compose.stop_services("gateway")
    home.wait_state("binary_sensor.nightjar_problem", "unavailable", within_s=20)
    compose.start_services("gateway")
    all_is_well(home)


def test_a_camera_that_left_while_the_gateway_was_away_is_gone_and_comes_back(
    home: Home, compose: Compose
) -> None:
    before = compose.config.read_text()
    assert "camera.clip" in home.states()
    compose.stop_services("gateway")
    replace_as_editors_do(compose.config, before.partition("  clip:")[0])
    compose.start_services("gateway")
    home.wait_for("end of the camera", lambda: "camera.clip" not in home.states())
    replace_as_editors_do(compose.config, before)
    home.wait_for("camera", lambda: "camera.clip" in home.states())
    all_is_well(home)


def test_a_zone_that_is_drawn_and_removed_comes_and_goes(home: Home, system: System) -> None:
    zones = {"road": [[0, 0.4], [1, 0.4], [1, 1], [0, 1]], "sky": [[0, 0], [1, 0], [1, 0.2]]}
    drawn = {name: {"points": points} for name, points in zones.items()}
    command = "nightjar/camera/street/zones/set"
    with Listener(system.access()) as listener:
        listener.publish(command, json.dumps(drawn))
        home.wait_state("binary_sensor.street_sky_motion", "off")
        listener.publish(command, json.dumps({"road": drawn["road"]}))
        home.wait_for("end of the zone", lambda: "binary_sensor.street_sky_motion" not in home.states())
    all_is_well(home)


def test_after_a_restart_of_home_assistant_everything_is_right(home: Home) -> None:
    home.write("configuration.yaml", HELPERS, append=True)
    home.write("automations.yaml", "\n".join([*guides_automations(), BY_BLUEPRINT]))
    home.write("blueprints/automation/nightjar/notify_with_picture.yaml", BLUEPRINT.read_text())
    home.restart()
    all_is_well(home)


def test_the_automations_of_the_guide_and_the_blueprint_do_what_they_say(home: Home, system: System) -> None:
    automations = {name: state for name, state in home.states().items() if name.startswith("automation.")}
    assert automations == dict.fromkeys(
        (
            "automation.somebody_at_the_door",
            "automation.the_door_is_watched_at_night",
            "automation.the_bell_records",
            "automation.the_bell_records_a_minute",
            "automation.by_blueprint",
        ),
        "on",
    )
    home.wait_state(
        "input_text.told", "Something moves /api/image_proxy/image.street_last_event", within_s=90
    )
    home.wait_state("input_text.told_by_blueprint", "Street: Something moves", within_s=90)
    with Listener(system.access()) as listener:
        nothing_moves(home, listener)
        home.call("automation.turn_off", entity_id="automation.the_bell_records_a_minute")
        home.call("input_button.press", entity_id="input_button.bell")
        bell = listener.wait_for("event", lambda: listener.of("street", "manual"))[0]
        assert bell.reason == "Home Assistant"
    home.call("switch.turn_on", entity_id="switch.street_motion_detection")


def test_the_older_form_has_the_same_entities(home: Home, compose: Compose) -> None:
    before = compose.config.read_text()
    replace_as_editors_do(compose.config, f"{before}homeassistant:\n  discovery: entities\n")
    compose.stop_services("gateway")
    compose.start_services("gateway")
    with Listener(compose.access(), "homeassistant/#") as listener:
        older = "homeassistant/camera/nightjar_street/camera/config"
        listener.wait_for("older form", lambda: listener.retained.get(older) or listener.small.get(older))
    all_is_well(home)
    replace_as_editors_do(compose.config, before)
    compose.stop_services("gateway")
    compose.start_services("gateway")
    all_is_well(home)


def test_home_assistant_has_nothing_to_complain_of(home: Home) -> None:
    about_us = [
        said
        for said in home.complaints()
        if any(word in said for word in ("mqtt", "nightjar", "street", "recorder"))
    ]
    assert about_us == []


def test_no_event_was_fired_twice(home: Home) -> None:
    """All that happened in all these tests; updates come again and again."""
    fired = Counter(
        (each["event"], each["event_type"])
        for each in home.events("event.street_events")
        if each.get("event") and each["event_type"] not in ("motion_update", "interval")
    )
    assert {which: count for which, count in fired.items() if count > 1} == {}
    assert len(fired) > 3
