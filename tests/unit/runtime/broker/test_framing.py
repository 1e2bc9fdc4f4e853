"""Packets come out whole, however the stream is cut."""

import random

import pytest

from services.runtime.broker import wire
from services.runtime.broker.framing import Framer, Packet
from services.runtime.broker.wire import Kind, ProtocolError, Reason

SIZES = (0, 1, 127, 128, 300, 16_383, 16_384, 40_000)


def feed(framer: Framer, stream: bytes, cuts: list[int]) -> list[Packet]:
    """The packets of a stream that arrives in pieces that end at `cuts`."""
    found: list[Packet] = []
    at = 0
    for end in [*cuts, len(stream)]:
        while at < end:
            target = framer.target
            count = min(end - at, len(target))
            target[:count] = stream[at : at + count]
            found += framer.received(count)
            at += count
    return found


def bodies(packets: list[Packet]) -> list[bytes]:
    return [bytes(p.body) for p in packets]


def test_packets_of_all_sizes_come_out_of_a_stream_cut_anywhere() -> None:
    chance = random.Random(7)
    sent = [chance.randbytes(size) for size in SIZES * 3]
    stream = b"".join(wire.packet(Kind.PUBLISH, body) for body in sent)
    for _ in range(20):
        cuts = sorted(chance.sample(range(len(stream)), 40))
        assert bodies(feed(Framer(memoryview(bytearray(8192)), 1 << 20), stream, cuts)) == sent


def test_packets_come_out_of_a_stream_that_arrives_byte_by_byte() -> None:
    sent = [b"", b"x" * 3, b"y" * 200]
    stream = b"".join(wire.packet(Kind.SUBSCRIBE, body, flags=2) for body in sent)
    framer = Framer(memoryview(bytearray(64)), 1 << 20)
    packets = feed(framer, stream, list(range(1, len(stream))))
    assert bodies(packets) == sent
    assert {p.first for p in packets} == {0x82}


def test_a_large_packet_is_received_straight_into_the_buffer_that_it_stays_in() -> None:
    framer = Framer(memoryview(bytearray(64)), 1 << 20)
    list(framer.received(_put(framer, wire.packet(Kind.PUBLISH, bytes(5000))[:64])))
    target = framer.target
    target[:] = b"\x01" * len(target)
    (packet,) = framer.received(len(target))
    assert packet.body.obj is target.obj  # type: ignore[union-attr]  # a view, and no copy of it


def test_an_oversized_packet_is_refused_by_its_header_alone() -> None:
    framer = Framer(memoryview(bytearray(64)), 1000)
    with pytest.raises(ProtocolError) as refused:
        list(framer.received(_put(framer, b"\x30" + wire.varint(1001))))
    assert refused.value.reason is Reason.PACKET_TOO_LARGE


def test_a_packet_of_exactly_the_largest_size_is_taken() -> None:
    stream = wire.packet(Kind.PUBLISH, bytes(997))
    assert len(feed(Framer(memoryview(bytearray(64)), len(stream)), stream, [])) == 1


def test_a_length_of_five_bytes_is_malformed() -> None:
    framer = Framer(memoryview(bytearray(64)), 1000)
    with pytest.raises(ProtocolError) as refused:
        list(framer.received(_put(framer, b"\x30\xff\xff\xff\xff\x01")))
    assert refused.value.reason is Reason.MALFORMED_PACKET


def _put(framer: Framer, data: bytes) -> int:
    framer.target[: len(data)] = data
    return len(data)
