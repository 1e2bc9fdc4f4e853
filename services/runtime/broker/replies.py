"""What the broker answers with: CONNACK, SUBACK, UNSUBACK, DISCONNECT and PINGRESP."""

from collections.abc import Sequence

from services.runtime.broker import properties, wire
from services.runtime.broker.properties import Prop
from services.runtime.broker.wire import V3, V5, Kind, Reason

PINGRESP = wire.packet(Kind.PINGRESP, b"")

_V3_REFUSALS = {
    Reason.UNSUPPORTED_VERSION: 1,
    Reason.INVALID_CLIENT_ID: 2,
    Reason.BAD_USER_OR_PASSWORD: 5,  # 4 in the letter of the standard; 5 is what mosquitto says
    Reason.NOT_AUTHORIZED: 5,
}


def connack(
    version: int,
    *,
    present: bool,
    assigned_id: str | None,
    max_packet: int,
    receive_maximum: int,
    expiry_s: int,
) -> bytes:
    """The connection is accepted; MQTT 5 is also told what this broker does and does not do."""
    body = bytes((present, Reason.SUCCESS))
    if version == V5:
        parts = [
            properties.encode(Prop.SESSION_EXPIRY, expiry_s),
            properties.encode(Prop.RECEIVE_MAXIMUM, receive_maximum),
            properties.encode(Prop.MAXIMUM_PACKET_SIZE, max_packet),
            properties.encode(Prop.SHARED_AVAILABLE, 0),
        ]
        if assigned_id is not None:
            parts.append(properties.encode(Prop.ASSIGNED_CLIENT_ID, assigned_id))
        body += properties.block(parts)
    return wire.packet(Kind.CONNACK, body)


def refused(version: int, reason: Reason) -> bytes:
    """The connection is refused, and closed after this."""
    if version == V3:
        return wire.packet(Kind.CONNACK, bytes((0, _V3_REFUSALS.get(reason, 3))))
    return wire.packet(Kind.CONNACK, bytes((0, reason, 0)))


def suback(packet_id: int, version: int, codes: Sequence[int]) -> bytes:
    """One code per filter: the QoS that was granted, or why not (always 0x80 in MQTT 3.1.1)."""
    if version == V3:
        codes = [min(code, 0x80) for code in codes]
    empty = b"\0" if version == V5 else b""
    return wire.packet(Kind.SUBACK, packet_id.to_bytes(2, "big") + empty + bytes(codes))


def unsuback(packet_id: int, version: int, codes: Sequence[int]) -> bytes:
    body = packet_id.to_bytes(2, "big")
    if version == V5:
        body += b"\0" + bytes(codes)
    return wire.packet(Kind.UNSUBACK, body)


def disconnect(reason: Reason) -> bytes:
    """MQTT 5 only: 3.1.1 has no way to say why."""
    return wire.packet(Kind.DISCONNECT, bytes((reason, 0)))
