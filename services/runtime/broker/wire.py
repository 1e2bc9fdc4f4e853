"""The bytes of MQTT: numbers, strings and lengths, every bound checked."""

from enum import IntEnum, unique

Buffer = bytes | bytearray | memoryview

V3, V5 = 4, 5  # protocol levels: MQTT 3.1.1 and MQTT 5


@unique
class Kind(IntEnum):
    """Control packet types: the upper four bits of a packet's first byte."""

    CONNECT = 1
    CONNACK = 2
    PUBLISH = 3
    PUBACK = 4
    PUBREC = 5
    PUBREL = 6
    PUBCOMP = 7
    SUBSCRIBE = 8
    SUBACK = 9
    UNSUBSCRIBE = 10
    UNSUBACK = 11
    PINGREQ = 12
    PINGRESP = 13
    DISCONNECT = 14
    AUTH = 15


@unique
class Reason(IntEnum):
    """The MQTT 5 reason codes that this broker gives or understands."""

    SUCCESS = 0x00
    DISCONNECT_WITH_WILL = 0x04
    NO_MATCHING_SUBSCRIBERS = 0x10
    NO_SUBSCRIPTION_EXISTED = 0x11
    UNSPECIFIED = 0x80
    MALFORMED_PACKET = 0x81
    PROTOCOL_ERROR = 0x82
    UNSUPPORTED_VERSION = 0x84
    INVALID_CLIENT_ID = 0x85
    BAD_USER_OR_PASSWORD = 0x86
    NOT_AUTHORIZED = 0x87
    SHUTTING_DOWN = 0x8B
    BAD_AUTHENTICATION_METHOD = 0x8C
    KEEP_ALIVE_TIMEOUT = 0x8D
    TAKEN_OVER = 0x8E
    INVALID_FILTER = 0x8F
    INVALID_TOPIC = 0x90
    PACKET_ID_NOT_FOUND = 0x92
    RECEIVE_MAXIMUM_EXCEEDED = 0x93
    INVALID_ALIAS = 0x94
    PACKET_TOO_LARGE = 0x95
    QUOTA_EXCEEDED = 0x97
    NO_SHARED_SUBSCRIPTIONS = 0x9E


class ProtocolError(Exception):
    """The peer broke the protocol; `reason` is the MQTT 5 code that it is told."""

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(text)
        self.reason = reason


def malformed(text: str) -> ProtocolError:
    return ProtocolError(Reason.MALFORMED_PACKET, text)


class Cursor:
    """Reads one packet's body from front to back; raises `ProtocolError` where it is too short."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: Buffer) -> None:
        self._data = data
        self._at = 0

    @property
    def at(self) -> int:
        return self._at

    @property
    def done(self) -> bool:
        return self._at >= len(self._data)

    def take(self, count: int) -> Buffer:
        end = self._at + count
        if end > len(self._data):
            raise malformed("the packet ends before its fields do")
        part = self._data[self._at : end]
        self._at = end
        return part

    def rest(self) -> Buffer:
        return self.take(len(self._data) - self._at)

    def u8(self) -> int:
        return self.take(1)[0]

    def u16(self) -> int:
        return int.from_bytes(self.take(2), "big")

    def u32(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def varint(self) -> int:
        value = 0
        for shift in (0, 7, 14, 21):
            byte = self.u8()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise malformed("a length has more than four bytes")

    def binary(self) -> bytes:
        return bytes(self.take(self.u16()))

    def text(self) -> str:
        return decode(self.binary())


def decode(raw: bytes) -> str:
    """An MQTT string; raises `ProtocolError` where it is no UTF-8 or has a NUL."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise malformed("a string is not UTF-8") from None
    if "\0" in text:
        raise malformed("a string holds a NUL")
    return text


def varint(value: int) -> bytes:
    if value < 0x80:
        return bytes((value,))
    if value < 0x4000:
        return bytes((value & 0x7F | 0x80, value >> 7))
    if value < 0x20_0000:
        return bytes((value & 0x7F | 0x80, value >> 7 & 0x7F | 0x80, value >> 14))
    return bytes((value & 0x7F | 0x80, value >> 7 & 0x7F | 0x80, value >> 14 & 0x7F | 0x80, value >> 21))


def binary(value: bytes) -> bytes:
    return len(value).to_bytes(2, "big") + value


def text(value: str) -> bytes:
    return binary(value.encode("utf-8"))


def packet(kind: Kind, body: bytes, flags: int = 0) -> bytes:
    return bytes((kind << 4 | flags,)) + varint(len(body)) + body
