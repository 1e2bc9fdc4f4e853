"""What a client sends, as bytes; the tests' own half of the protocol."""

from services.runtime.broker import properties, wire
from services.runtime.broker.packets import Message, ack, publish_head
from services.runtime.broker.properties import Prop
from services.runtime.broker.wire import V3, V5, Kind

PINGREQ = wire.packet(Kind.PINGREQ, b"")


def connect(
    client_id: str = "client",
    version: int = V3,
    *,
    clean: bool = True,
    user: str | None = "u",
    password: str | None = "p",
    keep_alive_s: int = 60,
    will: tuple[str, bytes] | None = None,
    will_retain: bool = False,
    will_props: tuple[bytes, ...] = (),
    props: tuple[bytes, ...] = (),
) -> bytes:
    flags = (0x02 if clean else 0) | (0x80 if user is not None else 0) | (0x40 if password is not None else 0)
    if will:
        flags |= 0x0C | (0x20 if will_retain else 0)
    body = wire.text("MQTT") + bytes((version, flags)) + keep_alive_s.to_bytes(2, "big")
    if version == V5:
        body += properties.block(props)
    body += wire.text(client_id)
    if will:
        if version == V5:
            body += properties.block(will_props)
        body += wire.text(will[0]) + wire.binary(will[1])
    body += b"".join(wire.text(word) for word in (user, password) if word is not None)
    return wire.packet(Kind.CONNECT, body)


def lasting(seconds: int = 3600) -> bytes:
    """The property that makes an MQTT 5 session outlive its connection."""
    return properties.encode(Prop.SESSION_EXPIRY, seconds)


def publish(
    topic: str,
    payload: bytes,
    qos: int = 0,
    packet_id: int = 1,
    version: int = V3,
    *,
    retain: bool = False,
    dup: bool = False,
    props: bytes = b"",
) -> bytes:
    message = Message(topic, payload, qos, properties=props)
    return publish_head(message, qos, packet_id, version, 0, retain=retain, dup=dup) + payload


def subscribe(
    *patterns: str, qos: int = 1, packet_id: int = 1, version: int = V3, options: int = 0, identifier: int = 0
) -> bytes:
    body = packet_id.to_bytes(2, "big")
    if version == V5:
        parts = [properties.encode(Prop.SUBSCRIPTION_ID, identifier)] if identifier else []
        body += properties.block(parts)
    body += b"".join(wire.text(pattern) + bytes((qos | options,)) for pattern in patterns)
    return wire.packet(Kind.SUBSCRIBE, body, flags=2)


def unsubscribe(*patterns: str, packet_id: int = 1, version: int = V3) -> bytes:
    body = packet_id.to_bytes(2, "big") + (b"\0" if version == V5 else b"")
    return wire.packet(Kind.UNSUBSCRIBE, body + b"".join(map(wire.text, patterns)), flags=2)


def puback(packet_id: int, version: int = V3) -> bytes:
    return ack(Kind.PUBACK, packet_id, version)


def pubrel(packet_id: int, version: int = V3) -> bytes:
    return ack(Kind.PUBREL, packet_id, version)


def disconnect(reason: int = 0, version: int = V3, props: tuple[bytes, ...] = ()) -> bytes:
    body = bytes((reason,)) + properties.block(props) if version == V5 else b""
    return wire.packet(Kind.DISCONNECT, body)
