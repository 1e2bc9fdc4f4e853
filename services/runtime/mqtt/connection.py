"""One connection to the broker, from CONNECT to its end: a paho client that is used once."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from services.runtime.mqtt.address import BrokerAddress, Will
from services.runtime.mqtt.outbox import Parcel

CONNECT_TIMEOUT_S = 10.0
KEEP_ALIVE_S = 30
#: How long the broker keeps a session for us while we are away.
SESSION_EXPIRY_S = 7 * 24 * 3600
#: How long a goodbye may take.
GOODBYE_S = 0.5

WRONG_VERSION = {"Unsupported protocol version"}
WRONG_LOGIN = {"Not authorized", "Bad user name or password", "Bad authentication method"}


class ConnectionRefused(Exception):
    """No connection came about; the text is a sentence for people."""

    def __init__(self, sentence: str, *, login: bool = False, wrong_version: bool = False) -> None:
        super().__init__(sentence)
        self.login = login
        self.wrong_version = wrong_version


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that arrived; with manual acknowledgement it is ours only after `ack()`."""

    topic: str
    payload: bytes
    retain: bool
    qos: int
    ack: Callable[[], None]


Handler = Callable[[Delivery], None]


class Connection:
    """A paho client for one connection. Callbacks run in paho's network thread.

    `failure` holds what a handler raised: whoever runs the connection must raise it again.
    """

    def __init__(
        self,
        broker: BrokerAddress,
        client_id: str,
        *,
        version5: bool,
        session: bool,
        manual_ack: bool,
        will: Will | None,
        window: int,
        on_acknowledged: Callable[[Parcel], None],
    ) -> None:
        self.failure: BaseException | None = None
        self.closed_because = ""
        self._broker = broker
        self._version5 = version5
        self._session = session
        self._window = window
        self._on_acknowledged = on_acknowledged
        self._answered = threading.Event()
        self._closed = threading.Event()  # lost, or of no more use
        self._gone = threading.Event()  # paho has said so
        self._refused: ReasonCode | None = None
        self._given: dict[int, Parcel] = {}
        self._early: set[int] = set()
        self._given_lock = threading.Lock()
        self._client = client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=None if version5 else not session,
            protocol=MQTTv5 if version5 else MQTTv311,
            manual_ack=manual_ack,
            reconnect_on_failure=False,
        )
        client.max_inflight_messages_set(max(20, window))
        client.connect_timeout = CONNECT_TIMEOUT_S
        if broker.user:
            client.username_pw_set(broker.user, broker.password)
        if will:
            client.will_set(will.topic, will.payload, qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish

    # -- opening and closing ---------------------------------------------------------------------------

    def open(self, stop: threading.Event) -> None:
        """Returns when the broker has accepted us, or at stop. Raises ConnectionRefused otherwise."""
        broker = self._broker
        try:
            if broker.tls:
                self._client.tls_set_context(_tls(broker))
            self._client.connect(broker.host, broker.port, KEEP_ALIVE_S, **self._connect_options())
        except OSError as error:
            raise ConnectionRefused(f"the broker {broker} cannot be reached: {_words(error)}") from error
        self._client.loop_start()
        waited_s = 0.0
        while not self._answered.wait(0.05) and not stop.is_set() and waited_s < CONNECT_TIMEOUT_S:
            waited_s += 0.05
        if stop.is_set():
            return
        if self._refused is not None:
            raise self._refusal(self._refused)
        if self._closed.is_set():  # as an old broker may do, which does not know the version
            raise ConnectionRefused(
                f"the broker {broker} closed the connection without an answer", wrong_version=self._version5
            )
        if not self._answered.is_set():
            raise ConnectionRefused(f"the broker {broker} does not answer")

    def wait_closed(self, stop: threading.Event) -> None:
        """Returns when the connection is lost, or at stop."""
        while not self._closed.wait(0.1) and not stop.is_set():
            pass

    @property
    def still_open(self) -> bool:
        return not self._closed.is_set()

    def close(self) -> None:
        """Ends it, with a DISCONNECT where it still stands; returns when its thread has ended."""
        self._client.disconnect()
        connection = self._client.socket()
        if isinstance(connection, socket.socket) and not self._gone.wait(GOODBYE_S):
            with contextlib.suppress(OSError):  # a broker that hangs must not hold us
                connection.shutdown(socket.SHUT_RDWR)
        self._client.loop_stop()

    # -- using ------------------------------------------------------------------------------------------

    def give(self, parcel: Parcel) -> None:
        """Publishes at QoS 1; `on_acknowledged` tells when the broker has it."""
        info = self._client.publish(parcel.topic, parcel.payload, 1, parcel.retain)
        with self._given_lock:
            if info.mid not in self._early:
                self._given[info.mid] = parcel
                return
            self._early.discard(info.mid)
        self._on_acknowledged(parcel)

    def state(self, topic: str, payload: bytes) -> None:
        """Publishes retained state at QoS 1, of which nobody needs to know when it has arrived."""
        self.give(Parcel(topic, payload, retain=True))

    def flash(self, topic: str, payload: bytes, *, retain: bool) -> bool:
        """Publishes at QoS 0; says whether it was taken for sending."""
        return self._client.publish(topic, payload, 0, retain).rc == MQTTErrorCode.MQTT_ERR_SUCCESS

    def route(self, topic_filter: str, handler: Handler) -> None:
        """What matches the filter goes to the handler."""

        def receive(client: Client, _userdata: Any, message: MQTTMessage) -> None:
            def ack() -> None:
                if self.still_open:
                    client.ack(message.mid, message.qos)

            delivery = Delivery(message.topic, bytes(message.payload), message.retain, message.qos, ack)
            self._guarded(handler, delivery)

        self._client.message_callback_add(topic_filter, receive)

    def subscribe(self, filters: list[tuple[str, int]]) -> None:
        if filters:
            self._client.subscribe(filters)

    def unsubscribe(self, topic_filter: str) -> None:
        self._client.unsubscribe(topic_filter)
        self._client.message_callback_remove(topic_filter)

    # -- paho's callbacks -------------------------------------------------------------------------------

    def _connect_options(self) -> dict[str, Any]:
        if not self._version5:
            return {}
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho has no types here
        properties.ReceiveMaximum = self._window
        if self._session:
            properties.SessionExpiryInterval = SESSION_EXPIRY_S
        return {"clean_start": not self._session, "properties": properties}

    def _on_connect(
        self, _client: Client, _data: Any, _flags: ConnectFlags, code: ReasonCode, _props: Properties | None
    ) -> None:
        if code.is_failure:
            self._refused = code
        self._answered.set()

    def _on_disconnect(
        self,
        _client: Client,
        _data: Any,
        _flags: DisconnectFlags,
        code: ReasonCode,
        _props: Properties | None,
    ) -> None:
        self.closed_because = f"the connection to the broker {self._broker} was lost: {code}"
        self._closed.set()
        self._gone.set()
        self._answered.set()

    def _on_publish(
        self, _client: Client, _data: Any, mid: int, _code: ReasonCode, _props: Properties | None
    ) -> None:
        with self._given_lock:
            parcel = self._given.pop(mid, None)
            if parcel is None:  # the broker was faster than `give`
                self._early.add(mid)
                return
        self._guarded(self._on_acknowledged, parcel)

    def _guarded(self, callback: Callable[[Any], None], argument: Any) -> None:
        """A handler that raises ends the connection and, through `failure`, its service."""
        try:
            callback(argument)
        except BaseException as error:  # noqa: BLE001  (raised again by whoever runs the connection)
            self.failure = error
            self._closed.set()

    def _refusal(self, code: ReasonCode) -> ConnectionRefused:
        words = str(code)
        broker, user = self._broker, self._broker.user
        if words in WRONG_LOGIN:
            who = f"the user '{user}'" if user else "a client without a user"
            sentence = f"the broker {broker} refuses {who}: check mqtt.user and mqtt.password"
            return ConnectionRefused(sentence, login=True)
        return ConnectionRefused(
            f"the broker {broker} refuses the connection: {words}", wrong_version=words in WRONG_VERSION
        )


def _tls(broker: BrokerAddress) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(broker.ca_file) if broker.ca_file else None)
    if broker.cert_file:
        context.load_cert_chain(broker.cert_file, broker.key_file)
    return context


def _words(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message}); mqtt.ca_file names others"
    return (error.strerror or str(error) or type(error).__name__).lower()
