"""Capture as others see it over a real broker: what makes a camera run, and what it gives then."""

import secrets
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from services.capture.service import CaptureService
from services.contract.frame import Frame, identify
from services.contract.settings import Settings
from services.contract.topics import ANY, Topics
from services.runtime.mqtt import BrokerAddress
from tests.integration.capture.mjpeg_server import MULTIPART, Connection, MjpegServer, serving
from tests.integration.pipeline.pipeline import Running, eventually
from tests.real import MqttServer
from tests.unit.capture.cameras.pictures import jpeg

FRAMES = [jpeg(seed) for seed in range(4)]
ON_DEMAND = {"url": "demo:?fps=10&size=320x180", "capture": {"on_demand": True}}


class Scene:
    """A capture service that runs, the rest of the world played by the test."""

    def __init__(self, broker: MqttServer, folder: Path, cameras: dict[str, Any]) -> None:
        self.prefix = f"t{secrets.token_hex(4)}"
        self.topics = Topics(self.prefix)
        self.live: defaultdict[str, list[Frame]] = defaultdict(list)
        self.state: dict[str, bytes] = {}
        settings = Settings.model_validate(
            {"mqtt": {"url": broker.url, "prefix": self.prefix}, "state_dir": folder, "cameras": cameras}
        )
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.username_pw_set(broker.user, broker.password)
        self._client.on_connect = self._connected
        self._client.on_message = self._received
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()
        address = BrokerAddress(broker.host, broker.port, broker.user, broker.password)
        self._capture = Running(CaptureService(settings, address))

    def end(self) -> None:
        self._capture.end()
        self._client.disconnect()
        self._client.loop_stop()

    def say(self, topic: str, payload: bytes | str, *, retain: bool = False) -> None:
        self._client.publish(topic, payload, 1, retain).wait_for_publish(10)

    def camera_says(self, camera: str, leaf: str) -> str:
        return self.state.get(self.topics.camera(camera, leaf), b"").decode()

    def frames_from_now(self, camera: str, count: int = 3) -> list[Frame]:
        """So many more frames of the camera."""
        before = len(self.live[camera])
        eventually("frames", lambda: len(self.live[camera]) >= before + count, lambda: self.state)
        return self.live[camera][before:]

    def still(self, camera: str) -> bool:
        """Whether no frame comes for half a second."""
        before = len(self.live[camera])
        time.sleep(0.5)
        return len(self.live[camera]) == before

    def _connected(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe([(f"{self.prefix}/#", 1), (self.topics.frames(ANY, "live"), 1)])

    def _received(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        camera, leaf = self.topics.split(message.topic) or ("", "")
        payload = bytes(message.payload)
        if leaf == "live":
            frame_id = identify(payload)
            assert frame_id
            self.live[camera].append(Frame(frame_id, payload))
        else:
            self.state[message.topic] = payload


@pytest.fixture
def scenes(mqtt_server: MqttServer, tmp_path: Path) -> Iterator[Any]:
    """Makes scenes that end with the test."""
    made: list[Scene] = []

    def make(**cameras: Any) -> Scene:
        made.append(Scene(mqtt_server, tmp_path / "state", cameras))
        return made[-1]

    yield make
    for scene in made:
        scene.end()


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
