"""Capture as others see it over a real broker: what makes a camera run, and what it gives then."""

import secrets
import time
from pathlib import Path
from typing import Any

from services.contract.frame import Frame, size
from tests.integration.capture.mjpeg_server import MULTIPART, Connection, MjpegServer, serving
from tests.integration.capture.scene import Scene
from tests.integration.pipeline.pipeline import eventually
from tests.real import MqttServer
from tests.unit.capture.cameras.pictures import jpeg

FRAMES = [jpeg(seed) for seed in range(4)]
ON_DEMAND = {"url": "demo:?fps=10&size=320x180", "capture": {"on_demand": True}}


class TestADeviceThatSendsPictures:
    def test_is_a_camera_whose_frames_are_like_all_others(self, scenes: Any) -> None:
        scene = scenes(esp={"url": "push:", "capture": {"stall_timeout": 2}})
        eventually("problem", lambda: scene.camera_says("esp", "health") == "ON", lambda: scene.state)
        assert "nothing has been sent for 2 s" in scene.camera_says("esp", "health/detail")
        for picture in FRAMES:
            scene.say(scene.topics.frames("esp", "ingest"), picture)
        frames = eventually("frames", lambda: scene.live["esp"][3:] and scene.live["esp"])
        assert [(frame.id.camera, frame.id.sequence) for frame in frames] == [("esp", n) for n in range(1, 5)]
        assert [frame.jpeg[-500:] for frame in frames] == [picture[-500:] for picture in FRAMES]
        eventually("status", lambda: scene.camera_says("esp", "status") == "online")

    def test_may_have_a_topic_of_its_own(self, scenes: Any) -> None:
        topic = f"nightjar-devices/{secrets.token_hex(4)}"
        scene = scenes(esp={"url": f"mqtt:{topic}", "capture": {"stall_timeout": 1}})
        eventually("problem", lambda: scene.camera_says("esp", "health") == "ON")  # by then it listens
        scene.say(topic, FRAMES[0])
        eventually("frame", lambda: scene.live["esp"])


class TestAPreview:
    def test_is_small_comes_once_a_second_and_is_there_for_whoever_comes_later(self, scenes: Any) -> None:
        scene = scenes(yard={"url": "demo:?fps=15&size=1280x720"})
        eventually("first preview", lambda: scene.previews["yard"])
        came = len(scene.previews["yard"])
        began_s = time.monotonic()
        eventually("three more", lambda: len(scene.previews["yard"]) >= came + 3)
        assert 1.9 < time.monotonic() - began_s < 6
        assert {size(jpeg) for jpeg in scene.previews["yard"]} == {(640, 360)}
        assert scene.retained(scene.topics.frames("yard", "preview"))[:2] == b"\xff\xd8"


class TestACameraOnDemand:
    def test_gives_one_picture_and_waits_until_somebody_wants_more(self, scenes: Any) -> None:
        scene = scenes(yard=ON_DEMAND)
        eventually("first picture", lambda: scene.live["yard"])
        eventually("stillness", lambda: scene.still("yard"))
        assert scene.camera_says("yard", "status") == "online"
        want = scene.topics.want("yard", "motion-1")
        scene.say(want, "ON", retain=True)
        scene.frames_from_now("yard")
        scene.say(want, "OFF", retain=True)
        eventually("stillness", lambda: scene.still("yard"))

    def test_does_not_run_for_a_gateway_that_is_gone(self, scenes: Any) -> None:
        scene = scenes(yard=ON_DEMAND)
        scene.say(scene.topics.want("yard", "gateway-1"), "ON", retain=True)
        scene.frames_from_now("yard")
        scene.say(scene.topics.service("gateway", "1"), "offline", retain=True)
        eventually("stillness", lambda: scene.still("yard"))

    def test_runs_for_an_experiment(self, scenes: Any) -> None:
        scene = scenes(yard=ON_DEMAND)
        eventually("first picture", lambda: scene.live["yard"])
        eventually("stillness", lambda: scene.still("yard"))
        scene.say(scene.topics.setting_set("yard", "interval"), "1")
        scene.frames_from_now("yard")


class TestACameraThatIsSwitchedOff:
    def test_is_let_go_and_comes_back_when_it_is_switched_on(self, scenes: Any) -> None:
        open_now: list[Connection] = []

        def stream(connection: Connection) -> None:
            open_now.append(connection)
            connection.send(MULTIPART)
            try:
                while not connection.closing.wait(0.05):
                    connection.part(FRAMES[len(open_now)])
                    connection.part(FRAMES[0])
            finally:
                open_now.remove(connection)

        with serving(stream) as server:
            self._switch(server, open_now, scenes(yard={"url": server.url()}))

    def _switch(self, server: MjpegServer, open_now: list[Connection], scene: Scene) -> None:
        scene.frames_from_now("yard")
        scene.say(scene.topics.setting_set("yard", "enabled"), "OFF")
        eventually("end of the connection", lambda: not open_now)
        assert scene.still("yard")
        assert scene.camera_says("yard", "status") == "offline"
        assert scene.camera_says("yard", "health") == "OFF"
        assert server.connections == 1
        scene.say(scene.topics.setting_set("yard", "enabled"), "ON")
        numbers = [frame.id.sequence for frame in scene.frames_from_now("yard")]
        assert numbers[0] == len(scene.live["yard"]) - len(numbers) + 1, "a number is missing"
        assert server.connections == 2


def test_a_rate_that_is_set_is_in_force_in_a_moment_and_again_after_a_restart(
    mqtt_server: MqttServer, tmp_path: Path
) -> None:
    camera = {"door": {"url": "demo:?fps=20&size=320x180"}}
    scene = Scene(mqtt_server, tmp_path, camera)
    try:
        scene.frames_from_now("door")
        scene.say(scene.topics.setting_set("door", "fps"), "2")
        eventually("slower", lambda: seconds(scene.frames_from_now("door")[-2:]) > 0.4, within_s=10)
        assert scene.camera_says("door", "fps/state") == "2"
    finally:
        scene.end()
    scene = Scene(mqtt_server, tmp_path, camera)
    try:
        assert seconds(scene.frames_from_now("door")[-2:]) > 0.4
    finally:
        scene.end()


def seconds(frames: list[Frame]) -> float:
    first, last = frames
    return (last.id.time - first.id.time).total_seconds()
