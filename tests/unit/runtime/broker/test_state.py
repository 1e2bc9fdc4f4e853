"""What the broker remembers comes back from its file, and a file that is broken is said to be."""

from pathlib import Path

import pytest

from services.runtime.broker import properties, state
from services.runtime.broker.acl import Rule
from services.runtime.broker.hub import Hub, Limits
from services.runtime.broker.packets import Message
from services.runtime.broker.properties import Prop
from services.runtime.broker.wire import V5
from tests.unit.runtime.broker import client_packets as client
from tests.unit.runtime.broker.wired import Wired, make_hub

NOW, WALL, LATER = 1000.0, 1.7e9, 5.0  # the next broker's clock begins anew


def reborn(hub: Hub, *, largest: int | None = None, away_s: float = 0.0, into: Hub | None = None) -> Hub:
    data = b"".join(state.dump(hub, NOW, WALL, largest))
    after = into or make_hub()
    state.load(after, data, LATER, WALL + away_s)
    return after


def back(hub: Hub) -> Wired:
    """The subscriber, connected again after the restart."""
    return Wired(hub, now=LATER).tell(client.connect("sub", clean=False))


def with_subscriber(hub: Hub) -> Wired:
    peer = Wired(hub).join("sub", clean=False)
    peer.send(client.subscribe("t/#"))
    return peer


def test_subscriptions_and_what_is_owed_survive_in_order_with_dup() -> None:
    hub = make_hub(Limits(window=2))
    peer = with_subscriber(hub)
    publisher = Wired(hub).join("pub")
    publisher.send(*(client.publish("t/1", b"%d" % n, 1) for n in range(4)))
    peer.send(client.puback(1))
    after = reborn(hub)
    again = back(after)
    assert [(m.payload, m.dup) for m in again.got()] == [(b"1", True), (b"2", True), (b"3", False)]
    Wired(after).join("pub").send(client.publish("t/2", b"new", 1))
    assert [m.payload for m in again.got()] == [b"new"]


def test_retained_messages_survive_with_their_properties() -> None:
    hub = make_hub()
    said = properties.encode(Prop.CONTENT_TYPE, "text/plain")
    publisher = Wired(hub)
    publisher.send(client.connect("pub", V5))
    publisher.send(client.publish("r", b"kept", 1, version=V5, retain=True, props=said))
    (message,) = reborn(hub).retained
    assert (message.topic, bytes(message.payload), message.qos, message.properties) == ("r", b"kept", 1, said)


def test_large_payloads_are_saved_at_the_end_only() -> None:
    hub = make_hub()
    with_subscriber(hub).connection.lost(NOW)
    publisher = Wired(hub).join("pub")
    for size in (10, 50_000):
        publisher.send(
            client.publish("t/x", bytes(size), 1), client.publish(f"r/{size}", bytes(size), retain=True)
        )
    while_running, at_the_end = reborn(hub, largest=16_384), reborn(hub)
    assert [len(m.payload) for m in while_running.retained] == [10]
    assert [len(m.payload) for m in back(while_running).got()] == [10]
    assert [len(m.payload) for m in at_the_end.retained] == [10, 50_000]
    assert [len(m.payload) for m in back(at_the_end).got()] == [10, 50_000]


def test_a_message_that_is_owed_to_many_stands_in_the_file_once() -> None:
    hub = make_hub()
    for n in range(10):
        peer = Wired(hub).join(f"sub {n}", clean=False)
        peer.send(client.subscribe("t"))
        peer.connection.lost(NOW)
    Wired(hub).join("pub").send(client.publish("t", bytes(100_000), 1))
    assert sum(map(len, state.dump(hub, NOW, WALL))) < 110_000


def test_what_is_owed_is_bounded_in_the_file_for_all_sessions_together() -> None:
    hub = make_hub(Limits(queue_bytes=100_000))
    for n in range(10):
        peer = Wired(hub).join(f"sub {n}", clean=False)
        peer.send(client.subscribe(f"t/{n}"))
        peer.connection.lost(NOW)
        Wired(hub).join("pub").send(client.publish(f"t/{n}", bytes(30_000), 1))
    assert 90_000 < sum(map(len, state.dump(hub, NOW, WALL))) < 100_000


def test_sessions_that_end_with_their_connection_are_not_saved() -> None:
    hub = make_hub()
    Wired(hub).join("fleeting").send(client.subscribe("t"))
    assert reborn(hub).sessions == {}


@pytest.mark.parametrize(("away_s", "left"), [(0, ["five"]), (59, ["five"]), (61, [])])
def test_the_time_that_the_broker_was_away_counts(away_s: float, left: list[str]) -> None:
    hub = make_hub()
    peer = Wired(hub)
    peer.send(client.connect("five", V5, props=(client.lasting(60),)))
    peer.connection.lost(NOW)
    after = reborn(hub, away_s=away_s)
    after.tick(LATER)
    assert list(after.sessions) == left


def test_a_message_expires_by_the_wall_clock() -> None:
    hub = make_hub()
    hub.retained.put(Message("r", b"x", 0, retain=True, expires_at=NOW + 30))
    assert reborn(hub, away_s=20).retained.matching("r", LATER)
    assert not reborn(hub, away_s=40).retained.matching("r", LATER)


def test_an_acl_that_became_narrower_holds_for_what_was_saved() -> None:
    hub = make_hub()
    peer = with_subscriber(hub)
    peer.connection.lost(NOW)
    Wired(hub).join("pub").send(*(client.publish(t, b"", 1) for t in ("t/open", "t/secret")))
    after = reborn(hub, into=make_hub(u=(Rule("read", "t/open"),)))
    assert [m.topic for m in back(after).got()] == ["t/open"]


def test_a_user_that_is_gone_gets_nothing() -> None:
    hub = make_hub(v=(Rule("readwrite", "#"),))
    peer = Wired(hub).join("theirs", clean=False, user="v")
    peer.send(client.subscribe("t"))
    peer.connection.lost(NOW)
    after = reborn(hub)
    Wired(after).join("pub").send(client.publish("t", b"x", 1))
    assert after.sessions["theirs"].held_bytes == 0


@pytest.mark.parametrize("cut", [0, 5, 20, 60, -1])
def test_a_file_that_is_cut_off_is_refused_and_changes_nothing(cut: int) -> None:
    hub = make_hub()
    Wired(hub).join("pub").send(client.publish("r", b"kept", retain=True))
    data = b"".join(state.dump(hub, NOW, WALL))[:cut]
    after = make_hub()
    with pytest.raises(state.UnreadableState):
        state.load(after, data, LATER, WALL)
    assert len(after.retained) == 0


def test_the_file_is_replaced_as_a_whole_and_is_nobody_elses_business(tmp_path: Path) -> None:
    file = tmp_path / "state"
    state.write(file, [b"old and long"])
    state.write(file, [b"new", memoryview(b"er")])
    assert file.read_bytes() == b"newer"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["state"]
