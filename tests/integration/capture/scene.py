"""A capture service over a real broker, and the rest of the world played by the test."""

import json
import secrets
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt import subscribe
from paho.mqtt.enums import CallbackAPIVersion

from services.capture.service import CaptureService
from services.contract.events import EventMessage
from services.contract.frame import Frame, identify
from services.contract.settings import Settings
from services.contract.status import HealthDetail
from services.contract.topics import ANY, Topics
from services.runtime.mqtt import BrokerAddress
from tests.integration.pipeline.pipeline import Running, eventually
from tests.real import MqttServer


class Scene:
    """A capture service that runs, the rest of the world played by the test."""

    def __init__(self, broker: MqttServer, folder: Path, cameras: dict[str, Any]) -> None:
        self.prefix = f"t{secrets.token_hex(4)}"
        self.topics = Topics(self.prefix)
        self.live: defaultdict[str, list[Frame]] = defaultdict(list)
        self.state: dict[str, bytes] = {}
        self.events: list[EventMessage] = []
        self.repaired: defaultdict[str, dict[int, bytes]] = defaultdict(dict)
        self.previews: defaultdict[str, list[bytes]] = defaultdict(list)
        settings = Settings.model_validate(
            {"mqtt": {"url": broker.url, "prefix": self.prefix}, "state_dir": folder, "cameras": cameras}
        )
        # With a session: what comes while the broker is away is delivered when it is back.
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, f"{self.prefix}-listener", clean_session=False
        )
        self._client.reconnect_delay_set(1, 1)
        self._client.username_pw_set(broker.user, broker.password)
        self._client.on_connect = self._connected
        self._client.on_message = self._received
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()
        self._broker = broker
        address = BrokerAddress(broker.host, broker.port, broker.user, broker.password)
        self._capture = Running(CaptureService(settings, address))

    def end(self) -> None:
        self._capture.end()
        self._client.disconnect()
        self._client.loop_stop()

    def say(self, topic: str, payload: bytes | str, *, retain: bool = False) -> None:
        self._client.publish(topic, payload, 1, retain).wait_for_publish(10)

    def ask_again(self, camera: str, request: dict[str, Any]) -> None:
        """Asks for frames by number."""
        self.say(self.topics.camera(camera, "resend"), json.dumps(request))

    def camera_says(self, camera: str, leaf: str) -> str:
        return self.state.get(self.topics.camera(camera, leaf), b"").decode()

    def problem(self, camera: str) -> HealthDetail:
        """What is wrong with it, once something is said to be."""
        eventually("problem", lambda: self.camera_says(camera, "health") == "ON", lambda: self.state)
        return HealthDetail.model_validate_json(self.camera_says(camera, "health/detail"))

    def stats(self, camera: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.state.get(self.topics.stats(camera, "capture"), b"{}"))
        return found

    def told_to_whoever_comes_later(self, camera: str, leaf: str) -> str:
        return self.retained(self.topics.camera(camera, leaf)).decode()

    def retained(self, topic: str) -> bytes:
        """What the broker has kept."""
        told = subscribe.simple(  # type: ignore[no-untyped-call]  # paho has no types here
            topic,
            hostname=self._broker.host,
            port=self._broker.port,
            auth={"username": self._broker.user, "password": self._broker.password},
        )
        return bytes(told.payload) if told.retain else b""

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
        frames = [(self.topics.frames(ANY, leaf), 1) for leaf in ("live", "repair", "preview")]
        client.subscribe([(f"{self.prefix}/#", 1), *frames])

    def _received(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        camera, leaf = self.topics.split(message.topic) or ("", "")
        payload = bytes(message.payload)
        if leaf in {"live", "repair"}:
            frame_id = identify(payload)
            assert frame_id
            if leaf == "live":
                self.live[camera].append(Frame(frame_id, payload))
            else:
                self.repaired[camera][frame_id.sequence] = payload
        elif leaf == "preview":
            self.previews[camera].append(payload)
        elif leaf == "event":
            self.events.append(EventMessage.model_validate_json(payload))
        else:
            self.state[message.topic] = payload
