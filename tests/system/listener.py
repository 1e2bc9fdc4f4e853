"""A person's MQTT client that writes everything down."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from services.contract.events import EventMessage
from services.contract.frame import identify
from tests.system.systems import Access

Number = tuple[str, int]


class Listener:
    """Notes every live frame by its number, every event, and the last payload of every small topic."""

    def __init__(self, access: Access, *also: str) -> None:
        """`also`: further topics to write down."""
        self._also = also
        self.frames: dict[str, dict[Number, bytes]] = defaultdict(dict)
        self.events: list[EventMessage] = []
        self.small: dict[str, bytes] = {}
        self.retained: dict[str, bytes] = {}
        self._access = access
        self._ready = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.username_pw_set(*access.mqtt_login)
        self._client.on_connect = self._connected
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._received

    def __enter__(self) -> "Listener":
        self._client.connect(*self._access.mqtt_address)
        self._client.loop_start()
        assert self._ready.wait(10), "no subscription came about"
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, topic: str, payload: str) -> None:
        self._client.publish(topic, payload, qos=1).wait_for_publish(10)

    def wait_for(self, what: str, condition: Callable[[], Any], within_s: float = 60.0) -> Any:
        """The condition's value once it is true; fails with what has been seen meanwhile."""
        until = time.monotonic() + within_s
        while not (found := condition()):
            seen = [(event.camera, event.event_type.value) for event in self.events]
            counts = {camera: len(frames) for camera, frames in self.frames.items()}
            assert time.monotonic() < until, f"no {what} within {within_s} s; events {seen}, frames {counts}"
            time.sleep(0.1)
        return found

    def of(self, camera: str, kind: str) -> list[EventMessage]:
        return [
            event for event in list(self.events) if (event.camera, event.event_type.value) == (camera, kind)
        ]

    def _connected(self, client: mqtt.Client, *_: object) -> None:
        wanted = ("nightjar/#", "nightjar-frames/+/live", "nightjar-frames/+/preview", *self._also)
        client.subscribe([(topic, 1) for topic in wanted])

    def _received(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        payload = bytes(message.payload)
        if message.topic.endswith("/live"):
            frame = identify(payload)
            assert frame
            self.frames[frame.camera][frame.session_hex, frame.sequence] = payload
            return
        self.small[message.topic] = payload
        if message.retain:
            self.retained[message.topic] = payload
        if message.topic.endswith("/event"):
            self.events.append(EventMessage.model_validate_json(payload))
