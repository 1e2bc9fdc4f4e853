"""Motion's part, played by a test: frames of an event, its handover, and an ear for the answer."""

import json
import secrets
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from services.contract.events import EventMessage
from services.contract.frame import FrameId, stamp
from services.contract.handover import FrameRef, Handover
from services.contract.topics import Topics
from tests.real import MqttServer

T = TypeVar("T")

SESSION = 7
JPEG = b"\xff\xd8\xff\xdb\x00\x04\x00\x00"


class Feeder:
    """One camera, `yard`, below a prefix of its own. Used with `with`."""

    def __init__(self, broker: MqttServer, size: int = 20_000) -> None:
        self.prefix = f"t{secrets.token_hex(4)}"
        self.topics = Topics(self.prefix)
        self.start = datetime.now(UTC).replace(microsecond=0)
        self.event = f"{self.start:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
        self.frames: dict[int, bytes] = {}
        self.said: list[EventMessage] = []
        self.state: dict[str, bytes] = {}
        self._size = size
        self._ready = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.username_pw_set(broker.user, broker.password)
        self._client.max_inflight_messages_set(1000)
        self._client.on_connect = lambda client, *_: client.subscribe([(f"{self.prefix}/#", 1)])
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._received
        self._client.connect(broker.host, broker.port)

    def __enter__(self) -> "Feeder":
        self._client.loop_start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, *sequences: int, every_s: float = 0.0) -> None:
        """Frames of the event, each with its number."""
        for sequence in sequences:
            jpeg = self.frames[sequence] = self._frame(sequence)
            self._client.publish(self.topics.event_frames("yard", self.event), jpeg, 1)
            if every_s:
                time.sleep(every_s)

    def hand_over(self) -> None:
        """All that was published."""
        handover = Handover(
            camera="yard",
            event=self.event,
            reason="motion",
            started=self.start,
            ended=self.start + timedelta(seconds=5),
            frames=[FrameRef(session=f"{SESSION:016x}", sequence=sequence) for sequence in self.frames],
        )
        self._client.publish(self.topics.handover("yard", self.event), handover.payload(), 1)

    def say(self, topic: str, payload: bytes) -> None:
        """Returns when the broker has it."""
        self._client.publish(topic, payload, 1).wait_for_publish(10)

    @property
    def kinds(self) -> list[str]:
        return [message.event_type.value for message in list(self.said)]

    def info(self) -> dict[str, Any]:
        for topic, payload in list(self.state.items()):
            if topic.endswith("/info"):
                found: dict[str, Any] = json.loads(payload)
                return found
        return {}

    def _frame(self, sequence: int) -> bytes:
        filling = sequence.to_bytes(4, "big") * (self._size // 4)
        picture = JPEG + b"\xff\xfe" + (len(filling[:60000]) + 2).to_bytes(2, "big") + filling[:60000]
        frame = FrameId("yard", SESSION, sequence, self.start + timedelta(milliseconds=50 * sequence))
        return stamp(picture + b"\xff\xd9", frame)

    def _received(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        if message.topic == self.topics.camera("yard", "event"):
            self.said.append(EventMessage.model_validate_json(bytes(message.payload)))
        else:
            self.state[message.topic] = bytes(message.payload)


def eventually(what: str, condition: Callable[[], T], within_s: float = 30.0) -> T:
    until_s = time.monotonic() + within_s
    while not (found := condition()):
        if time.monotonic() > until_s:
            pytest.fail(f"no {what} within {within_s:g} s")
        time.sleep(0.03)
    return found
