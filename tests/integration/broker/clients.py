"""Two clients for the behaviour tests: paho as users have it, and a raw one for what paho hides."""

import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from services.runtime.broker.framing import Framer, Packet
from services.runtime.broker.packets import Message, parse_publish
from services.runtime.broker.wire import V3, V5, Kind
from tests.unit.runtime.broker import client_packets as packets

WAIT_S = 10.0
QUIET_S = 0.3  # nothing else comes if nothing came for so long


class Paho:
    """A paho client that is connected in its `with` block and keeps what comes."""

    def __init__(
        self,
        port: int,
        client_id: str,
        version: int = V3,
        *,
        clean: bool = True,
        user: str = "u",
        password: str = "p",
        will: tuple[str, bytes] | None = None,
        keep_alive_s: int = 60,
    ) -> None:
        self._port = port
        self._version = version
        self._clean = clean
        self._keep_alive_s = keep_alive_s
        self._messages: queue.Queue[mqtt.MQTTMessage] = queue.Queue()
        self._subscribed: queue.Queue[list[int]] = queue.Queue()
        self._published: dict[int, ReasonCode] = {}
        self._answered = threading.Event()
        self.gone = threading.Event()
        self.connack: ReasonCode | None = None
        self.session_present = False
        self.paho = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id,
            protocol=MQTTProtocolVersion(version),
            clean_session=clean if version == V3 else None,
        )
        self.paho.username_pw_set(user, password)
        if will:
            self.paho.will_set(will[0], will[1], qos=1, retain=True)
        self.paho.on_socket_open = _without_nagle
        self.paho.on_connect = self._on_connect
        self.paho.on_message = lambda _c, _u, message: self._messages.put(message)
        self.paho.on_subscribe = lambda _c, _u, _mid, codes, _p: self._subscribed.put(
            [c.value for c in codes]
        )
        self.paho.on_publish = lambda _c, _u, mid, reason, _p: self._published.update({mid: reason})
        self.paho.on_disconnect = lambda *_: self.gone.set()

    def __enter__(self) -> "Paho":
        self.connect()
        assert self.connack is not None
        assert not self.connack.is_failure, self.connack
        return self

    def __exit__(self, *_: object) -> None:
        self.paho.disconnect()
        self.paho.loop_stop()
        # paho closes its own pair of sockets when it is deleted: it must not be held by what it holds.
        self.paho.on_connect = self.paho.on_message = self.paho.on_subscribe = None
        self.paho.on_publish = self.paho.on_disconnect = self.paho.on_socket_open = None

    def connect(self) -> None:
        """Connects once and waits for the answer, whatever it is."""
        self.paho.reconnect_delay_set(60, 60)  # a test reconnects by itself
        if self._version == V5:
            lasting = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho leaves it untyped
            if not self._clean:
                lasting.SessionExpiryInterval = 3600
            self.paho.connect(
                "127.0.0.1", self._port, self._keep_alive_s, clean_start=self._clean, properties=lasting
            )
        else:
            self.paho.connect("127.0.0.1", self._port, self._keep_alive_s)
        self.paho.loop_start()
        assert self._answered.wait(WAIT_S), "no CONNACK"

    def _on_connect(
        self, _client: mqtt.Client, _data: object, flags: mqtt.ConnectFlags, code: ReasonCode, _props: object
    ) -> None:
        self.connack, self.session_present = code, flags.session_present
        self._answered.set()

    def subscribe(self, *patterns: str, qos: int = 1) -> list[int]:
        """The codes that the broker answers with."""
        self.paho.subscribe([(pattern, qos) for pattern in patterns])
        return self._subscribed.get(timeout=WAIT_S)

    def publish(
        self,
        topic: str,
        payload: bytes = b"",
        qos: int = 1,
        *,
        retain: bool = False,
        props: Properties | None = None,
    ) -> int:
        """The reason code that the broker answers with; 0 at QoS 0."""
        info = self.paho.publish(topic, payload, qos, retain, props)
        assert info.rc is MQTTErrorCode.MQTT_ERR_SUCCESS
        info.wait_for_publish(WAIT_S)
        assert info.is_published()
        reason = self._published.get(info.mid)
        return reason.value if qos and reason is not None else 0

    def message(self) -> mqtt.MQTTMessage:
        return self._messages.get(timeout=WAIT_S)

    def payloads(self, count: int) -> list[bytes]:
        """The next messages' payloads, in order; fails where fewer come."""
        return [bytes(self.message().payload) for _ in range(count)]

    def nothing_more(self) -> bool:
        with suppress(queue.Empty):
            self._messages.get(timeout=QUIET_S)
            return False
        return True


def _without_nagle(_client: mqtt.Client, _data: object, sock: object) -> None:
    """Else a PUBLISH waits 40 ms behind a PUBACK."""
    assert isinstance(sock, socket.socket)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Raw:
    """A bare connection: nothing is answered, acknowledged or reconnected by itself."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), WAIT_S)
        self._framer = Framer(memoryview(bytearray(1 << 16)), 1 << 28)
        self._waiting: list[Packet] = []

    def __enter__(self) -> "Raw":
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()

    def send(self, *parts: bytes) -> None:
        self._socket.sendall(b"".join(parts))

    def packet(self, timeout_s: float = WAIT_S) -> Packet | None:
        """The next packet; None where the broker has closed the connection. Raises `TimeoutError`."""
        self._socket.settimeout(timeout_s)
        while not self._waiting:
            try:
                count = self._socket.recv_into(self._framer.target)
            except ConnectionError:
                return None
            if not count:
                return None
            self._waiting.extend(self._framer.received(count))
        return self._waiting.pop(0)

    def expect(self, kind: Kind) -> Packet:
        packet = self.packet()
        assert packet is not None, f"the connection was closed instead of {kind.name}"
        assert packet.first >> 4 == kind
        return packet

    def messages(self, version: int = V3) -> list[tuple[Message, int, bool]]:
        """Message, packet id and DUP of all that comes until nothing more comes."""
        found = []
        with suppress(TimeoutError):
            while (packet := self.packet(QUIET_S)) is not None:
                if packet.first >> 4 == Kind.PUBLISH:
                    message, packet_id = parse_publish(packet.first, packet.body, version, 0)
                    found.append((message, packet_id, bool(packet.first & 8)))
        return found

    def closed(self, within_s: float = WAIT_S) -> bool:
        """Whether the broker closes the connection; what it says before is read."""
        deadline = time.monotonic() + within_s
        with suppress(TimeoutError):
            while time.monotonic() < deadline:
                if self.packet(within_s) is None:
                    return True
        return False

    def drop(self) -> None:
        """Goes without a word."""
        self._socket.close()


@contextmanager
def raw(
    port: int, client_id: str, version: int = V3, *, clean: bool = True, props: bytes = b""
) -> Iterator[Raw]:
    """A raw client that is connected; it goes without a word at the end of the block."""
    with Raw(port) as client:
        every = (props,) if clean else (props, packets.lasting())
        client.send(packets.connect(client_id, version, clean=clean, props=every if version == V5 else ()))
        connack = client.expect(Kind.CONNACK)
        assert connack.body[1] == 0
        yield client
