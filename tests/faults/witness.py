"""A subscriber of the suite's own: which numbers capture gave, and what was said of events."""

import threading
import time
from collections import defaultdict
from typing import Any, Protocol

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from services.contract.events import ENDS, EventMessage, EventType
from services.contract.frame import identify
from services.contract.status import CaptureStats, MotionStats
from services.contract.topics import ANY, Topics
from tests.faults.lenses import Lens

Number = tuple[str, int]
"""A frame by its capture session and its number in it."""


class MqttAccess(Protocol):
    """A broker, and how to get in."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def user(self) -> str: ...
    @property
    def password(self) -> str: ...


class Witness:
    """Notes by camera; comes back after every fault, with a session, so that little is missed."""

    def __init__(
        self, server: MqttAccess, topics: Topics, lenses: dict[str, Lens], client_id: str = ""
    ) -> None:
        self.numbers: dict[str, dict[Number, int]] = defaultdict(dict)  # the picture that each frame is
        self.events: dict[str, list[EventMessage]] = defaultdict(list)
        self.analysed: dict[str, int] = defaultdict(int)
        self.open: dict[str, int] = defaultdict(int)
        self.online: dict[str, tuple[bytes, float]] = {}
        self._topics = topics
        self._lenses = lenses
        self._server = server
        self._ready = threading.Event()
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id or f"{topics.prefix}-witness", clean_session=False
        )
        self._client.username_pw_set(server.user, server.password)
        self._client.reconnect_delay_set(1, 1)
        self._client.max_inflight_messages_set(1000)
        self._client.on_connect = self._connected
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._received

    def __enter__(self) -> "Witness":
        self._client.connect(self._server.host, self._server.port, keepalive=5)
        self._client.loop_start()
        assert self._ready.wait(10), "no subscription came about"
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def answered(self, camera: str) -> dict[str, list[EventMessage]]:
        """How each event that was seen to begin has ended: nothing, or its ends."""
        said = list(self.events[camera])
        begun = [
            e.event for e in said if e.event_type in (EventType.MOTION_START, EventType.MANUAL) and e.event
        ]
        ends = [e for e in said if e.event_type in ENDS]
        return {event: [end for end in ends if end.event == event] for event in begun}

    def _connected(self, client: mqtt.Client, *_: object) -> None:
        topics = self._topics
        client.subscribe(
            [
                (topics.frames(ANY, "live"), 1),
                (topics.camera(ANY, "event"), 1),
                (topics.stats(ANY, "capture"), 0),
                (topics.stats(ANY, "motion"), 0),
                (f"{topics.prefix}/service/+/+", 1),
            ]
        )

    def _received(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        payload = bytes(message.payload)
        camera, leaf = self._topics.split(message.topic) or ("", "")
        if leaf == "live":
            frame, picture = identify(payload), self._lenses[camera].known(payload)
            assert frame
            if picture:
                self.numbers[camera][frame.session_hex, frame.sequence] = picture.number
        elif leaf == "event":
            self.events[camera].append(EventMessage.model_validate_json(payload))
        elif message.topic.endswith("/stats/motion"):
            stats = MotionStats.model_validate_json(payload)
            self.analysed[camera], self.open[camera] = stats.analysed, stats.open_handovers
        elif message.topic.endswith("/stats/capture"):
            CaptureStats.model_validate_json(payload)
        else:
            self.online[message.topic.split("/")[-2]] = (payload, time.monotonic())
