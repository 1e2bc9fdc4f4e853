"""A link is, after every loss of the broker, as it was before: nothing lost, nothing out of order."""

import contextlib
import threading
import time
from dataclasses import replace

import pytest

from services.runtime.mqtt import BrokerAddress, Link, Will
from services.runtime.stop import TOLD_S
from tests.integration.runtime.conftest import address
from tests.integration.runtime.links import Inbox, Retained, eventually, running
from tests.real import MqttServer
from tests.servers.wire import Wire


def numbers(payloads: list[bytes]) -> list[int]:
    """Those that came, the repeated ones once."""
    return list(dict.fromkeys(int(payload) for payload in payloads))


# -- several nodes -------------------------------------------------------------------------------------------


def test_the_next_node_is_tried_where_one_is_gone(server: MqttServer, name: str) -> None:
    inbox = Inbox()
    with contextlib.ExitStack() as life, Wire(server.port) as second:
        first = life.enter_context(Wire(server.port))
        nodes = replace(address(server, first.port), others=((server.host, second.port),))
        receiver, sender = Link(nodes, f"{name}-receiver", session=True), Link(nodes, f"{name}-sender")
        receiver.subscribe(f"{name}/n", inbox)
        with running(receiver), running(sender):
            for n in range(200):
                sender.send(f"{name}/n", str(n).encode())
                if n == 100:
                    life.close()
            eventually(lambda: len(numbers(inbox.payloads)) == 200)
        assert numbers(inbox.payloads) == list(range(200))
        assert (first.connections, second.connections) == (2, 2)
        assert sender.broker.port == second.port


# -- over a lost connection ----------------------------------------------------------------------------------


def test_nothing_is_lost_or_disordered_over_a_restart_of_the_broker(
    server: MqttServer, broker: BrokerAddress, name: str
) -> None:
    inbox, count = Inbox(), 300
    receiver = Link(broker, f"{name}-receiver", session=True, manual_ack=True)
    receiver.subscribe(f"{name}/n", inbox)
    sender = Link(broker, f"{name}-sender")
    with running(receiver), running(sender):
        for n in range(count):
            sender.send(f"{name}/n", str(n).encode())
            if n == count // 3:
                server.stop()
            if n == count * 2 // 3:
                server.start()
        eventually(lambda: len(numbers(inbox.payloads)) == count)
        assert numbers(inbox.payloads) == list(range(count))
        eventually(lambda: len(sender.outbox) == 0)
        assert sender.outbox.bytes == 0


def test_a_lost_connection_in_full_flow_loses_and_disorders_nothing(server: MqttServer, name: str) -> None:
    inbox, count = Inbox(), 400
    with Wire(server.port) as wire:
        receiver = Link(address(server, server.port), f"{name}-receiver", session=True)
        receiver.subscribe(f"{name}/n", inbox)
        sender = Link(address(server, wire.port), f"{name}-sender", window=8)
        with running(receiver), running(sender):
            for n in range(count):
                sender.send(f"{name}/n", str(n).encode() + b" " * 20_000)
                if n % 100 == 50:
                    wire.cut()
            eventually(lambda: len(numbers(inbox.payloads)) == count)
        assert numbers(inbox.payloads) == list(range(count))
        assert wire.connections > 1


def test_subscriptions_and_retained_state_come_again_with_each_connection(
    server: MqttServer, broker: BrokerAddress, name: str
) -> None:
    inbox = Inbox()
    with Wire(server.port) as wire:
        link = Link(address(server, wire.port), name)
        link.subscribe(f"{name}/in", inbox)
        link.hold(f"{name}/state", b"ON")
        other = Link(broker, f"{name}-other")
        state = Retained(broker, f"{name}/state")
        with running(link), running(other), state.watched():
            state.becomes("ON")
            other.send(f"{name}/state", b"forgotten", retain=True)
            state.becomes("forgotten")
            wire.cut()
            state.becomes("ON")
            other.send(f"{name}/in", b"after")
            assert inbox.wait_for(1)[0].payload == b"after"


def test_state_is_said_where_it_changed_and_only_there(broker: BrokerAddress, name: str) -> None:
    link, state = Link(broker, name), Retained(broker, f"{name}/state")
    with running(link), state.watched():
        for word in (b"ON", b"ON", b"OFF", b"OFF", b"ON"):
            link.hold(f"{name}/state", word)
        link.hold(f"{name}/state", b"end")
        state.becomes("end")
        assert state.words == ["ON", "OFF", "ON", "end"]


def test_it_tells_of_each_connection_after_subscribing(server: MqttServer, name: str) -> None:
    told: list[bool] = []
    with Wire(server.port) as wire:
        link = Link(address(server, wire.port), name)
        link.on_connect(lambda: told.append(link.connected))
        with running(link):
            wire.cut()
            eventually(lambda: len(told) == 2)
    assert told == [True, True]


def test_what_came_when_nobody_was_there_is_flashed_never(broker: BrokerAddress, name: str) -> None:
    link = Link(broker, name)
    assert not link.flash(f"{name}/x", b"too early")
    inbox = Inbox()
    link.subscribe(f"{name}/x", inbox)
    with running(link):
        assert link.flash(f"{name}/x", b"now")
        assert inbox.wait_for(1)[0].payload == b"now"


# -- acknowledgements ----------------------------------------------------------------------------------------


def test_what_was_not_acknowledged_comes_again_in_order_with_the_next_connection(
    server: MqttServer, broker: BrokerAddress, name: str
) -> None:
    inbox, sent = Inbox(acknowledges=False), [str(n).encode() for n in range(5)]
    with Wire(server.port) as wire:
        receiver = Link(address(server, wire.port), f"{name}-receiver", session=True, manual_ack=True)
        receiver.subscribe(f"{name}/n", inbox)
        sender = Link(broker, f"{name}-sender")
        with running(receiver), running(sender):
            for payload in sent:
                sender.send(f"{name}/n", payload)
            first = inbox.wait_for(5)
            first[1].ack()  # out of order, and the only one
            receiver.send(f"{name}/behind-it", b"")
            eventually(lambda: not len(receiver.outbox))
            wire.cut()
            inbox.wait_for(9)
    assert inbox.payloads == [*sent, sent[0], *sent[2:]]


def test_an_acknowledgement_of_an_old_connection_counts_for_nothing(
    server: MqttServer, broker: BrokerAddress, name: str
) -> None:
    inbox = Inbox(acknowledges=False)
    with Wire(server.port) as wire:
        receiver = Link(address(server, wire.port), f"{name}-receiver", session=True, manual_ack=True)
        receiver.subscribe(f"{name}/n", inbox)
        sender = Link(broker, f"{name}-sender")
        with running(receiver), running(sender):
            sender.send(f"{name}/n", b"a")
            old = inbox.wait_for(1)[0]
            wire.cut()
            inbox.wait_for(2)
            old.ack()
            wire.cut()
            new = inbox.wait_for(3)[-1]
            new.ack()
            sender.send(f"{name}/n", b"b")
            inbox.wait_for(4)
            wire.cut()
            inbox.wait_for(5)
    assert inbox.payloads == [b"a", b"a", b"a", b"b", b"b"]


def test_a_session_keeps_what_comes_while_we_are_away(broker: BrokerAddress, name: str) -> None:
    inbox = Inbox()

    def receiver() -> Link:
        link = Link(broker, f"{name}-receiver", session=True, manual_ack=True)
        link.subscribe(f"{name}/n", inbox)
        return link

    with running(receiver()):
        pass
    with running(Link(broker, f"{name}-sender")) as sender:
        sender.link.send(f"{name}/n", b"meanwhile")
        eventually(lambda: not len(sender.link.outbox))
    with running(receiver()):
        assert inbox.wait_for(1)[0].payload == b"meanwhile"


def test_what_is_kept_for_a_filter_that_is_gone_does_not_stop_the_rest(
    broker: BrokerAddress, name: str
) -> None:
    before = Link(broker, f"{name}-receiver", session=True, manual_ack=True)
    before.subscribe(f"{name}/gone/+", Inbox())
    before.subscribe(f"{name}/here", Inbox())
    with running(before):
        pass
    inbox = Inbox()
    after = Link(broker, f"{name}-receiver", session=True, manual_ack=True)
    after.subscribe(f"{name}/here", inbox)
    with running(Link(broker, f"{name}-sender")) as sender:
        for n in range(50):  # more than any window
            sender.link.send(f"{name}/gone/{n}", b"x")
        sender.link.send(f"{name}/here", b"y")
        eventually(lambda: not len(sender.link.outbox))
        with running(after):
            assert inbox.wait_for(1)[0].payload == b"y"


# -- coming and going ----------------------------------------------------------------------------------------


def test_its_will_is_said_when_it_is_gone_without_a_word(
    server: MqttServer, broker: BrokerAddress, name: str
) -> None:
    topic = f"{name}/presence"
    state = Retained(broker, topic)
    with state.watched(), Wire(server.port) as wire:
        link = Link(address(server, wire.port), name, will=Will(topic, b"offline"))
        link.hold(topic, b"online")
        with running(link):
            state.becomes("online")
            wire.cut()
            eventually(lambda: state.words[:3] == ["online", "offline", "online"])


def test_it_says_goodbye_before_it_goes(broker: BrokerAddress, name: str) -> None:
    topic = f"{name}/presence"
    state = Retained(broker, topic)
    with state.watched():
        link = Link(broker, name, will=Will(topic, b"offline"))
        link.hold(topic, b"online")
        with running(link) as alive:
            state.becomes("online")
            assert alive.stop() < 1.5
        state.becomes("offline")


def test_it_hears_at_once_that_it_is_to_stop_though_nothing_comes(broker: BrokerAddress, name: str) -> None:
    for _ in range(3):
        with running(Link(broker, name)) as alive:
            time.sleep(0.3)
            assert alive.stop() < TOLD_S / 2


def test_what_was_sent_last_reaches_the_broker_before_it_goes(broker: BrokerAddress, name: str) -> None:
    inbox = Inbox()
    receiver = Link(broker, f"{name}-receiver")
    receiver.subscribe(f"{name}/n", inbox)
    with running(receiver):
        with running(Link(broker, f"{name}-sender", window=4)) as sender:
            for n in range(50):
                sender.link.send(f"{name}/n", str(n).encode())
            sender.stop()
        inbox.wait_for(50)
    assert numbers(inbox.payloads) == list(range(50))


def test_a_handler_that_raises_ends_the_link_with_it_and_the_will_tells(
    broker: BrokerAddress, name: str
) -> None:
    topic = f"{name}/presence"

    def breaks(_: object) -> None:
        raise ZeroDivisionError("in a handler")

    link, state = Link(broker, name, will=Will(topic, b"offline")), Retained(broker, topic)
    link.hold(topic, b"online")
    link.subscribe(f"{name}/in", breaks)
    with state.watched(), running(link) as alive:
        state.becomes("online")
        link.send(f"{name}/in", b"x")
        eventually(lambda: alive.ended)
        assert str(alive.failure) == "in a handler"
        state.becomes("offline")
        assert not link.connected


def test_a_callback_that_raises_ends_the_link_too(broker: BrokerAddress, name: str) -> None:
    link = Link(broker, name)

    def breaks() -> None:
        raise ZeroDivisionError("in a callback")

    with running(link) as alive:
        link.send(f"{name}/x", b"x", on_taken=breaks)
        eventually(lambda: alive.ended)
    assert str(alive.failure) == "in a callback"


def test_whoever_sends_from_a_callback_with_a_lock_in_hand_is_not_locked_out(
    broker: BrokerAddress, name: str
) -> None:
    """Two threads, one lock, and the broker's answer in between: as services are written."""
    link, lock, taken = Link(broker, name, window=200), threading.Lock(), [0]

    def on_taken() -> None:
        with lock:
            taken[0] += 1
            link.hold(f"{name}/count", str(taken[0]).encode())

    with running(link):
        for _ in range(500):
            with lock:
                link.send(f"{name}/x", b"x", on_taken=on_taken)
        eventually(lambda: taken[0] == 500)


def test_two_threads_that_send_keep_each_its_order(broker: BrokerAddress, name: str) -> None:
    inbox, count = Inbox(), 300
    receiver = Link(broker, f"{name}-receiver")
    receiver.subscribe(f"{name}/#", inbox)
    sender = Link(broker, f"{name}-sender")
    with running(receiver), running(sender):

        def send(part: str) -> None:
            for n in range(count):
                sender.send(f"{name}/{part}", str(n).encode())

        threads = [threading.Thread(target=send, args=(part,)) for part in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        inbox.wait_for(2 * count)
    for part in "ab":
        own = [int(each.payload) for each in inbox.deliveries if each.topic == f"{name}/{part}"]
        assert own == list(range(count))


# -- wrong logins --------------------------------------------------------------------------------------------


def test_a_wrong_password_is_one_sentence_and_tried_slowly(
    server: MqttServer, name: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Wire(server.port) as wire:
        wrong = BrokerAddress(server.host, wire.port, server.user, "wrong")
        link = Link(wrong, name)
        sentence = f"the broker {wrong} refuses the user 'tests': check mqtt.user and mqtt.password"
        with running(link, connected=False):
            eventually(lambda: link.problem == sentence)
            threading.Event().wait(0.5)  # back-off alone would have tried some times more
            assert wire.connections == 1
        monkeypatch.setattr("services.runtime.mqtt.link.REFUSED_RETRY_S", 0.05)
        with running(Link(wrong, name), connected=False):
            eventually(lambda: wire.connections > 3)
        said = [message for message in caplog.messages if "refuses" in message]
        assert said == [f"{sentence}; trying again for as long as it takes"] * 2  # once by each link


def test_a_password_that_is_renewed_while_we_run_is_taken_up_soon(broker: BrokerAddress, name: str) -> None:
    stands = ["the one of before"]
    link = Link(replace(broker, password=stands[0], read_password=lambda: stands[0]), name)
    with running(link, connected=False):
        eventually(lambda: "refuses the user" in link.problem)
        stands[0] = broker.password
        eventually(lambda: link.connected, within_s=5)
