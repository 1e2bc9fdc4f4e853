"""Cameras come and go while the gateway runs, and Home Assistant hears of both."""

import json

from services.contract.settings import Settings
from services.contract.topics import STATUS
from tests.integration.gateway.conftest import Scene, eventually


def with_cameras(scene: Scene, *cameras: str) -> Settings:
    values = {**scene.settings.model_dump(), "cameras": {camera: {"url": "demo:"} for camera in cameras}}
    return Settings.model_validate(values)


def shown(scene: Scene) -> dict[str, str]:
    answer = scene.logged_in().get("/api/cameras")
    return {each["camera"]: each["status"] for each in json.loads(answer.body)["cameras"]}


def test_a_camera_that_comes_is_shown_with_what_was_said_of_it_before(scene: Scene) -> None:
    scene.hold(STATUS, "online", camera="yard")
    scene.service.reconfigure(with_cameras(scene, "door", "yard"))
    eventually(lambda: shown(scene) == {"door": "unknown", "yard": "online"}, "the yard is there")
    assert scene.logged_in().get("/cameras/yard").status == 200


def test_a_camera_that_goes_is_no_more_and_leaves_nothing_on_the_broker(scene: Scene) -> None:
    wants = scene.want("door")
    scene.service.reconfigure(with_cameras(scene, "yard"))
    eventually(lambda: list(shown(scene)) == ["yard"], "the door is gone")
    assert scene.logged_in().get("/cameras/door").status == 404
    eventually(lambda: wants[-1] == b"", "what was said of the door is taken back")


def test_what_is_wrong_with_the_configuration_is_among_the_troubles_until_it_is_mended(scene: Scene) -> None:
    def troubles() -> str:
        return scene.logged_in().get("/api/health").body.decode()

    scene.service.complain("the configuration was changed and is not in force: line 3")
    eventually(
        lambda: "The configuration was changed and is not in force: line 3." in troubles(), "it is said"
    )
    scene.service.complain("")
    eventually(lambda: "not in force" not in troubles(), "it is said no more")


def test_home_assistant_hears_of_cameras_that_come_and_go(scene: Scene) -> None:
    prefix = scene.topics.prefix

    def device(camera: str) -> list[bytes]:
        return scene.listen(f"homeassistant/device/{prefix}_{camera}/config")

    door, yard = device("door"), device("yard")
    eventually(lambda: door, "the door is announced")
    assert json.loads(door[-1])["device"]["name"] == "Front <door>"
    scene.service.reconfigure(with_cameras(scene, "yard"))
    eventually(lambda: door[-1] == b"" and yard, "one goes, the other comes")
    scene.service.reconfigure(with_cameras(scene))
    eventually(lambda: yard[-1] == b"", "the other goes")


def test_when_home_assistant_starts_it_is_told_again(scene: Scene) -> None:
    door = scene.listen(f"homeassistant/device/{scene.topics.prefix}_door/config")
    eventually(lambda: door, "the door is announced")
    count = len(door)
    scene.link.send("homeassistant/status", b"online")
    eventually(lambda: len(door) > count, "the door is announced again")
    assert door[-1] == door[0]
