"""What only our own broker promises: bounds, reasons, its counters, and how it starts and ends."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.runtime.broker import Broker
from services.runtime.broker.wire import V5, Kind, Reason
from tests.integration.broker.clients import Paho, Raw, raw
from tests.integration.broker.servers import ACL, MAX_PACKET, MAX_QUEUE, Embedded, passwords
from tests.runners import Process, free_port
from tests.unit.runtime.broker import client_packets as packets

ROOT = Path(__file__).parents[3]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Embedded]:
    ours = Embedded(tmp_path)
    ours.start()
    yield ours
    ours.stop()


def until(what: str, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, f"not within 10 s: {what}"
        time.sleep(0.02)


def test_a_client_that_does_not_read_costs_no_more_than_its_bound(server: Embedded) -> None:
    stats = server.broker.stats
    with raw(server.port, "lazy") as lazy, Paho(server.port, "pub") as publisher:
        lazy.send(packets.subscribe("one", qos=1), packets.subscribe("zero", qos=0))
        lazy.expect(Kind.SUBACK)
        lazy.expect(Kind.SUBACK)
        frame = os.urandom(200_000)
        for _ in range(100):  # 20 MB of each
            publisher.publish("one", frame, 1)
            publisher.publish("zero", frame, 0)
        publisher.publish("one", b"", 1)
    assert stats.dropped_queue >= 100 - 20 - MAX_QUEUE // len(frame)
    assert stats.dropped_qos0 > 0
    assert stats.dropped == stats.dropped_queue + stats.dropped_qos0


def test_a_client_that_asks_for_more_than_it_reads_is_not_listened_to_for_a_while(server: Embedded) -> None:
    stats = server.broker.stats
    with Paho(server.port, "pub") as publisher:
        publisher.publish("big", bytes(MAX_PACKET - 100), retain=True)
    with raw(server.port, "greedy") as greedy:
        for _ in range(30):  # 30 MB of answers
            greedy.send(packets.subscribe("big", qos=0))
            time.sleep(0.01)  # each is read by itself
        assert stats.messages_out < 20
        assert stats.dropped == 0
        got = len(greedy.messages())
    assert got + stats.dropped_qos0 == 30


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (packets.publish("t", bytes(MAX_PACKET), version=V5), Reason.PACKET_TOO_LARGE),
        (b"\x30\xff\xff\xff\xff\x7f", Reason.MALFORMED_PACKET),
        (b"\xf0\x00", Reason.PROTOCOL_ERROR),
        (packets.publish("a/+", b"", version=V5), Reason.INVALID_TOPIC),
    ],
)
def test_a_5_client_is_told_why_it_is_disconnected(server: Embedded, broken: bytes, reason: Reason) -> None:
    with raw(server.port, "bad", V5) as client:
        client.send(broken)
        assert client.expect(Kind.DISCONNECT).body[0] == reason
        assert client.closed()


def test_a_stranger_may_not_send_a_large_connect(server: Embedded) -> None:
    with Raw(server.port) as stranger:
        stranger.send(packets.connect("c", will=("w", bytes(65_000)), user="x" * 1000))
        assert stranger.packet() is None


def test_what_happened_is_counted(server: Embedded) -> None:
    with Paho(server.port, "client") as client:
        client.subscribe("t")
        client.publish("t", b"12345")
        client.message()
        stats = server.broker.stats
        assert (stats.connections, stats.sessions) == (1, 1)
        assert (stats.messages_in, stats.bytes_in, stats.messages_out, stats.bytes_out) == (1, 5, 1, 5)
    until("it is gone", lambda: server.broker.stats.connections == 0)


def test_5_clients_are_told_that_the_broker_stops_and_wills_are_kept(server: Embedded) -> None:
    with raw(server.port, "told", V5) as client, Raw(server.port) as mortal:
        mortal.send(packets.connect("mortal", will=("status", b"offline"), will_retain=True))
        mortal.expect(Kind.CONNACK)
        server.stop()
        assert client.expect(Kind.DISCONNECT).body[0] == Reason.SHUTTING_DOWN
    server.start()
    with Paho(server.port, "late") as late:
        late.subscribe("status")
        assert late.message().payload == b"offline"


def test_a_port_that_is_taken_is_an_os_error(server: Embedded) -> None:
    second = Broker(("127.0.0.1", server.port), {}, None)
    with pytest.raises(OSError, match="in use"):
        second.run(threading.Event())
    assert not second.wait_ready(0)


def test_a_state_file_that_cannot_be_read_is_kept_aside(server: Embedded, tmp_path: Path) -> None:
    server.stop()
    (tmp_path / "state").write_bytes(b"nightjar broker 1\nnonsense")
    server.start()
    assert (tmp_path / "state.unreadable").read_bytes().endswith(b"nonsense")
    with Paho(server.port, "client") as client:
        assert client.publish("t", b"x") == 0


def test_a_session_is_in_the_file_a_second_after_it_was_made_and_survives_sigkill(tmp_path: Path) -> None:
    (tmp_path / "passwords").write_text(passwords())
    (tmp_path / "acl").write_text(ACL)
    port = free_port()
    command = [sys.executable, str(ROOT / "tests" / "embedded_broker.py"), str(port)]
    process = Process(command, tmp_path, os.environ | {"PYTHONPATH": str(ROOT)})
    process.start()
    try:
        until("it listens", lambda: _listens(port))
        with raw(port, "durable", clean=False) as client:
            client.send(packets.subscribe("t"))
            client.expect(Kind.SUBACK)
            until("it is saved", (tmp_path / "state").exists)
            process.kill()
        process.start()
        until("it listens again", lambda: _listens(port))
        with Paho(port, "durable", clean=False) as again:
            assert again.session_present
            again.publish("t", b"x")
            assert again.message().payload == b"x"
    finally:
        process.remove()


def _listens(port: int) -> bool:
    try:
        Raw(port).drop()
    except OSError:
        return False
    return True
