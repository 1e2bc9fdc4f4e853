"""What clients send, parsed and checked, and how a PUBLISH is written."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from services.runtime.broker import filters, properties, wire
from services.runtime.broker.properties import Prop
from services.runtime.broker.wire import V3, V5, Buffer, Cursor, Kind, ProtocolError, Reason, malformed

FOREVER = 0xFFFF_FFFF  # a session expiry interval that never ends
ANY_SIZE = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True, eq=False)
class Message:
    """An application message; its payload is held once, however many clients it goes to."""

    topic: str
    payload: bytes | memoryview
    qos: int
    retain: bool = False
    properties: bytes = b""  # MQTT 5 properties that are handed on, encoded
    expires_at: float | None = None  # on the broker's clock, seconds

    @property
    def cost(self) -> int:
        """Bytes of memory that holding it takes, about."""
        return len(self.payload) + len(self.topic) + len(self.properties) + 400


class Publish(NamedTuple):
    """A PUBLISH as it came: the packet id is 0 at QoS 0."""

    message: Message
    packet_id: int


@dataclass(frozen=True, slots=True)
class Will:
    """What to publish when a client goes without a word; the expiry counts from when it is published."""

    message: Message
    delay_s: int
    expiry_s: int | None


@dataclass(frozen=True, slots=True)
class Connect:
    version: int
    client_id: str
    clean: bool
    keep_alive_s: int
    user: str | None = None
    password: bytes | None = None
    will: Will | None = None
    session_expiry_s: int = 0
    receive_maximum: int = 65535
    max_packet: int = ANY_SIZE
    authentication: bool = False


@dataclass(frozen=True, slots=True)
class Subscription:
    """How a client wants what one of its filters matches."""

    qos: int
    no_local: bool = False
    retain_as_published: bool = False
    retain_handling: int = 0
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Subscribe:
    packet_id: int
    wishes: tuple[tuple[str, Subscription], ...]


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    packet_id: int
    filters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Disconnect:
    reason: int
    session_expiry_s: int | None


def parse_connect(body: Buffer) -> Connect:
    """Raises `ProtocolError`; for an unknown version its reason is `UNSUPPORTED_VERSION`."""
    cursor = Cursor(body)
    name, version = cursor.text(), cursor.u8()
    if name == "MQIsdp" or (name == "MQTT" and version not in (V3, V5)):
        raise ProtocolError(Reason.UNSUPPORTED_VERSION, f"{name} {version} is not spoken here")
    if name != "MQTT":
        raise malformed("the connection does not begin as MQTT does")
    flags, keep_alive_s = cursor.u8(), cursor.u16()
    if flags & 0x01 or flags & 0x18 == 0x18 or (not flags & 0x04 and flags & 0x38):
        raise malformed("the CONNECT flags contradict one another")
    if version == V3 and flags & 0xC0 == 0x40:
        raise malformed("a password without a user name")
    props = properties.read(cursor, properties.IN_CONNECT) if version == V5 else properties.NONE
    client_id = cursor.text()
    will = _will(cursor, flags, version) if flags & 0x04 else None
    user = cursor.text() if flags & 0x80 else None
    password = cursor.binary() if flags & 0x40 else None
    if not cursor.done:
        raise malformed("the CONNECT goes on after its end")
    clean = bool(flags & 0x02)
    return Connect(
        version=version,
        client_id=client_id,
        clean=clean,
        keep_alive_s=keep_alive_s,
        user=user,
        password=password,
        will=will,
        session_expiry_s=_expiry(props, version, clean=clean),
        receive_maximum=props.number(Prop.RECEIVE_MAXIMUM) or 65535,
        max_packet=props.number(Prop.MAXIMUM_PACKET_SIZE) or ANY_SIZE,
        authentication=Prop.AUTHENTICATION_METHOD in props.values,
    )


def _expiry(props: properties.Properties, version: int, *, clean: bool) -> int:
    """3.1.1 knows two kinds of session only: one that ends with its connection, and one that never ends."""
    if version == V3:
        return 0 if clean else FOREVER
    return props.number(Prop.SESSION_EXPIRY) or 0


def _will(cursor: Cursor, flags: int, version: int) -> Will:
    props = properties.read(cursor, properties.IN_WILL) if version == V5 else properties.NONE
    topic, payload = cursor.text(), cursor.binary()
    if not filters.is_topic(topic):
        raise ProtocolError(Reason.INVALID_TOPIC, f"the will's topic {topic!r} is none")
    message = Message(topic, payload, flags >> 3 & 3, bool(flags & 0x20), props.forwarded)
    return Will(message, props.number(Prop.WILL_DELAY) or 0, props.number(Prop.MESSAGE_EXPIRY))


@lru_cache(maxsize=4096)
def _topic(raw: bytes) -> str:
    topic = wire.decode(raw)
    if not filters.is_topic(topic):
        raise ProtocolError(Reason.INVALID_TOPIC, f"{topic!r} is no topic to publish to")
    return topic


def parse_publish(first: int, body: bytes | memoryview, version: int, now: float) -> Publish:
    """A PUBLISH; the payload is a view into `body` where that is one. Raises `ProtocolError`."""
    qos = first >> 1 & 3
    if qos == 3 or (qos == 0 and first & 0x08):
        raise malformed("a PUBLISH with impossible flags")
    start = 2 + int.from_bytes(body[:2], "big")
    end = start + 2 if qos else start
    if len(body) < max(end, 2):
        raise malformed("a PUBLISH that ends before its payload")
    packet_id = int.from_bytes(body[start:end], "big")
    if qos and not packet_id:
        raise malformed("a PUBLISH with the packet id 0")
    forwarded, expires_at = b"", None
    if version == V5:
        cursor = Cursor(body[end:])
        props = properties.read(cursor, properties.IN_PUBLISH)
        if Prop.TOPIC_ALIAS in props.values:
            raise ProtocolError(Reason.INVALID_ALIAS, "topic aliases are not offered")
        forwarded, expiry_s = props.forwarded, props.number(Prop.MESSAGE_EXPIRY)
        expires_at = None if expiry_s is None else now + expiry_s
        end += cursor.at
    topic = _topic(bytes(body[2:start]))
    return Publish(Message(topic, body[end:], qos, bool(first & 1), forwarded, expires_at), packet_id)


def publish_head(
    message: Message,
    qos: int,
    packet_id: int,
    version: int,
    now: float,
    *,
    retain: bool,
    dup: bool = False,
    ids: tuple[int, ...] = (),
) -> bytes:
    """Everything of a PUBLISH but its payload, for one subscriber."""
    topic = message.topic.encode()
    parts = [len(topic).to_bytes(2, "big"), topic]
    if qos:
        parts.append(packet_id.to_bytes(2, "big"))
    if version == V5:
        parts.append(_publish_properties(message, now, ids))
    body = b"".join(parts)
    first = 0x30 | (0x08 if dup else 0) | qos << 1 | (1 if retain else 0)
    return bytes((first,)) + wire.varint(len(body) + len(message.payload)) + body


def _publish_properties(message: Message, now: float, ids: tuple[int, ...]) -> bytes:
    if not message.properties and message.expires_at is None and not ids:
        return b"\0"
    parts = [message.properties, *(properties.encode(Prop.SUBSCRIPTION_ID, n) for n in ids)]
    if message.expires_at is not None:
        parts.append(properties.encode(Prop.MESSAGE_EXPIRY, max(0, round(message.expires_at - now))))
    return properties.block(parts)


def parse_subscribe(body: Buffer, version: int) -> Subscribe:
    cursor = Cursor(body)
    packet_id = _packet_id(cursor)
    props = properties.read(cursor, properties.IN_SUBSCRIBE) if version == V5 else properties.NONE
    identifier = props.number(Prop.SUBSCRIPTION_ID)
    wishes = []
    while not cursor.done:
        pattern, options = cursor.text(), cursor.u8()
        if options & 3 == 3 or options & (0xC0 if version == V5 else 0xFC) or options >> 4 == 3:
            raise malformed("impossible subscription options")
        no_local, as_published = bool(options & 0x04), bool(options & 0x08)
        wishes.append((pattern, Subscription(options & 3, no_local, as_published, options >> 4, identifier)))
    if not wishes:
        raise ProtocolError(Reason.PROTOCOL_ERROR, "a SUBSCRIBE without a filter")
    return Subscribe(packet_id, tuple(wishes))


def parse_unsubscribe(body: Buffer, version: int) -> Unsubscribe:
    cursor = Cursor(body)
    packet_id = _packet_id(cursor)
    if version == V5:
        properties.read(cursor, properties.IN_UNSUBSCRIBE)
    patterns = []
    while not cursor.done:
        patterns.append(cursor.text())
    if not patterns:
        raise ProtocolError(Reason.PROTOCOL_ERROR, "an UNSUBSCRIBE without a filter")
    return Unsubscribe(packet_id, tuple(patterns))


def parse_ack(body: Buffer, version: int) -> int:
    """The packet id of a PUBACK or PUBREL; a reason and properties (MQTT 5) may follow and change nothing."""
    if len(body) < 2 or (version == V3 and len(body) != 2):
        raise malformed("an acknowledgement of a wrong length")
    return int.from_bytes(body[:2], "big")


def parse_disconnect(body: Buffer, version: int) -> Disconnect:
    if version == V3 or not body:
        return Disconnect(Reason.SUCCESS, None)
    cursor = Cursor(body)
    reason = cursor.u8()
    props = properties.NONE if cursor.done else properties.read(cursor, properties.IN_DISCONNECT)
    return Disconnect(reason, props.number(Prop.SESSION_EXPIRY))


def _packet_id(cursor: Cursor) -> int:
    packet_id = cursor.u16()
    if not packet_id:
        raise malformed("the packet id 0")
    return packet_id


def ack(kind: Kind, packet_id: int, version: int, reason: Reason = Reason.SUCCESS) -> bytes:
    """PUBACK, PUBREC, PUBREL or PUBCOMP; MQTT 3.1.1 has no place for a reason."""
    body = packet_id.to_bytes(2, "big")
    if reason and version == V5:
        body += bytes((reason,))
    return wire.packet(kind, body, flags=2 if kind is Kind.PUBREL else 0)
