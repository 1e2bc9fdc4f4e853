"""A message is owed until it is acknowledged, in order, within a window and within a bound of bytes."""

from services.runtime.broker.acl import Rights
from services.runtime.broker.packets import Message
from services.runtime.broker.session import Delivery, Session

NOW = 50.0


def session(*payloads: bytes, max_bytes: int = 1 << 20) -> Session:
    made = Session("id", "u", Rights((), "u", "id"), max_bytes, expiry_s=60)
    for payload in payloads:
        made.offer(Delivery(Message("t", payload, 1)))
    return made


def sent(of: Session, window: int = 20) -> list[tuple[bytes, int, bool]]:
    """Payload, packet id and DUP of everything that may be sent now."""
    found = []
    while (d := of.next(window, NOW)) is not None:
        found.append((bytes(d.message.payload), d.packet_id, d.dup))
    return found


def test_no_more_than_the_window_is_sent_without_an_acknowledgement() -> None:
    s = session(b"a", b"b", b"c", b"d")
    assert sent(s, window=2) == [(b"a", 1, False), (b"b", 2, False)]
    assert s.acknowledge(2)
    assert sent(s, window=2) == [(b"c", 3, False)]


def test_what_was_not_acknowledged_comes_again_in_order_with_dup_and_its_id() -> None:
    s = session(b"a", b"b", b"c", b"d")
    sent(s, window=3)
    s.acknowledge(2)
    s.disconnected()
    assert sent(s) == [(b"a", 1, True), (b"c", 3, True), (b"d", 4, False)]


def test_a_smaller_window_after_a_reconnect_holds_for_what_comes_again() -> None:
    s = session(b"a", b"b", b"c")
    sent(s)
    s.disconnected()
    assert sent(s, window=1) == [(b"a", 1, True)]
    s.acknowledge(1)
    assert sent(s, window=1) == [(b"b", 2, True)]


def test_an_acknowledgement_counts_only_on_the_connection_that_brought_the_message() -> None:
    s = session(b"a")
    sent(s)
    s.disconnected()
    assert not s.acknowledge(1)
    assert sent(s) == [(b"a", 1, True)]


def test_an_id_is_not_given_twice_while_it_is_in_flight() -> None:
    s = session(b"held")
    sent(s)
    for _ in range(70_000):
        s.offer(Delivery(Message("t", b"x", 1)))
        ((_, packet_id, _),) = sent(s)
        assert packet_id != 1
        s.acknowledge(packet_id)


def test_the_newest_is_dropped_when_the_bytes_are_used_up_and_unacknowledged_ones_count() -> None:
    s = session(max_bytes=3000)
    big = Message("t", bytes(1000), 1)
    assert [s.offer(Delivery(big)) for _ in range(3)] == [True, True, False]
    sent(s)
    assert not s.offer(Delivery(big))
    s.acknowledge(1)
    assert s.offer(Delivery(big))
    s.acknowledge(2)
    sent(s)
    s.acknowledge(3)
    assert s.held_bytes == 0


def test_what_has_expired_is_not_sent() -> None:
    s = session()
    s.offer(Delivery(Message("t", b"old", 1, expires_at=NOW)))
    s.offer(Delivery(Message("t", b"new", 1, expires_at=NOW + 1)))
    assert [payload for payload, _, _ in sent(s)] == [b"new"]
    s.acknowledge(1)
    assert s.held_bytes == 0
