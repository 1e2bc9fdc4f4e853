"""What goes over the wire is what paho itself would have sent, however little the system takes at once."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from services.contract.pieces import Pieces
from services.runtime.mqtt.paho_client import AT_MOST_ONCE, PahoClient

TOPIC = "nightjar-frames/höf/live"
SMALL, LARGE = b"hello", bytes(range(256)) * 2000
VERSIONS = [MQTTv311, MQTTv5]


class Wired:
    """A client of that kind on one end of a line, and what comes out at the other."""

    def __init__(self, kind: type[Client], version: MQTTProtocolVersion) -> None:
        self.client: Any = kind(CallbackAPIVersion.VERSION2, "x", protocol=version)
        self.ours, self.theirs = socket.socketpair()
        for side in (self.ours, self.theirs):
            side.setblocking(False)
            side.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        self.client._sock = self.ours

    def close(self) -> None:
        self.client._sock = None
        self.ours.close()
        self.theirs.close()

    def all_of_it(self) -> bytes:
        came = b""
        while True:
            try:
                came += self.theirs.recv(1 << 20)
            except BlockingIOError:
                if not self.client.want_write():
                    return came
            self.client.loop_write()


@pytest.fixture(params=VERSIONS, ids=["3.1.1", "5"])
def wired(request: pytest.FixtureRequest) -> Iterator[Wired]:
    made = Wired(PahoClient, request.param)
    yield made
    made.close()


def as_paho(version: MQTTProtocolVersion, *messages: tuple[int, bytes, bool]) -> bytes:
    """The bytes of these messages (QoS, payload, retained), by paho alone."""
    line = Wired(Client, version)
    for qos, payload, retain in messages:
        line.client.publish(TOPIC, payload, qos, retain)
    try:
        return line.all_of_it()
    finally:
        line.close()


@pytest.mark.parametrize("retain", [False, True])
@pytest.mark.parametrize("payload", [b"", SMALL, LARGE[:60_000], LARGE], ids=len)
def test_a_message_at_once_is_as_paho_writes_it(wired: Wired, payload: bytes, retain: bool) -> None:
    done = wired.client.send_at_once(wired.client.next_mid(), TOPIC, payload, retain=retain)
    assert done == (len(payload) < 1000)
    assert wired.all_of_it() == as_paho(wired.client._protocol, (1, payload, retain))


@pytest.mark.parametrize("retain", [False, True])
@pytest.mark.parametrize("payload", [b"", SMALL, LARGE], ids=len)
def test_at_qos_0_it_has_no_id(wired: Wired, payload: bytes, retain: bool) -> None:
    wired.client.send_at_once(AT_MOST_ONCE, TOPIC, payload, retain=retain)
    assert wired.all_of_it() == as_paho(wired.client._protocol, (0, payload, retain))


@pytest.mark.parametrize("at", [0, 1, 500, len(LARGE)])
def test_pieces_are_one_message(wired: Wired, at: int) -> None:
    view = memoryview(LARGE)
    wired.client.send_at_once(
        wired.client.next_mid(), TOPIC, Pieces((LARGE[:at], view[at:1000], view[1000:])), retain=False
    )
    expected = LARGE if at <= 1000 else LARGE[:at] + LARGE[1000:]
    assert wired.all_of_it() == as_paho(wired.client._protocol, (1, expected, False))


def test_messages_keep_their_order_behind_one_that_is_not_out_yet(wired: Wired) -> None:
    for payload in (LARGE, SMALL):
        assert not wired.client.send_at_once(wired.client.next_mid(), TOPIC, payload, retain=False)
    wired.client.publish(TOPIC, b"flash", 0)
    wired.client.send_later(wired.client.next_mid(), TOPIC, LARGE, retain=False)
    expected = [(1, LARGE, False), (1, SMALL, False), (0, b"flash", False), (1, LARGE, False)]
    assert wired.all_of_it() == as_paho(wired.client._protocol, *expected)


@pytest.mark.parametrize("taken", [0, 1, 5, 30, 40])
def test_a_head_that_is_cut_is_written_to_its_end(wired: Wired, taken: int) -> None:
    class Full:
        """Takes so many bytes and no more."""

        def sendmsg(self, parts: tuple[bytes, ...]) -> int:
            return wired.ours.send(b"".join(parts)[:taken]) if taken else 0

    wired.client._sock = Full()
    assert not wired.client.send_at_once(wired.client.next_mid(), TOPIC, LARGE[:1000], retain=False)
    wired.client._sock = wired.ours
    assert wired.all_of_it() == as_paho(wired.client._protocol, (1, LARGE[:1000], False))


def test_answers_are_told_however_they_come(wired: Wired) -> None:
    told: list[tuple[int, str]] = []

    def on_publish(_client: Client, _data: Any, mid: int, code: ReasonCode, _properties: Any) -> None:
        told.append((mid, str(code)))

    wired.client.on_publish = on_publish
    denied = b"\x40\x03\x00\x03\x87" if wired.client._protocol == MQTTv5 else b"\x40\x02\x00\x03"
    came = b"\x40\x02\x00\x01" + b"\x40\x02\x00\x02" + denied
    for cut in range(len(came)):
        told.clear()
        for part in (came[:cut], came[cut:]):
            wired.theirs.send(part)
            wired.client.loop_read()
            while wired.client.read_ahead:
                wired.client.loop_read()
        third = "Not authorized" if wired.client._protocol == MQTTv5 else "Success"
        assert told == [(1, "Success"), (2, "Success"), (3, third)], cut


def sent(version: MQTTProtocolVersion, *messages: tuple[int, bytes, bool]) -> bytes:
    """As a broker says it; with properties where it can."""
    line = Wired(Client, version)
    properties = None
    if version == MQTTv5:
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ContentType, properties.MessageExpiryInterval = "image/jpeg", 60
    for qos, payload, retain in messages:
        line.client.publish(TOPIC, payload, qos, retain, properties)
    try:
        return line.all_of_it()
    finally:
        line.close()


def received(wired: Wired, came: bytes, piece: int) -> list[tuple[Any, ...]]:
    """What the handler is told when the bytes come in such pieces."""
    told: list[tuple[Any, ...]] = []
    wired.client.on_message = lambda _client, _data, message: told.append(
        (message.topic, message.payload, message.qos, message.mid, message.retain)
    )
    rest = memoryview(came)
    while rest:
        rest = rest[wired.theirs.send(rest[:piece]) :]
        for _ in range(10):
            wired.client.loop_read()
            while wired.client.read_ahead:
                wired.client.loop_read()
    return told


@pytest.mark.parametrize("piece", [1, 7, 50, 4096, 1 << 20])
def test_a_message_that_comes_is_whole_however_it_comes(wired: Wired, piece: int) -> None:
    large = LARGE[: 60 * piece]
    messages = [(0, SMALL, False), (1, large, True), (1, SMALL, False), (1, b"", True), (0, large, False)]
    came = sent(wired.client._protocol, *messages)
    told = received(wired, came, piece)
    assert [(qos, payload, retain) for _, payload, qos, _, retain in told] == messages
    assert {topic for topic, *_ in told} == {TOPIC}
    assert [mid for *_, mid, _ in told] == [0, 2, 3, 4, 0]  # paho counts all


def test_answers_between_messages_are_told_too(wired: Wired) -> None:
    answered: list[int] = []
    wired.client.on_publish = lambda _client, _data, mid, _code, _properties: answered.append(mid)
    message = sent(wired.client._protocol, (1, LARGE[:9000], False))
    told = received(wired, b"\x40\x02\x00\x07" + message + b"\x40\x02\x00\x08" + message, 1000)
    assert (len(told), answered) == (2, [7, 8])


def test_what_comes_is_acknowledged_unless_that_is_ours(wired: Wired) -> None:
    came = sent(wired.client._protocol, (1, SMALL, False))
    received(wired, came, 1000)
    wired.client.loop_write()
    assert wired.theirs.recv(100) == b"\x40\x02\x00\x01"
    wired.client.manual_ack_set(True)
    received(wired, came, 1000)
    assert not wired.client.want_write()


@pytest.mark.parametrize("taken", [0, 1, 3, 4])
def test_an_acknowledgement_at_once_is_as_paho_writes_it(wired: Wired, taken: int) -> None:
    class Full:
        """Takes so many bytes and no more."""

        def sendmsg(self, parts: tuple[bytes, ...]) -> int:
            if not taken:
                raise BlockingIOError
            return wired.ours.send(b"".join(parts)[:taken])

    wired.client._sock = Full()
    done = wired.client.answer_at_once(0x1234)
    wired.client._sock = wired.ours
    assert done == (taken == 4)
    assert wired.all_of_it() == b"\x40\x02\x12\x34"


def test_an_acknowledgement_waits_behind_a_message_that_is_not_out_yet(wired: Wired) -> None:
    wired.client.send_at_once(wired.client.next_mid(), TOPIC, LARGE, retain=False)
    assert not wired.client.answer_at_once(7)
    assert wired.all_of_it() == as_paho(wired.client._protocol, (1, LARGE, False)) + b"\x40\x02\x00\x07"


def test_what_a_handler_raises_is_raised(wired: Wired) -> None:
    def fails(*_: object) -> None:
        raise ConnectionError("not the broker's")

    wired.client.on_message = fails
    wired.theirs.send(sent(wired.client._protocol, (0, SMALL, False)))
    with pytest.raises(ConnectionError, match="not the broker's"):
        wired.client.loop_read()


def test_a_line_that_ends_within_a_message_is_lost(wired: Wired) -> None:
    lost: list[object] = []
    wired.client.on_disconnect = lambda *_: lost.append(1)
    wired.theirs.send(sent(wired.client._protocol, (0, LARGE[:9000], False))[:5000])
    wired.client.loop_read()
    wired.theirs.close()
    wired.client.loop_read()
    assert lost
