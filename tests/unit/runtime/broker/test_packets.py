"""Packets are read as they were written, and nothing that is malformed gets through."""

import random

import pytest

from services.runtime.broker import packets, properties, wire
from services.runtime.broker.framing import Packet
from services.runtime.broker.packets import FOREVER, Subscription
from services.runtime.broker.properties import Prop
from services.runtime.broker.wire import V3, V5, Cursor, Kind, ProtocolError, Reason
from tests.unit.runtime.broker import client_packets as client
from tests.unit.runtime.broker.wired import Wired, make_hub

USER_PROPERTY = properties.encode(Prop.USER_PROPERTY, ("key", "välue"))


def body(packet: bytes) -> bytes:
    cursor = Cursor(packet)
    cursor.u8()
    length = cursor.varint()
    rest = bytes(cursor.rest())
    assert len(rest) == length
    return rest


@pytest.mark.parametrize("value", [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455])
def test_a_variable_length_number_survives(value: int) -> None:
    assert Cursor(wire.varint(value)).varint() == value


def test_a_3_1_1_connect_survives() -> None:
    sent = client.connect("cam", clean=False, user="ü", password="s", keep_alive_s=7, will=("w/t", b"gone"))
    read = packets.parse_connect(body(sent))
    assert (read.client_id, read.clean, read.user, read.password) == ("cam", False, "ü", b"s")
    assert (read.keep_alive_s, read.session_expiry_s, read.receive_maximum) == (7, FOREVER, 65535)
    assert read.will is not None
    assert (read.will.message.topic, read.will.message.payload, read.will.message.qos) == ("w/t", b"gone", 1)


def test_a_5_connect_survives_with_its_properties() -> None:
    props = (
        client.lasting(90),
        properties.encode(Prop.RECEIVE_MAXIMUM, 3),
        properties.encode(Prop.MAXIMUM_PACKET_SIZE, 5000),
        USER_PROPERTY,
    )
    will_props = (properties.encode(Prop.WILL_DELAY, 4), properties.encode(Prop.MESSAGE_EXPIRY, 8))
    sent = client.connect("cam", V5, props=props, will=("w", b""), will_props=will_props)
    read = packets.parse_connect(body(sent))
    assert (read.session_expiry_s, read.receive_maximum, read.max_packet) == (90, 3, 5000)
    assert read.will is not None
    assert (read.will.delay_s, read.will.expiry_s) == (4, 8)


@pytest.mark.parametrize("version", [V3, V5])
@pytest.mark.parametrize("qos", [0, 1, 2])
def test_a_publish_survives(version: int, qos: int) -> None:
    packet = client.publish("a/b", b"payload", qos, 77, version, retain=True, dup=bool(qos))
    message, packet_id = packets.parse_publish(packet[0], body(packet), version, 0)
    assert (message.topic, message.payload, message.qos, message.retain) == ("a/b", b"payload", qos, True)
    assert packet_id == (77 if qos else 0)


def test_what_a_5_publisher_says_is_handed_on_and_the_expiry_counts_down() -> None:
    said = b"".join((properties.encode(Prop.CONTENT_TYPE, "image/jpeg"), USER_PROPERTY))
    packet = client.publish("t", b"x", props=said + properties.encode(Prop.MESSAGE_EXPIRY, 30), version=V5)
    message, _ = packets.parse_publish(packet[0], body(packet), V5, 100.0)
    assert message.properties == said
    again = packets.publish_head(message, 0, 0, V5, 110.0, retain=False) + b"x"
    assert packets.parse_publish(again[0], body(again), V5, 0.0).message.expires_at == 20


def test_a_payload_is_a_view_and_no_copy() -> None:
    packet = bytearray(body(client.publish("t", b"x" * 5000)))
    message, _ = packets.parse_publish(0x30, memoryview(packet), V3, 0)
    assert isinstance(message.payload, memoryview)
    assert message.payload.obj is packet


def test_a_subscribe_survives_with_its_options() -> None:
    packet = client.subscribe("a/#", "b", qos=1, packet_id=9, version=V5, options=0x2C, identifier=300)
    wish = Subscription(1, no_local=True, retain_as_published=True, retain_handling=2, id=300)
    assert packets.parse_subscribe(body(packet), V5) == packets.Subscribe(9, (("a/#", wish), ("b", wish)))


def test_an_unsubscribe_survives() -> None:
    packet = client.unsubscribe("a/#", "b", packet_id=9, version=V5)
    assert packets.parse_unsubscribe(body(packet), V5) == packets.Unsubscribe(9, ("a/#", "b"))


def test_a_disconnect_survives() -> None:
    packet = client.disconnect(4, V5, (client.lasting(3),))
    assert packets.parse_disconnect(body(packet), V5) == packets.Disconnect(4, 3)


CONNECT = body(client.connect("c", V5))


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        CONNECT[:-1],
        CONNECT + b"x",
        CONNECT.replace(b"MQTT", b"MQTX"),
        CONNECT[:7] + b"\xc3" + CONNECT[8:],  # the reserved flag
        CONNECT[:7] + b"\xda" + CONNECT[8:],  # a will's QoS without a will
        body(client.connect("c\0")),
        body(client.connect("c", will=("a/+", b""))),
        body(client.connect("c", V5, props=(client.lasting(), client.lasting()))),
        body(client.connect("c", V5, props=(properties.encode(Prop.RECEIVE_MAXIMUM, 0),))),
        body(client.connect("c", V5, props=(properties.encode(Prop.TOPIC_ALIAS, 1),))),
        body(client.connect("c", V5, props=(b"\x7e",))),
        body(client.connect("c", V3, user=None)),
    ],
)
def test_a_broken_connect_is_refused(broken: bytes) -> None:
    with pytest.raises(ProtocolError):
        packets.parse_connect(broken)


@pytest.mark.parametrize(
    ("first", "broken"),
    [
        (0x30, b""),
        (0x30, b"\0"),
        (0x30, b"\0\x05abc"),
        (0x30, b"\0\0payload"),
        (0x30, b"\0\x01+payload"),
        (0x30, b"\0\x02\xc3\x28"),
        (0x30, b"\0\x03\xed\xa0\x80"),  # a surrogate
        (0x30, b"\0\x02a\0"),
        (0x36, b"\0\x01a\0\x01"),  # QoS 3
        (0x38, b"\0\x01a"),  # DUP at QoS 0
        (0x32, b"\0\x01a\0\0"),  # the packet id 0
        (0x32, b"\0\x01a\0"),
    ],
)
def test_a_broken_publish_is_refused(first: int, broken: bytes) -> None:
    with pytest.raises(ProtocolError):
        packets.parse_publish(first, broken, V3, 0)


def test_a_topic_alias_is_refused_since_none_is_offered() -> None:
    packet = client.publish("t", b"", version=V5, props=properties.encode(Prop.TOPIC_ALIAS, 1))
    with pytest.raises(ProtocolError) as refused:
        packets.parse_publish(packet[0], body(packet), V5, 0)
    assert refused.value.reason is Reason.INVALID_ALIAS


@pytest.mark.parametrize(
    "broken",
    [b"\0\x01", b"\0\0\0\x01a\x01", b"\0\x01\0\x01a", b"\0\x01\0\x01a\x03", b"\0\x01\0\x01a\x41"],
)
def test_a_broken_subscribe_is_refused(broken: bytes) -> None:
    with pytest.raises(ProtocolError):
        packets.parse_subscribe(broken, V3)


@pytest.mark.parametrize("version", [V3, V5])
def test_no_random_packet_does_more_than_end_its_own_connection(version: int) -> None:
    chance = random.Random(11)
    hub = make_hub()
    for _ in range(1500):
        peer = Wired(hub, version=version)
        peer.send(client.connect("fuzz", version))
        kind = chance.choice(list(Kind))
        first = kind << 4 | (chance.randrange(16) if chance.random() < 0.5 else 2 * (kind in (6, 8, 10)))
        try:
            peer.connection.packet(Packet(first, chance.randbytes(chance.randrange(24))), peer.now)
        except ProtocolError as error:
            peer.connection.fail(error, peer.now)
            assert peer.closed
        peer.connection.lost(peer.now)
    assert hub.stats.connections == 0


@pytest.mark.parametrize("version", [V3, V5])
def test_no_packet_with_one_byte_changed_does_more_than_end_its_own_connection(version: int) -> None:
    chance = random.Random(12)
    hub = make_hub()
    valid = [
        client.connect("fuzz", version, will=("w", b"x")),
        client.publish("a/b", b"x", 1, version=version, props=USER_PROPERTY if version == V5 else b""),
        client.subscribe("a/#", version=version),
        client.unsubscribe("a/#", version=version),
        client.disconnect(0, version),
    ]
    for _ in range(1500):
        peer = Wired(hub, version=version)
        packet = chance.choice(valid)
        if packet is not valid[0]:
            peer.send(valid[0])
        changed = bytearray(body(packet))
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        try:
            peer.connection.packet(Packet(packet[0], bytes(changed)), peer.now)
        except ProtocolError as error:
            peer.connection.fail(error, peer.now)
            assert peer.closed
        peer.connection.lost(peer.now)
    assert hub.stats.connections == 0
