"""One behaviour for every broker that Nightjar runs on; where one is known to differ, it says so."""

import os
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from services.runtime.broker import properties
from services.runtime.broker.properties import Prop
from services.runtime.broker.wire import V3, V5, Kind, Reason
from tests.integration.broker.clients import QUIET_S, Paho, Raw, raw
from tests.integration.broker.servers import MAX_PACKET, WINDOW, KnownServer, running
from tests.unit.runtime.broker import client_packets as packets

pytestmark = pytest.mark.real

BAD_TOPICS = (
    b"\x30\x05\x00\x03\xed\xa0\x80",  # it is not UTF-8
    b"\x30\x05\x00\x03a/+",  # a wildcard cannot be published to
)


@pytest.fixture(scope="module", params=["embedded", "mosquitto", "rabbitmq"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnownServer]:
    with running(request.param, tmp_path_factory.mktemp(request.param)) as known:
        yield known


@pytest.fixture(params=[V3, V5], ids=["3.1.1", "5"])
def version(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def name() -> str:
    """A topic and client id that no other test uses."""
    return f"t{secrets.token_hex(6)}"


class TestBroker:
    # -- messages ------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("qos", [0, 1])
    def test_messages_arrive_in_order(self, server: KnownServer, version: int, name: str, qos: int) -> None:
        sent = [b"%d" % n for n in range(50)]
        with Paho(server.port, name, version) as client:
            assert client.subscribe(f"{name}/+", qos=qos) == [qos]
            for payload in sent:
                client.publish(f"{name}/x", payload, qos)
            assert client.payloads(50) == sent
            assert client.nothing_more()

    def test_a_large_message_arrives_unchanged(self, server: KnownServer, version: int, name: str) -> None:
        payload = os.urandom(MAX_PACKET - 1000)
        with Paho(server.port, name, version) as client:
            client.subscribe(name)
            client.publish(name, payload)
            assert client.message().payload == payload

    def test_qos_2_is_taken_from_publishers(self, server: KnownServer, version: int, name: str) -> None:
        if reason := server.gaps.get("qos 2"):
            pytest.skip(reason)
        with Paho(server.port, name, version) as client:
            client.subscribe(name)
            for n in range(5):
                client.publish(name, b"%d" % n, 2)
            assert client.payloads(5) == [b"0", b"1", b"2", b"3", b"4"]
            assert client.nothing_more()

    def test_what_a_5_publisher_says_about_a_message_comes_with_it(
        self, server: KnownServer, name: str
    ) -> None:
        said = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho leaves it untyped
        said.ContentType = "image/jpeg"
        said.ResponseTopic = f"{name}/answer"
        said.CorrelationData = b"\x01\x02"
        said.UserProperty = [("a", "1"), ("a", "2")]
        said.MessageExpiryInterval = 60
        with Paho(server.port, name, V5) as client:
            client.subscribe(name)
            client.publish(name, b"x", props=said)
            got: Any = client.message().properties
        assert (got.ContentType, got.ResponseTopic) == ("image/jpeg", f"{name}/answer")
        assert (got.CorrelationData, got.UserProperty) == (b"\x01\x02", [("a", "1"), ("a", "2")])
        assert 55 <= got.MessageExpiryInterval <= 60

    # -- retained messages ---------------------------------------------------------------------------------

    def test_retained_messages_reach_late_subscribers_by_wildcard(
        self, server: KnownServer, version: int, name: str
    ) -> None:
        with Paho(server.port, name, version) as client:
            for leaf in ("a", "b"):
                client.publish(f"{name}/{leaf}", leaf.encode(), retain=True)
        with Paho(server.port, f"{name}-late", version) as late:
            late.subscribe(f"{name}/a")
            assert late.message().retain
            late.subscribe(f"{name}/+")
            if "retained by wildcard" in server.gaps:
                assert late.nothing_more()
            else:
                assert sorted(late.payloads(2)) == [b"a", b"b"]

    def test_an_empty_retained_message_clears_the_last(
        self, server: KnownServer, version: int, name: str
    ) -> None:
        with Paho(server.port, name, version) as client:
            client.publish(name, b"kept", retain=True)
            client.publish(name, b"", retain=True)
            client.subscribe(name)
            assert client.nothing_more()

    # -- wills ---------------------------------------------------------------------------------------------

    def test_a_will_is_told_and_retained_when_a_client_drops(
        self, server: KnownServer, version: int, name: str
    ) -> None:
        with Paho(server.port, name, version) as watcher, Raw(server.port) as mortal:
            watcher.subscribe(f"{name}/status")
            mortal.send(
                packets.connect(f"{name}-m", version, will=(f"{name}/status", b"offline"), will_retain=True)
            )
            mortal.expect(Kind.CONNACK)
            mortal.drop()
            assert watcher.message().payload == b"offline"
        with Paho(server.port, f"{name}-late", version) as late:
            late.subscribe(f"{name}/status")
            assert late.message().retain

    def test_a_will_is_not_told_after_a_disconnect(
        self, server: KnownServer, version: int, name: str
    ) -> None:
        with Paho(server.port, name, version) as watcher:
            watcher.subscribe(f"{name}/status")
            with Paho(server.port, f"{name}-m", version, will=(f"{name}/status", b"offline")):
                pass
            assert watcher.nothing_more()

    def test_a_client_that_is_silent_for_too_long_is_given_up(self, server: KnownServer, name: str) -> None:
        with Paho(server.port, name) as watcher, Raw(server.port) as silent:
            watcher.subscribe(f"{name}/status")
            silent.send(packets.connect(f"{name}-m", keep_alive_s=1, will=(f"{name}/status", b"offline")))
            silent.expect(Kind.CONNACK)
            assert watcher.message().payload == b"offline"
            assert silent.closed()

    # -- sessions ------------------------------------------------------------------------------------------

    def test_what_was_missed_is_delivered_after_a_reconnect(
        self, server: KnownServer, version: int, name: str
    ) -> None:
        with Paho(server.port, name, version, clean=False) as client:
            assert not client.session_present
            client.subscribe(f"{name}/#")
        with Paho(server.port, f"{name}-p", version) as publisher:
            for n in range(100):
                publisher.publish(f"{name}/x", b"%d" % n)
        with Paho(server.port, name, version, clean=False) as client:
            assert client.session_present
            assert client.payloads(100) == [b"%d" % n for n in range(100)]
            assert client.nothing_more()

    def test_a_clean_session_is_not_kept(self, server: KnownServer, version: int, name: str) -> None:
        with Paho(server.port, name, version) as client:
            client.subscribe(name)
        with Paho(server.port, f"{name}-p", version) as publisher:
            publisher.publish(name, b"missed")
        with Paho(server.port, name, version, clean=False) as client:
            assert not client.session_present
            assert client.nothing_more()

    def test_sessions_queues_and_retained_messages_survive_a_restart_of_the_broker(
        self, server: KnownServer, version: int, name: str
    ) -> None:
        frames = [b"%d" % n + os.urandom(60_000) for n in range(30)]
        with raw(server.port, name, version, clean=False) as client:
            client.send(packets.subscribe(f"{name}/#", version=version))
            client.expect(Kind.SUBACK)
            with Paho(server.port, f"{name}-p", version) as publisher:
                publisher.publish(f"{name}/state", b"kept", retain=True)
                state = client.expect(Kind.PUBLISH)
                packet_id = int.from_bytes(state.body[2 + len(f"{name}/state") :][:2], "big")
                client.send(packets.puback(packet_id, version))
                for frame in frames:
                    publisher.publish(f"{name}/frame", frame)
        server.restart()
        with Paho(server.port, name, version, clean=False) as again:
            assert again.session_present
            assert again.payloads(30) == frames
            with Paho(server.port, f"{name}-p", version) as publisher:
                publisher.publish(f"{name}/frame", b"new")
            assert again.message().payload == b"new"
        with Paho(server.port, f"{name}-late", version) as late:
            late.subscribe(f"{name}/state")
            assert late.message().payload == b"kept"

    def test_a_client_id_is_taken_over_with_its_session(
        self, server: KnownServer, version: int, name: str
    ) -> None:
        with raw(server.port, name, version, clean=False) as old:
            old.send(packets.subscribe(name, version=version))
            old.expect(Kind.SUBACK)
            with raw(server.port, name, version, clean=False) as new:
                if version == V5:
                    assert old.expect(Kind.DISCONNECT).body[0] == Reason.TAKEN_OVER
                assert old.closed()
                new.send(packets.publish(name, b"x", 0, version=version))
                ((message, _, _),) = new.messages(version)
                assert message.payload == b"x"

    # -- acknowledgements ----------------------------------------------------------------------------------

    def test_what_was_not_acknowledged_comes_again_in_order_with_dup_on_reconnect_only(
        self, server: KnownServer, version: int, name: str
    ) -> None:
        with Paho(server.port, f"{name}-p", version) as publisher:
            with raw(server.port, name, version, clean=False) as client:
                client.send(packets.subscribe(name, version=version))
                client.expect(Kind.SUBACK)
                for n in range(6):
                    publisher.publish(name, b"%d" % n)
                first = client.messages(version)
                assert [bytes(m.payload) for m, _, _ in first] == [b"0", b"1", b"2", b"3", b"4", b"5"]
                for late in (4, 1):  # out of order, and the others not at all
                    client.send(packets.puback(first[late][1], version))
                assert client.messages(version) == []
            publisher.publish(name, b"6")
            with raw(server.port, name, version, clean=False) as client:
                again = client.messages(version)
        assert [bytes(m.payload) for m, _, _ in again] == [b"0", b"2", b"3", b"5", b"6"]
        assert [dup for _, _, dup in again[:4]] == [True] * 4

    def test_no_more_than_a_window_is_sent_without_acknowledgement(
        self, server: KnownServer, version: int, name: str
    ) -> None:
        window = WINDOW if version == V3 else 7
        props = properties.encode(Prop.RECEIVE_MAXIMUM, window) if version == V5 else b""
        with (
            raw(server.port, name, version, props=props) as client,
            Paho(server.port, f"{name}-p") as publisher,
        ):
            client.send(packets.subscribe(name, version=version))
            client.expect(Kind.SUBACK)
            for n in range(WINDOW + 10):
                publisher.publish(name, b"%d" % n)
            first = client.messages(version)
            assert len(first) == window
            client.send(*(packets.puback(packet_id, version) for _, packet_id, _ in first[:3]))
            assert [bytes(m.payload) for m, _, _ in client.messages(version)] == [
                b"%d" % n for n in range(window, window + 3)
            ]

    # -- who may what --------------------------------------------------------------------------------------

    @pytest.mark.parametrize(("user", "password"), [("u", "wrong"), ("nobody", "p"), ("u", "")])
    def test_a_wrong_password_is_refused(
        self, server: KnownServer, version: int, name: str, user: str, password: str
    ) -> None:
        with Raw(server.port) as client:
            client.send(packets.connect(name, version, user=user, password=password))
            code = client.expect(Kind.CONNACK).body[1]
            assert client.closed()
        assert code in ((4, 5) if version == V3 else (Reason.BAD_USER_OR_PASSWORD, Reason.NOT_AUTHORIZED))

    def test_a_publish_that_is_not_allowed_reaches_nobody(
        self, server: KnownServer, version: int, name: str
    ) -> None:
        if reason := server.gaps.get("acl on delivery"):
            pytest.skip(reason)
        with (
            Paho(server.port, name, version) as watcher,
            Paho(server.port, f"{name}-p", version, user="part") as part,
        ):
            watcher.subscribe(f"open/{name}", f"in/{name}")
            assert part.publish(f"open/{name}", b"no") == (0 if version == V3 else Reason.NOT_AUTHORIZED)
            part.publish(f"in/{name}", b"yes")
            assert watcher.message().payload == b"yes"
            assert watcher.nothing_more()

    def test_a_wide_subscription_brings_only_what_may_be_read_retained_or_not(
        self, server: KnownServer, version: int, name: str
    ) -> None:
        if reason := server.gaps.get("acl on delivery"):
            pytest.skip(reason)
        with (
            Paho(server.port, name, version) as publisher,
            Paho(server.port, f"{name}-s", version, user="part") as part,
        ):
            for topic in (f"secret/{name}", f"open/{name}"):
                publisher.publish(topic, b"kept", retain=True)
            assert part.subscribe(f"+/{name}") == [1]
            message = part.message()
            assert (message.topic, message.retain) == (f"open/{name}", True)
            for topic in (f"secret/{name}", f"open/{name}"):
                publisher.publish(topic, b"live")
            assert part.message().topic == f"open/{name}"
            assert part.nothing_more()

    def test_a_subscription_to_nothing_that_may_be_read_is_refused(
        self, server: KnownServer, version: int, name: str
    ) -> None:
        with Paho(server.port, name, version, user="part") as part:
            (code,) = part.subscribe(f"secret/{name}")
        if "acl on subscribe" in server.gaps:
            assert code == 1
        else:
            assert code == (0x80 if version == V3 else Reason.NOT_AUTHORIZED)

    # -- bad clients ---------------------------------------------------------------------------------------

    def test_an_oversized_packet_ends_its_connection_and_nothing_else(
        self, server: KnownServer, version: int, name: str
    ) -> None:
        with Paho(server.port, f"{name}-w", version) as witness, raw(server.port, name, version) as client:
            witness.subscribe(name)
            client.send(packets.publish(name, bytes(MAX_PACKET), version=version)[:2000])
            assert client.closed()
            witness.publish(name, b"alive")
            assert witness.message().payload == b"alive"

    @pytest.mark.parametrize(
        "broken",
        [
            b"\x30\xff\xff\xff\xff\x7f",  # a length of five bytes
            b"\x32\x04\x00\x01t\x00",  # a PUBLISH that is cut off
            b"\x36\x07\x00\x01t\x00\x01xx",  # QoS 3
            *BAD_TOPICS,
            b"\x82\x02\x00\x01",  # a SUBSCRIBE to nothing
            b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00",  # a second CONNECT
            b"\x00\x00",  # no type
        ],
        ids=["length", "cut off", "QoS 3", "UTF-8", "wildcard", "no filter", "CONNECT", "type 0"],
    )
    def test_a_malformed_packet_ends_its_connection_and_nothing_else(
        self, server: KnownServer, name: str, broken: bytes
    ) -> None:
        with Paho(server.port, f"{name}-w") as witness, raw(server.port, name) as client:
            witness.subscribe(name)
            client.send(broken)
            if broken in BAD_TOPICS and "topics checked" in server.gaps:
                assert not client.closed(QUIET_S)
            else:
                assert client.closed()
            witness.publish(name, b"alive")
            assert witness.message().payload == b"alive"

    def test_a_stranger_who_sends_something_else_is_closed(self, server: KnownServer) -> None:
        with Raw(server.port) as stranger:
            stranger.send(b"GET / HTTP/1.1\r\n" + b"X-Padding: long enough to be a packet\r\n" * 5)
            assert stranger.closed()

    def test_a_client_that_does_not_read_holds_nobody_up(
        self, server: KnownServer, version: int, name: str
    ) -> None:
        frames = [b"%d" % n + bytes(200_000) for n in range(60)]  # 12 MB: more than sockets and queues take
        with (
            raw(server.port, name, version, clean=False) as lazy,
            Paho(server.port, f"{name}-r", version) as reader,
            Paho(server.port, f"{name}-p", version) as publisher,
        ):
            lazy.send(packets.subscribe(name, version=version))
            lazy.expect(Kind.SUBACK)
            reader.subscribe(name)
            for frame in frames:
                publisher.publish(name, frame)
            assert reader.payloads(60) == frames
