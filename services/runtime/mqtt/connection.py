"""One connection to the broker, from CONNECT to its end: a paho client that is used once.

Our own loop drives it, not paho's thread: paho's `select` knows no file descriptor above 1023, which a
gateway with many viewers passes, and its thread tells of acknowledgements with a lock in hand that `publish`
needs too.
"""

import contextlib
import math
import select
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from services.contract.pieces import Pieces
from services.runtime.mqtt.address import BrokerAddress, Will, tls_context
from services.runtime.mqtt.outbox import Parcel
from services.runtime.mqtt.paho_client import AT_MOST_ONCE, PahoClient
from services.runtime.mqtt.words import ConnectionRefused, loss, refusal, unreachable
from services.runtime.stop import LOOK_S, told_of

CONNECT_TIMEOUT_S = 10.0
KEEP_ALIVE_S = 30
#: How long the broker keeps a session for us while we are away.
SESSION_EXPIRY_S = 7 * 24 * 3600
#: How long a DISCONNECT may take.
GOODBYE_S = 0.5
#: Of a PUBLISH beside topic and payload, at most.
_HEAD_BYTES = 10
#: How often paho looks whether the broker is still alive.
LOOK_AFTER_S = 1.0
#: Messages that are read before we look at what else there is to do.
_AT_A_TIME = 20


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
    """A paho client for one connection, driven by the thread that calls `open`, `serve` and `close`.

    Handlers and `on_acknowledged` run in that thread, and what they raise comes out of `serve`; so does
    `on_listening`, when the broker has answered all that was subscribed to. `give`, `flash`, `subscribe` and
    a delivery's `ack` may be called from any thread.
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
        on_denied: Callable[[str, str], None],
        on_listening: Callable[[], None],
    ) -> None:
        self.closed_because = ""
        self.max_packet_bytes: int | None = None  # as an MQTT 5 broker may say
        self._broker = broker
        self._version5 = version5
        self._session = session
        self._manual_ack = manual_ack
        self._window = window
        self._on_acknowledged = on_acknowledged
        self._on_denied = on_denied
        self._on_listening = on_listening
        self._closed = threading.Event()
        self._answer: ReasonCode | None = None
        self._looked_s = time.monotonic()
        self._given: dict[int, Parcel] = {}
        self._asked: dict[int, list[str]] = {}
        self._mids = threading.Lock()  # a message's id is known before its answer is looked at
        self._answers: deque[tuple[int, ReasonCode]] = deque()
        self._busy = threading.Lock()  # held by whoever works on paho's socket; not while waiting for it
        self._ringing = threading.Lock()
        self._alarm, self._bell = socket.socketpair()
        self._alarm.setblocking(False)
        self._bell.setblocking(False)
        self._poll = select.poll()
        self._poll.register(self._alarm, select.POLLIN)
        self._client = client = PahoClient(
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
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_unwanted
        client.on_socket_open = _send_at_once
        client.on_socket_register_write = self._write

    # -- opening and closing ---------------------------------------------------------------------------

    def open(self, stop: threading.Event) -> None:
        """Returns when the broker has accepted us, or at stop. Raises ConnectionRefused otherwise."""
        self._dial(stop)
        until_s = time.monotonic() + CONNECT_TIMEOUT_S
        while self._answer is None and self.still_open and not stop.is_set():
            if time.monotonic() > until_s:
                raise ConnectionRefused(f"the broker {self._broker} does not answer")
            self._turn()
        if self._answer is not None and self._answer.is_failure:
            raise refusal(self._broker, str(self._answer))
        if not self.still_open and not stop.is_set():  # as an old broker may do, which does not know MQTT 5
            hint = "; does it ask for a certificate (mqtt.cert_file)?" if self._broker.asks_for_ours else ""
            raise ConnectionRefused(
                f"the broker {self._broker} closed the connection without an answer{hint}",
                wrong_version=self._version5,
            )

    def serve(self, stop: threading.Event, within_s: float = math.inf) -> bool:
        """False when the connection is lost, or at stop; True after so long. Raises what a handler raised."""
        until_s = time.monotonic() + within_s
        with told_of(stop, self._ring) as turn_s:
            while self.still_open and not stop.is_set():
                rest_s = until_s - time.monotonic()
                if rest_s <= 0:
                    return True
                self._turn(min(turn_s, rest_s))
        return False

    def settle(self, unsettled: Callable[[], bool], within_s: float) -> bool:
        """Serves until nothing is `unsettled`, at most so long; says whether it came to that."""
        until_s = time.monotonic() + within_s
        while unsettled() and self.still_open and time.monotonic() < until_s:
            self._turn()
        return self.still_open and not unsettled()

    @property
    def still_open(self) -> bool:
        return not self._closed.is_set()

    @property
    def unacknowledged(self) -> int:
        """Messages at QoS 1 that the broker has not answered."""
        return len(self._given)

    def close(self, *, goodbye: bool) -> None:
        """Ends it; with a DISCONNECT, which takes back the last will, where a `goodbye` is to be said."""
        if goodbye and self.still_open:
            self._client.disconnect()
            self.settle(lambda: True, GOODBYE_S)
        self._closed.set()
        _close(self._client)
        with self._ringing:
            self._alarm.close()
            self._bell.close()

    # -- using ------------------------------------------------------------------------------------------

    def give(self, parcel: Parcel) -> None:
        """Publishes at QoS 1; `on_acknowledged` tells when the broker has it."""
        mid = self._client.next_mid()
        with self._mids:
            self._given[mid] = parcel
        self._send(parcel.topic, parcel.payload, mid, retain=parcel.retain)

    def takes(self, parcel: Parcel) -> bool:
        """Whether it is no larger than the broker allows: sent, it would end every connection."""
        most = self.max_packet_bytes
        return most is None or len(parcel.payload) + len(parcel.topic.encode()) + _HEAD_BYTES <= most

    def state(self, topic: str, payload: bytes) -> None:
        """Publishes retained state at QoS 1, of which nobody needs to know when it has arrived."""
        self.give(Parcel(topic, payload, retain=True))

    def flash(self, topic: str, payload: bytes, *, retain: bool) -> bool:
        """Publishes at QoS 0; says whether it was taken for sending."""
        if self.still_open:
            self._send(topic, payload, AT_MOST_ONCE, retain=retain)
        return self.still_open

    def route(self, topic_filter: str, handler: Handler) -> None:
        """What matches the filter goes to the handler."""

        def receive(_client: Client, _userdata: Any, message: MQTTMessage) -> None:
            def ack() -> None:
                if self.still_open:
                    self._acknowledge(message.mid, message.qos)

            handler(Delivery(message.topic, bytes(message.payload), message.retain, message.qos, ack))

        self._client.message_callback_add(topic_filter, receive)

    def subscribe(self, filters: list[tuple[str, int]]) -> None:
        with self._mids:
            _, mid = self._client.subscribe(filters)
            if mid is not None:
                self._asked[mid] = [topic_filter for topic_filter, _ in filters]

    def unsubscribe(self, topic_filter: str) -> None:
        self._client.unsubscribe(topic_filter)
        self._client.message_callback_remove(topic_filter)

    # -- our loop ---------------------------------------------------------------------------------------

    def _dial(self, stop: threading.Event) -> None:
        """Connects in a thread of its own, since looking a name up and connecting cannot be interrupted."""
        broker, errors, abandoned = self._broker, list[OSError](), threading.Event()

        def dial() -> None:
            try:
                if broker.tls:
                    self._client.tls_set_context(tls_context(broker))
                self._client.connect(broker.host, broker.port, KEEP_ALIVE_S, **self._connect_options())
            except OSError as error:
                errors.append(error.with_traceback(None))  # which would hold a socket of a failed handshake
            if abandoned.is_set():
                _close(self._client)

        dialling = threading.Thread(target=dial, name="mqtt-dial", daemon=True)
        dialling.start()
        while dialling.is_alive() and not stop.is_set():
            dialling.join(LOOK_S)
        abandoned.set()
        if errors:
            raise unreachable(broker, errors[0])

    def _turn(self, wait_s: float = LOOK_S) -> None:
        """Waits a moment for something to do, and does it."""
        client = self._client
        with self._busy:
            connection = client.socket()
            if connection is None:
                self._closed.set()
                return
            self._poll.register(connection, select.POLLIN | (select.POLLOUT if client.want_write() else 0))
            here = client.read_ahead or (isinstance(connection, ssl.SSLSocket) and connection.pending() > 0)
        ready = dict(self._poll.poll(0 if here else wait_s * 1000))
        with self._busy:
            if ready.pop(self._alarm.fileno(), 0):
                with contextlib.suppress(BlockingIOError):
                    self._alarm.recv(4096)
            events = next(iter(ready.values()), 0)
            if here or events & ~select.POLLOUT:
                client.loop_read()
                for _ in range(_AT_A_TIME):
                    if not client.read_ahead:
                        break
                    client.loop_read()
            if client.want_write():
                client.loop_write()
            if (now_s := time.monotonic()) - self._looked_s >= LOOK_AFTER_S:
                self._looked_s = now_s
                client.loop_misc()
        while self._answers:
            self._answered(*self._answers.popleft())

    def _send(self, topic: str, payload: bytes | Pieces, mid: int, *, retain: bool) -> None:
        """Whoever gives a message writes it, so that it costs no change of threads until its answer comes."""
        client = self._client
        if not self._written(lambda: client.send_at_once(mid, topic, payload, retain=retain)):
            client.send_later(mid, topic, payload, retain=retain)
            self._ring()

    def _acknowledge(self, mid: int, qos: int) -> None:
        """Whoever acknowledges writes it too."""
        client = self._client
        if qos != 1 or not self._manual_ack or not self._written(lambda: client.answer_at_once(mid)):
            client.ack(mid, qos)

    def _write(self, _client: Client, _data: Any, _socket: Any) -> None:
        """Something of paho's is to be written: whoever gave it writes it, unless our loop is about to."""
        if not self._written(lambda: False):
            self._ring()

    def _written(self, at_once: Callable[[], bool]) -> bool:
        """Writes where nobody is at the socket, and has our loop write on; False: somebody is.

        `at_once` says whether all is with the system; else the rest is in paho's queue.
        """
        client = self._client
        if not self._busy.acquire(blocking=False):
            return False
        try:
            if at_once():
                return True
            client.loop_write()
        finally:
            self._busy.release()
        if client.want_write():
            self._ring()
        return True

    def _ring(self) -> None:
        """Wakes our loop up."""
        with self._ringing, contextlib.suppress(OSError):
            self._bell.send(b"!")

    def _answered(self, mid: int, code: ReasonCode) -> None:
        with self._mids:
            parcel = self._given.pop(mid, None)
        if parcel is None:  # QoS 0 has been sent
            return
        if code.is_failure:
            self._on_denied(parcel.topic, str(code))
        self._on_acknowledged(parcel)

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
        self, _client: Client, _data: Any, _flags: ConnectFlags, code: ReasonCode, said: Properties | None
    ) -> None:
        self._answer = code
        self.max_packet_bytes = getattr(said, "MaximumPacketSize", None)

    def _on_disconnect(
        self,
        _client: Client,
        _data: Any,
        _flags: DisconnectFlags,
        code: ReasonCode,
        _props: Properties | None,
    ) -> None:
        if self.still_open:  # paho tells of it twice where the broker has said why
            self.closed_because = loss(self._broker, str(code))
            self._closed.set()
            self._ring()  # it may be found out by whoever writes

    def _on_publish(
        self, _client: Client, _data: Any, mid: int, code: ReasonCode, _props: Properties | None
    ) -> None:
        self._answers.append((mid, code))  # looked at when paho holds no lock

    def _on_subscribe(
        self, _client: Client, _data: Any, mid: int, codes: list[ReasonCode], _props: Properties | None
    ) -> None:
        with self._mids:
            filters = self._asked.pop(mid, [])
            answered = not self._asked
        for topic_filter, code in zip(filters, codes, strict=False):
            if code.is_failure:
                self._on_denied(topic_filter, str(code))
        if answered:
            self._on_listening()

    def _on_unwanted(self, client: Client, _data: Any, message: MQTTMessage) -> None:
        """The session remembers a subscription that we have no more: unanswered, it would fill the window."""
        client.ack(message.mid, message.qos)


def _send_at_once(_client: Client, _data: Any, connection: Any) -> None:
    """Else a frame's last bytes may wait until the broker's system has acknowledged those before them."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _close(client: Client) -> None:
    connection = client.socket()
    if isinstance(connection, socket.socket):
        connection.close()
