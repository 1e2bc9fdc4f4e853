"""Cuts packets out of a byte stream; a large packet is received straight into the buffer that it stays in."""

from collections.abc import Iterator
from typing import NamedTuple

from services.runtime.broker.wire import ProtocolError, Reason, malformed


class Packet(NamedTuple):
    """One control packet: its first byte (type and flags) and what follows its length."""

    first: int
    body: bytes | memoryview


class Framer:
    """For one connection: ask `target` where to receive, then give `received` the number of bytes that came.

    `scratch` may be shared by all connections of a loop, since nothing is left in it once `received` is
    exhausted. `max_packet` (bytes, header included) may be changed between two packets.
    """

    def __init__(self, scratch: memoryview, max_packet: int) -> None:
        self.max_packet = max_packet
        self._scratch = scratch
        self._head = b""  # a fixed header that is not complete yet
        self._first = 0
        self._body: memoryview | None = None  # a packet that is not complete yet
        self._filled = 0

    @property
    def target(self) -> memoryview:
        return self._scratch if self._body is None else self._body[self._filled :]

    def received(self, count: int) -> Iterator[Packet]:
        """The packets that these bytes complete; raises `ProtocolError` for an oversized or malformed one."""
        if self._body is not None:
            self._filled += count
            if self._filled == len(self._body):
                body, self._body = self._body, None
                yield Packet(self._first, body)
            return
        data = self._scratch[:count]
        if self._head:
            data = memoryview(self._head + bytes(data))
            self._head = b""
        yield from self._cut(data)

    def _cut(self, data: memoryview) -> Iterator[Packet]:
        at, end = 0, len(data)
        while at < end:
            size, start = _body_size(data, at)
            if start < 0:
                self._head = bytes(data[at:])
                return
            if size + start - at > self.max_packet:
                raise ProtocolError(
                    Reason.PACKET_TOO_LARGE, f"a packet of {size} bytes is larger than allowed"
                )
            first = data[at]
            at = start + size
            if at <= end:
                yield Packet(first, bytes(data[start:at]))
            else:
                self._first, self._filled = first, end - start
                self._body = memoryview(bytearray(size))
                self._body[: self._filled] = data[start:]


def _body_size(data: memoryview, at: int) -> tuple[int, int]:
    """`(bytes in the body, where it starts)` of the packet at `at`; a start of -1 where its header is cut."""
    value = 0
    for n, shift in enumerate((0, 7, 14, 21)):
        place = at + 1 + n
        if place >= len(data):
            return 0, -1
        byte = data[place]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place + 1
    raise malformed("a packet's length has more than four bytes")
