"""A subscriber of the test's own that writes everything down."""

import json
import threading
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from services.contract.events import ENDS, EventMessage, EventType
from services.contract.frame import identify
from services.contract.handover import Resend
from services.contract.topics import ANY, Topics
from services.runtime.mqtt import BrokerAddress


class Listener:
    """Notes live frames by number, events, and who asked for what again."""

    def __init__(self, address: BrokerAddress, prefix: str) -> None:
        self.live: dict[int, bytes] = {}
        self.events: list[EventMessage] = []
        self.asked: list[Resend] = []
        self.state: dict[str, bytes] = {}
        self.said: list[tuple[str, bytes]] = []
        self._topics = Topics(prefix)
        self._address = address
        self._ready = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.username_pw_set(address.user, address.password)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._connected
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._received

    def __enter__(self) -> "Listener":
        self._client.connect(self._address.host, self._address.port)
        self._client.loop_start()
        assert self._ready.wait(10), "no subscription came about"
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self._client.publish(topic, payload, 1, retain).wait_for_publish(10)

    def of(self, *kinds: EventType) -> list[EventMessage]:
        return [event for event in list(self.events) if event.event_type in kinds]

    def stats(self, service: str) -> dict[str, Any]:
        """What the service said last of its only camera."""
        for topic, payload in list(self.state.items()):
            if topic.endswith(f"/stats/{service}"):
                found: dict[str, Any] = json.loads(payload)
                return found
        return {}

    @property
    def asked_by_archiver(self) -> list[Resend]:
        """Not what motion asks for of its own, such as a pre-roll from before its start."""
        return [request for request in self.asked if request.wanted_for != "live"]

    @property
    def answers(self) -> list[EventMessage]:
        return self.of(*ENDS)

    def _connected(self, client: mqtt.Client, *_: object) -> None:
        prefix = self._topics.prefix
        client.subscribe([(f"{prefix}/#", 1), (self._topics.frames(ANY, "live"), 1)])

    def _received(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        payload = bytes(message.payload)
        _, leaf = self._topics.split(message.topic) or ("", "")
        if leaf == "live":
            frame = identify(payload)
            assert frame
            self.live[frame.sequence] = payload
        elif leaf == "event":
            if json.loads(payload)["event_type"] in set(EventType):  # not of a later release
                self.events.append(EventMessage.model_validate_json(payload))
        elif leaf == "resend":
            self.asked.append(Resend.model_validate_json(payload))
        else:
            self.state[message.topic] = payload
            self.said.append((message.topic, payload))
