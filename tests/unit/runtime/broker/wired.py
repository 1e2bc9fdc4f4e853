"""A client and the broker's half of its connection, without a socket and without a clock."""

from dataclasses import dataclass, field
from typing import NamedTuple

from services.runtime.broker.acl import Rule
from services.runtime.broker.connection import Connection
from services.runtime.broker.framing import Framer, Packet
from services.runtime.broker.hub import Hub, Limits
from services.runtime.broker.packets import parse_publish
from services.runtime.broker.users import User
from services.runtime.broker.wire import V3, Buffer, Kind, ProtocolError
from tests.unit.runtime.broker import client_packets as client

EVERYTHING = (Rule("readwrite", "#"),)


def make_hub(limits: Limits | None = None, **rules: tuple[Rule, ...]) -> Hub:
    """A hub with the user `u` (password `p`) who may do everything, and with the users named (the same)."""
    given = {"u": EVERYTHING} | rules
    return Hub({name: User(lambda pw: pw == b"p", acl) for name, acl in given.items()}, limits or Limits())


class Got(NamedTuple):
    """A PUBLISH as a subscriber sees it."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    dup: bool = False
    packet_id: int = 0


@dataclass
class Wired:
    """Sends packets into a connection and reads what comes back."""

    hub: Hub
    now: float = 1000.0
    version: int = V3
    unsent_bytes: int = 0
    closed: bool = False
    allowed: int = 0
    _written: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self.connection = Connection(self.hub, self, self.now)
        self._incoming = Framer(memoryview(bytearray(1 << 20)), 1 << 24)

    # -- the connection's sink -----------------------------------------------------------------------------

    def write(self, *parts: Buffer) -> None:
        assert not self.closed
        for part in parts:
            self._written += part

    def close(self) -> None:
        self.closed = True

    def allow(self, max_packet: int) -> None:
        self.allowed = max_packet

    # -- the client ----------------------------------------------------------------------------------------

    def tell(self, *sent: bytes) -> "Wired":
        """Sends packets and leaves the answers for later."""
        for one in sent:
            self._incoming.target[: len(one)] = one
            try:
                for packet in self._incoming.received(len(one)):
                    self.connection.packet(packet, self.now)
            except ProtocolError as error:
                self.connection.fail(error, self.now)
        return self

    def send(self, *sent: bytes) -> list[Packet]:
        """Sends packets; everything that came back since the last look, in order."""
        return self.tell(*sent).packets()

    def packets(self) -> list[Packet]:
        framer = Framer(memoryview(self._written), 1 << 24)
        found = list(framer.received(len(self._written)))
        self._written = bytearray()
        return found

    def got(self) -> list[Got]:
        """The messages among what has come since the last look."""
        found = []
        for first, body in self.packets():
            if first >> 4 == Kind.PUBLISH:
                message, packet_id = parse_publish(first, body, V3, 0)
                dup = bool(first & 8)
                found.append(
                    Got(message.topic, bytes(message.payload), message.qos, message.retain, dup, packet_id)
                )
        return found

    def join(self, client_id: str, *, clean: bool = True, user: str = "u") -> "Wired":
        """Connects with MQTT 3.1.1; the CONNACK is taken."""
        (answer,) = self.send(client.connect(client_id, clean=clean, user=user))
        assert answer.first >> 4 == Kind.CONNACK
        return self
