"""A person's look at a broker: what it allows, grants and denies, on a connection that keeps nothing."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from services.runtime.mqtt.address import BrokerAddress, tls_context
from services.runtime.mqtt.connection import KEEP_ALIVE_S, SESSION_EXPIRY_S
from services.runtime.mqtt.words import ConnectionRefused, refusal, unreachable

ANSWER_S = 5.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What a broker said of itself when it accepted us; None: nothing, so there is no bound that we know."""

    version: str = "3.1.1"
    max_packet_bytes: int | None = None
    at_a_time: int | None = None  # messages at QoS 1 that it takes unacknowledged
    max_qos: int = 2
    retains: bool = True
    session_s: int = SESSION_EXPIRY_S  # for how long it keeps a session of ours, who ask for a week
    wildcards: bool = True


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that came."""

    topic: str
    payload: bytes
    retained: bool
    at_s: float  # wall clock


class Examination:
    """A connection as a context. Raises ConnectionRefused, with a sentence, where none comes about."""

    def __init__(self, broker: BrokerAddress, client_id: str) -> None:
        self.limits = Limits()
        self.heard: list[Heard] = []
        self._broker = broker
        self._client_id = client_id
        self._answers: dict[int, bool] = {}
        self._changed = threading.Condition()
        self._connack: ReasonCode | None = None

    def __enter__(self) -> "Examination":
        try:
            self._open(version5=True)
        except ConnectionRefused as refused:
            if not refused.wrong_version:
                raise
            self._open(version5=False)
        return self

    def __exit__(self, *_: object) -> None:
        goodbye = None
        if self.limits.version == "5":
            goodbye = Properties(PacketTypes.DISCONNECT)  # type: ignore[no-untyped-call]  # the same
            goodbye.SessionExpiryInterval = 0
        self._client.disconnect(properties=goodbye)
        self._client.loop_stop()

    def subscribe(self, topic_filter: str) -> bool:
        """Whether it is granted; mosquitto grants all, and delivers what may be read."""
        _, mid = self._client.subscribe(topic_filter, qos=1)
        return mid is not None and self._answer(mid)

    def publish(self, topic: str, payload: bytes = b"") -> bool:
        """Whether the broker took it; with MQTT 3.1.1 it does not say that it did not."""
        return self._answer(self._client.publish(topic, payload, qos=1).mid)

    def _open(self, *, version5: bool) -> None:
        self._connack = None
        client = self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            clean_session=None if version5 else True,
            protocol=MQTTv5 if version5 else MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = ANSWER_S
        if self._broker.user:
            client.username_pw_set(self._broker.user, self._broker.password)
        client.on_connect = self._on_connect
        client.on_publish = lambda _c, _d, mid, code, _p: self._note(mid, code)
        client.on_subscribe = lambda _c, _d, mid, codes, _p: self._note(mid, codes[0])
        client.on_message = self._on_message
        try:
            if self._broker.tls:
                client.tls_set_context(tls_context(self._broker))
            client.connect(self._broker.host, self._broker.port, KEEP_ALIVE_S, **_options(version5))
        except OSError as error:
            raise unreachable(self._broker, error) from None
        client.loop_start()
        answer = self._wait(lambda: self._connack)
        if answer is None or answer.is_failure:
            client.loop_stop()
            if answer is None:
                raise ConnectionRefused(f"the broker {self._broker} does not answer", wrong_version=version5)
            raise refusal(self._broker, str(answer))

    def _on_connect(
        self, _client: Client, _data: Any, _flags: ConnectFlags, code: ReasonCode, said: Properties | None
    ) -> None:
        with self._changed:
            if said is not None:
                self.limits = Limits(
                    version="5",
                    max_packet_bytes=getattr(said, "MaximumPacketSize", None),
                    at_a_time=getattr(said, "ReceiveMaximum", None),
                    max_qos=getattr(said, "MaximumQoS", 2),
                    retains=bool(getattr(said, "RetainAvailable", 1)),
                    session_s=getattr(said, "SessionExpiryInterval", SESSION_EXPIRY_S),
                    wildcards=bool(getattr(said, "WildcardSubscriptionAvailable", 1)),
                )
            self._connack = code
            self._changed.notify_all()

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self.heard.append(Heard(message.topic, bytes(message.payload), message.retain, time.time()))

    def _note(self, mid: int, code: ReasonCode) -> None:
        with self._changed:
            self._answers[mid] = not code.is_failure
            self._changed.notify_all()

    def _answer(self, mid: int) -> bool:
        return bool(self._wait(lambda: self._answers.get(mid)))

    def _wait(self, known: Callable[[], Any]) -> Any:
        with self._changed:
            self._changed.wait_for(lambda: known() is not None, ANSWER_S)
            return known()


def _options(version5: bool) -> dict[str, Any]:
    if not version5:
        return {}
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho has no types here
    properties.SessionExpiryInterval = SESSION_EXPIRY_S  # only to hear what is granted: it ends with us
    return {"clean_start": True, "properties": properties}
