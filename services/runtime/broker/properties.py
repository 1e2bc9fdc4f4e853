"""MQTT 5 properties: read with their types, written back, and passed through where they are not ours."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum, unique
from typing import Final

from services.runtime.broker import wire
from services.runtime.broker.wire import Cursor, ProtocolError, Reason, malformed


@unique
class Prop(IntEnum):
    PAYLOAD_FORMAT = 0x01
    MESSAGE_EXPIRY = 0x02
    CONTENT_TYPE = 0x03
    RESPONSE_TOPIC = 0x08
    CORRELATION_DATA = 0x09
    SUBSCRIPTION_ID = 0x0B
    SESSION_EXPIRY = 0x11
    ASSIGNED_CLIENT_ID = 0x12
    SERVER_KEEP_ALIVE = 0x13
    AUTHENTICATION_METHOD = 0x15
    AUTHENTICATION_DATA = 0x16
    REQUEST_PROBLEM_INFORMATION = 0x17
    WILL_DELAY = 0x18
    REQUEST_RESPONSE_INFORMATION = 0x19
    RESPONSE_INFORMATION = 0x1A
    SERVER_REFERENCE = 0x1C
    REASON_STRING = 0x1F
    RECEIVE_MAXIMUM = 0x21
    TOPIC_ALIAS_MAXIMUM = 0x22
    TOPIC_ALIAS = 0x23
    MAXIMUM_QOS = 0x24
    RETAIN_AVAILABLE = 0x25
    USER_PROPERTY = 0x26
    MAXIMUM_PACKET_SIZE = 0x27
    WILDCARD_AVAILABLE = 0x28
    SUBSCRIPTION_ID_AVAILABLE = 0x29
    SHARED_AVAILABLE = 0x2A


_U8: Final = {
    Prop.PAYLOAD_FORMAT, Prop.REQUEST_PROBLEM_INFORMATION, Prop.REQUEST_RESPONSE_INFORMATION,
    Prop.MAXIMUM_QOS, Prop.RETAIN_AVAILABLE, Prop.WILDCARD_AVAILABLE, Prop.SUBSCRIPTION_ID_AVAILABLE,
    Prop.SHARED_AVAILABLE,
}  # fmt: skip
_U16: Final = {Prop.SERVER_KEEP_ALIVE, Prop.RECEIVE_MAXIMUM, Prop.TOPIC_ALIAS_MAXIMUM, Prop.TOPIC_ALIAS}
_U32: Final = {Prop.MESSAGE_EXPIRY, Prop.SESSION_EXPIRY, Prop.WILL_DELAY, Prop.MAXIMUM_PACKET_SIZE}
_BINARY: Final = {Prop.CORRELATION_DATA, Prop.AUTHENTICATION_DATA}
_NEVER_ZERO: Final = {
    Prop.RECEIVE_MAXIMUM, Prop.MAXIMUM_PACKET_SIZE, Prop.SUBSCRIPTION_ID, Prop.TOPIC_ALIAS
}  # fmt: skip
_FLAG: Final = _U8 - {Prop.MAXIMUM_QOS}

# What a publisher says to subscribers: the broker hands it on unread.
FORWARDED: Final = frozenset({
    Prop.PAYLOAD_FORMAT, Prop.CONTENT_TYPE, Prop.RESPONSE_TOPIC, Prop.CORRELATION_DATA, Prop.USER_PROPERTY
})  # fmt: skip
IN_PUBLISH: Final = FORWARDED | {Prop.MESSAGE_EXPIRY, Prop.TOPIC_ALIAS}
IN_WILL: Final = FORWARDED | {Prop.MESSAGE_EXPIRY, Prop.WILL_DELAY}
IN_CONNECT: Final = frozenset({
    Prop.SESSION_EXPIRY, Prop.RECEIVE_MAXIMUM, Prop.MAXIMUM_PACKET_SIZE, Prop.TOPIC_ALIAS_MAXIMUM,
    Prop.REQUEST_RESPONSE_INFORMATION, Prop.REQUEST_PROBLEM_INFORMATION, Prop.USER_PROPERTY,
    Prop.AUTHENTICATION_METHOD, Prop.AUTHENTICATION_DATA,
})  # fmt: skip
IN_SUBSCRIBE: Final = frozenset({Prop.SUBSCRIPTION_ID, Prop.USER_PROPERTY})
IN_UNSUBSCRIBE: Final = frozenset({Prop.USER_PROPERTY})
IN_DISCONNECT: Final = frozenset({
    Prop.SESSION_EXPIRY, Prop.REASON_STRING, Prop.USER_PROPERTY, Prop.SERVER_REFERENCE
})  # fmt: skip

Value = int | str | bytes


@dataclass(frozen=True, slots=True)
class Properties:
    """The single-valued properties by name, and the bytes of those that are only handed on."""

    values: dict[Prop, Value] = field(default_factory=dict)
    forwarded: bytes = b""

    def number(self, prop: Prop) -> int | None:
        value = self.values.get(prop)
        return value if isinstance(value, int) else None


NONE: Final = Properties()


def read(cursor: Cursor, allowed: frozenset[Prop]) -> Properties:
    """The property block at the cursor; raises `ProtocolError` for what is unknown, doubled or misplaced."""
    length = cursor.varint()
    if length == 0:
        return NONE
    block = bytes(cursor.take(length))
    inner = Cursor(block)
    values: dict[Prop, Value] = {}
    forwarded: list[bytes] = []
    while not inner.done:
        start = inner.at
        prop = _name(inner.varint(), allowed)
        value = _value(inner, prop)
        if prop is not Prop.USER_PROPERTY:
            if prop in values:
                raise ProtocolError(Reason.PROTOCOL_ERROR, f"{prop.name} stands there twice")
            values[prop] = value
        if prop in FORWARDED:
            forwarded.append(block[start : inner.at])
    return Properties(values, b"".join(forwarded))


def _name(number: int, allowed: frozenset[Prop]) -> Prop:
    try:
        prop = Prop(number)
    except ValueError:
        raise malformed(f"property {number:#x} does not exist") from None
    if prop not in allowed:
        raise ProtocolError(Reason.PROTOCOL_ERROR, f"{prop.name} has no place in this packet")
    return prop


def _value(cursor: Cursor, prop: Prop) -> Value:
    value: Value
    if prop in _U8:
        value = cursor.u8()
    elif prop in _U16:
        value = cursor.u16()
    elif prop in _U32:
        value = cursor.u32()
    elif prop is Prop.SUBSCRIPTION_ID:
        value = cursor.varint()
    elif prop in _BINARY:
        value = cursor.binary()
    elif prop is Prop.USER_PROPERTY:
        value = cursor.text() + cursor.text()
    else:
        value = cursor.text()
    if (value == 0 and prop in _NEVER_ZERO) or (prop in _FLAG and value not in (0, 1)):
        raise ProtocolError(Reason.PROTOCOL_ERROR, f"{prop.name} cannot be {value!r}")
    return value


def encode(prop: Prop, value: Value | tuple[str, str]) -> bytes:
    """One property as it stands on the wire."""
    if isinstance(value, tuple):
        content = wire.text(value[0]) + wire.text(value[1])
    elif isinstance(value, str):
        content = wire.text(value)
    elif isinstance(value, bytes):
        content = wire.binary(value)
    elif prop is Prop.SUBSCRIPTION_ID:
        content = wire.varint(value)
    else:
        content = value.to_bytes(1 if prop in _U8 else 2 if prop in _U16 else 4, "big")
    return bytes((prop,)) + content


def block(parts: Iterable[bytes]) -> bytes:
    """A property block: its length, then the encoded properties."""
    joined = b"".join(parts)
    return wire.varint(len(joined)) + joined
