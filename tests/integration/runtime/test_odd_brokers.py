"""Brokers that are away, old, mute, or refuse what is asked of them: said once, borne, and left in time."""

import logging
import os
import resource
import time
from collections.abc import Iterator

import pytest

from services.runtime.broker import properties
from services.runtime.broker.properties import Prop
from services.runtime.broker.wire import V3, V5, Reason
from services.runtime.mqtt import BrokerAddress, Link, Parcel, Will
from tests.integration.runtime.conftest import address
from tests.integration.runtime.links import Inbox, eventually, running
from tests.real import MqttServer
from tests.runners import free_port
from tests.servers.scripted_broker import Script, ScriptedBroker, accepted, answered
from tests.servers.wire import Wire

STOP_S = 1.5


def at(port: int) -> BrokerAddress:
    return BrokerAddress("127.0.0.1", port)


# -- away ----------------------------------------------------------------------------------------------------


def test_a_broker_that_cannot_be_reached_is_said_once_and_found_when_it_is_there(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    port = free_port()
    away = f"the broker mqtt://127.0.0.1:{port} cannot be reached: connection refused"
    first, second = Link(at(port), "first"), Link(at(port), "second")
    assert first.problem == f"not yet connected to the broker mqtt://127.0.0.1:{port}"
    with (
        running(first, connected=False),
        running(second, connected=False),
        ScriptedBroker(Script()) as broker,
    ):
        eventually(lambda: first.problem == second.problem == away)
        time.sleep(0.5)
        assert not first.connected
        with Wire(broker.port, port):
            eventually(lambda: first.connected and second.connected)
            assert first.problem == second.problem == ""
            ours = [m for n, _, m in caplog.record_tuples if n.startswith("services.runtime.mqtt")]
            assert ours == [
                f"{away}; trying again for as long as it takes",
                f"connected to the broker mqtt://127.0.0.1:{port} again",
            ]


def test_a_name_that_nobody_knows_is_said() -> None:
    link = Link(BrokerAddress("broker.invalid", 1883), "x")
    with running(link, connected=False):
        eventually(
            lambda: link.problem.startswith("the broker mqtt://broker.invalid:1883 cannot be reached: ")
        )


# -- slow ----------------------------------------------------------------------------------------------------


def test_all_is_well_when_the_broker_would_deliver_to_us_and_not_before() -> None:
    script, inbox = Script(subscribes=False), Inbox()
    with ScriptedBroker(script) as broker:
        link = Link(at(broker.port), "x")
        link.subscribe("a", inbox)
        with running(link):
            eventually(lambda: broker.withheld == 1)
            link.subscribe("b", inbox)
            eventually(lambda: broker.withheld == 2)
            assert link.problem == f"not yet connected to the broker mqtt://127.0.0.1:{broker.port}"
            broker.release()
            eventually(lambda: link.problem == "")


# -- old -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(answered(V5, Reason.UNSUPPORTED_VERSION), id="in the words of MQTT 5"),
        pytest.param(answered(V3, 1), id="in the words of 3.1.1"),
        pytest.param(None, id="by hanging up"),
    ],
)
def test_a_broker_without_mqtt_5_is_spoken_to_in_3_1_1(answer: bytes | None) -> None:
    script = Script(on_connect=lambda version: answer if version == V5 else accepted(version))
    with ScriptedBroker(script) as broker, running(Link(at(broker.port), "x")) as alive:
        alive.link.send("t", b"hello")
        eventually(lambda: script.published == [("t", b"hello")])
        assert script.versions == [V5, V3]


def test_a_broker_that_only_had_a_bad_moment_is_asked_for_mqtt_5_again() -> None:
    answers = iter([None, None])
    script = Script(on_connect=lambda version: next(answers, accepted(version)))
    with ScriptedBroker(script) as broker, running(Link(at(broker.port), "x")):
        assert script.versions == [V5, V3, V5]


def test_a_broker_that_always_hangs_up_is_said() -> None:
    with ScriptedBroker(Script(on_connect=lambda _: None)) as broker:
        link = Link(at(broker.port), "x")
        with running(link, connected=False):
            eventually(
                lambda: (
                    link.problem
                    == f"the broker mqtt://127.0.0.1:{broker.port} closed the connection without an answer"
                )
            )


def test_a_broker_that_is_busy_is_asked_again() -> None:
    answers = iter([Reason.QUOTA_EXCEEDED, Reason.QUOTA_EXCEEDED, Reason.SUCCESS])
    script = Script(on_connect=lambda version: answered(version, next(answers)))
    with ScriptedBroker(script) as broker, running(Link(at(broker.port), "x")):
        assert script.versions == [V5, V5, V5]


# -- mute ----------------------------------------------------------------------------------------------------


def test_a_broker_that_never_answers_holds_nobody_up() -> None:
    with ScriptedBroker(Script(silent=True)) as broker:
        link = Link(at(broker.port), "x", will=Will("w", b"offline"))
        with running(link, connected=False) as alive:
            time.sleep(0.3)
            assert alive.stop() < STOP_S


def test_a_broker_that_never_answers_is_said_to_do_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.runtime.mqtt.connection.CONNECT_TIMEOUT_S", 0.2)
    with ScriptedBroker(Script(silent=True)) as broker:
        link = Link(at(broker.port), "x")
        with running(link, connected=False):
            eventually(lambda: link.problem == f"the broker mqtt://127.0.0.1:{broker.port} does not answer")


def test_a_broker_where_packets_vanish_holds_nobody_up() -> None:
    """An address of the documentation's own network: what is sent there is not even refused, as a rule."""
    with running(Link(BrokerAddress("192.0.2.1", 1883), "x"), connected=False) as alive:
        time.sleep(0.2)
        assert alive.stop() < STOP_S


@pytest.mark.parametrize("waiting", [0, 200])
def test_a_broker_that_hangs_in_mid_stream_holds_nobody_up(
    server: MqttServer, name: str, waiting: int
) -> None:
    with Wire(server.port) as wire:
        link = Link(address(server, wire.port), name, will=Will(f"{name}/w", b"offline"))
        with running(link) as alive:
            wire.freeze()
            for _ in range(waiting):  # more than the system's buffers take
                link.send(f"{name}/x", bytes(100_000))
            time.sleep(0.2)
            assert alive.stop() < STOP_S
        assert len(link.outbox) == waiting


def test_where_the_goodbye_is_not_heard_the_will_tells(
    server: MqttServer, broker: BrokerAddress, name: str
) -> None:
    inbox, topic = Inbox(), f"{name}/presence"
    watcher = Link(broker, f"{name}-watcher")
    watcher.subscribe(topic, inbox)
    with running(watcher), Wire(server.port) as wire:
        link = Link(address(server, wire.port), name, will=Will(topic, b"offline"))
        link.hold(topic, b"online")
        with running(link) as alive:
            inbox.wait_for(1)
            wire.freeze()
            link.send(f"{name}/x", b"never acknowledged")
            alive.stop()
            wire.cut()
            wire.thaw()
        inbox.wait_for(2)
    assert inbox.payloads[-1] == b"offline"


def test_a_line_that_goes_dead_is_noticed(
    monkeypatch: pytest.MonkeyPatch, server: MqttServer, name: str
) -> None:
    monkeypatch.setattr("services.runtime.mqtt.connection.KEEP_ALIVE_S", 1)
    with Wire(server.port) as wire:
        link = Link(address(server, wire.port), name)
        with running(link):
            wire.freeze()
            eventually(lambda: not link.connected)
            sentence = (
                f"the connection to the broker mqtt://127.0.0.1:{wire.port} was lost (keep alive timeout)"
            )
            eventually(lambda: link.problem == sentence)
            wire.cut()
            wire.thaw()
            eventually(lambda: link.connected)


# -- slow, and strict ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("window", [1, 5, 20])
def test_no_more_is_with_the_broker_than_the_window_allows(window: int) -> None:
    script = Script(acknowledges=False)
    with ScriptedBroker(script) as broker, running(Link(at(broker.port), "x", window=window)) as alive:
        for n in range(60):
            alive.link.send("t", str(n).encode())
        eventually(lambda: len(script.published) == window)
        time.sleep(0.2)
        assert len(script.published) == window
        while len(script.published) < 60:
            before = len(script.published)
            broker.release()
            eventually(lambda: len(script.published) > before)  # noqa: B023  (called before the next turn)
        assert [int(payload) for _, payload in script.published] == list(range(60))
        script.acknowledges = True
        broker.release()


def test_while_the_broker_is_away_the_outbox_is_bounded_and_tells_what_it_drops() -> None:
    lost: list[Parcel] = []
    link = Link(at(free_port()), "x", max_outbox_bytes=1000, on_lost=lost.append)
    with running(link, connected=False):
        for n in range(50):
            link.send(str(n), bytes(100))
    assert [parcel.topic for parcel in lost] == [str(n) for n in range(40)]
    assert link.outbox.bytes == 1000


def test_what_is_larger_than_the_broker_takes_is_given_up_and_stops_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lost: list[Parcel] = []
    limit = properties.encode(Prop.MAXIMUM_PACKET_SIZE, 1000)
    script = Script(on_connect=lambda version: accepted(version, limit))
    with ScriptedBroker(script) as broker:
        link = Link(at(broker.port), "x", on_lost=lost.append)
        with running(link):
            for size in (10, 2000, 3000, 20):
                link.send("t", bytes(size))
            eventually(lambda: not len(link.outbox))
        assert [len(payload) for _, payload in script.published] == [10, 20]
        assert [len(parcel.payload) for parcel in lost] == [2000, 3000]
        assert caplog.messages == [
            f"the broker {at(broker.port)} denies x the topic t: its 2000 bytes are more than it takes"
        ]


def test_an_oversized_message_stops_nothing_at_a_real_broker(broker: BrokerAddress, name: str) -> None:
    lost: list[Parcel] = []
    link = Link(broker, name, on_lost=lost.append)
    with running(link):
        link.send(f"{name}/large", bytes(17 << 20))
        link.send(f"{name}/small", b"x")
        eventually(lambda: not len(link.outbox))
    assert [parcel.topic for parcel in lost] == [f"{name}/large"]


def test_what_the_broker_denies_is_logged_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    script = Script(publish_reason=Reason.NOT_AUTHORIZED)
    with ScriptedBroker(script) as broker, running(Link(at(broker.port), "x")) as alive:
        for n in range(40):
            alive.link.send(f"t/{n}", b"x")
        eventually(lambda: not len(alive.link.outbox))
        assert len(script.published) == 40
        assert caplog.messages == [
            f"the broker mqtt://127.0.0.1:{broker.port} denies x the topic t/0: Not authorized"
        ]


def test_a_subscription_that_is_denied_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    script = Script(subscribe_reason=Reason.NOT_AUTHORIZED)
    with ScriptedBroker(script) as broker:
        link = Link(at(broker.port), "x")
        link.subscribe("secret/#", Inbox())
        with running(link):
            sentence = (
                f"the broker mqtt://127.0.0.1:{broker.port} denies x the topic secret/#: Not authorized"
            )
            eventually(lambda: caplog.messages == [sentence])


# -- a busy process ------------------------------------------------------------------------------------------


@pytest.fixture
def many_files() -> Iterator[None]:
    """As many open files as a gateway with a thousand viewers has."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2048:
        pytest.skip("this system allows no more than 1024 open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2048), hard))
    files = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    yield
    for file in files:
        os.close(file)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_process_with_many_open_files_connects_as_any_other(
    broker: BrokerAddress, name: str, many_files: None
) -> None:
    link, inbox = Link(broker, name), Inbox()
    link.subscribe(f"{name}/x", inbox)
    with running(link):
        link.send(f"{name}/x", b"hello")
        assert inbox.wait_for(1)[0].payload == b"hello"
