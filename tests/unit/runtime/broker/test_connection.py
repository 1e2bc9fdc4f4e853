"""What a client is answered, and what others get of it: the broker without its sockets."""

import pytest

from services.runtime.broker import properties
from services.runtime.broker.acl import Rule
from services.runtime.broker.framing import Packet
from services.runtime.broker.hub import Hub, Limits
from services.runtime.broker.properties import Prop
from services.runtime.broker.users import User
from services.runtime.broker.wire import V3, V5, Cursor, Kind, Reason
from tests.unit.runtime.broker import client_packets as client
from tests.unit.runtime.broker.wired import EVERYTHING, Got, Wired, make_hub

AS_PUBLISHED, NO_LOCAL, ONLY_NEW, NEVER = 0x08, 0x04, 0x10, 0x20


def kinds(packets: list[Packet]) -> list[Kind]:
    return [Kind(p.first >> 4) for p in packets]


def subscriber(hub: Hub, *patterns: str, name: str = "sub", qos: int = 1) -> Wired:
    peer = Wired(hub).join(name, clean=False)
    peer.send(client.subscribe(*patterns, qos=qos))
    return peer


# -- connecting ------------------------------------------------------------------------------------------


def test_a_stranger_gets_nothing_but_a_few_seconds_and_a_small_packet() -> None:
    peer = Wired(make_hub())
    assert not peer.connection.overdue(peer.now + 4)
    assert peer.connection.overdue(peer.now + 6)
    assert peer.send(client.publish("a", b"x")) == []
    assert peer.closed
    assert peer.allowed == 0


@pytest.mark.parametrize(
    ("version", "answer"), [(V3, b"\0\x05"), (V5, bytes((0, Reason.BAD_USER_OR_PASSWORD, 0)))]
)
@pytest.mark.parametrize(("user", "password"), [("u", "wrong"), ("nobody", "p"), ("u", None), (None, None)])
def test_a_wrong_password_is_refused(
    version: int, answer: bytes, user: str | None, password: str | None
) -> None:
    hub = make_hub()
    peer = Wired(hub)
    assert peer.send(client.connect("c", version, user=user, password=password)) == [(0x20, answer)]
    assert peer.closed
    assert (hub.stats.refused, hub.stats.connections, hub.sessions) == (1, 0, {})


def test_an_unknown_version_is_refused() -> None:
    peer = Wired(make_hub())
    assert peer.send(client.connect("c", 3)) == [(0x20, b"\0\x01")]
    assert peer.closed


def test_a_nameless_client_is_given_a_name_if_its_session_does_not_last() -> None:
    hub = make_hub()
    assert Wired(hub).send(client.connect("", clean=False)) == [(0x20, b"\0\x02")]
    ((_, connack),) = Wired(hub).send(client.connect("", V5))
    cursor = Cursor(connack[2:])
    allowed = frozenset(Prop)
    name = properties.read(cursor, allowed).values[Prop.ASSIGNED_CLIENT_ID]
    assert list(hub.sessions) == [name]


def test_a_5_client_is_told_what_the_broker_does_not_do() -> None:
    ((_, connack),) = Wired(make_hub(Limits(packet_bytes=5000))).send(client.connect("c", V5))
    told = properties.read(Cursor(connack[2:]), frozenset(Prop))
    assert told.number(Prop.SHARED_AVAILABLE) == 0
    assert told.number(Prop.RECEIVE_MAXIMUM) == 100
    assert told.number(Prop.MAXIMUM_PACKET_SIZE) == 5000
    assert told.number(Prop.TOPIC_ALIAS_MAXIMUM) is None


def test_a_second_connect_ends_the_connection() -> None:
    peer = Wired(make_hub()).join("c")
    peer.send(client.connect("c"))
    assert peer.closed


def test_a_silent_client_is_overdue_after_one_and_a_half_keep_alives() -> None:
    peer = Wired(make_hub())
    peer.send(client.connect("c", keep_alive_s=10))
    assert not peer.connection.overdue(peer.now + 14.9)
    assert peer.connection.overdue(peer.now + 15.1)


def test_a_client_without_keep_alive_is_never_overdue() -> None:
    peer = Wired(make_hub())
    peer.send(client.connect("c", keep_alive_s=0))
    assert not peer.connection.overdue(peer.now + 1e6)


def test_a_new_connection_takes_the_client_id_over_and_the_old_one_is_told() -> None:
    hub = make_hub()
    old = Wired(hub)
    old.send(client.connect("same", V5, props=(client.lasting(),)))
    old.send(client.subscribe("t", version=V5))
    new = Wired(hub)
    assert new.send(client.connect("same", V5, clean=False, props=(client.lasting(),)))[0].body[0] == 1
    assert old.packets() == [(0xE0, bytes((Reason.TAKEN_OVER, 0)))]
    assert old.closed
    old.connection.lost(old.now)
    Wired(hub).join("pub").send(client.publish("t", b"x"))
    assert kinds(new.packets()) == [Kind.PUBLISH]
    assert hub.stats.connections == 2


def test_another_user_does_not_get_a_session_of_the_same_name() -> None:
    hub = make_hub(v=(Rule("readwrite", "#"),))
    subscriber(hub, "t", name="same")
    other = Wired(hub)
    assert other.send(client.connect("same", clean=False, user="v")) == [(0x20, b"\0\0")]
    Wired(hub).join("pub").send(client.publish("t", b"x"))
    assert other.got() == []


def test_who_came_in_with_a_password_that_is_renewed_has_to_log_in_anew_and_finds_his_session() -> None:
    stands = [b"p"]
    users = {
        "u": User(lambda given: given == stands[0], EVERYTHING, lambda: stands[0]),
        "v": User(lambda given: given == b"p", EVERYTHING, lambda: 0),
    }
    hub = Hub(users, Limits())
    one, other = Wired(hub).join("one", clean=False), Wired(hub).join("other", user="v")
    hub.tick(1000.0)
    assert not one.closed
    stands[0] = b"q"
    hub.tick(1002.0)
    assert (one.closed, other.closed) == (True, False)
    refused = Wired(hub)
    refused.send(client.connect("one", clean=False, user="u", password="p"))
    again = Wired(hub).send(client.connect("one", clean=False, user="u", password="q"))
    assert refused.closed
    assert again == [(0x20, b"\x01\0")]  # which was there before


# -- messages --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("asked", "sent", "got"), [(0, 0, 0), (0, 1, 0), (1, 0, 0), (1, 1, 1), (2, 2, 1)])
def test_a_message_comes_at_the_lower_of_two_qos_and_never_at_2(asked: int, sent: int, got: int) -> None:
    hub = make_hub()
    peer = subscriber(hub, "a/+", qos=asked)
    Wired(hub).join("pub").send(client.publish("a/b", b"x", sent))
    assert [m.qos for m in peer.got()] == [got]


def test_overlapping_subscriptions_bring_a_message_once_at_the_highest_qos() -> None:
    hub = make_hub()
    peer = subscriber(hub, "a/#", qos=0)
    peer.send(client.subscribe("+/b", qos=1))
    Wired(hub).join("pub").send(client.publish("a/b", b"x", 1))
    assert [m.qos for m in peer.got()] == [1]


def test_qos_2_is_published_once_until_it_is_released_also_over_a_reconnect() -> None:
    hub = make_hub()
    peer = subscriber(hub, "t")
    publisher = Wired(hub).join("pub", clean=False)
    assert kinds(publisher.send(client.publish("t", b"x", 2, 5))) == [Kind.PUBREC]
    publisher.connection.lost(publisher.now)
    publisher = Wired(hub).join("pub", clean=False)
    assert kinds(publisher.send(client.publish("t", b"x", 2, 5, dup=True))) == [Kind.PUBREC]
    assert len(peer.got()) == 1
    assert kinds(publisher.send(client.pubrel(5))) == [Kind.PUBCOMP]
    publisher.send(client.publish("t", b"y", 2, 5))
    assert [m.payload for m in peer.got()] == [b"y"]


def test_a_5_publisher_that_exceeds_the_receive_maximum_is_disconnected() -> None:
    publisher = Wired(make_hub(Limits(receive_maximum=2)))
    publisher.send(client.connect("pub", V5))
    answers = publisher.send(*(client.publish("t", b"", 2, n, V5) for n in (1, 2, 3)))
    assert kinds(answers) == [Kind.PUBREC, Kind.PUBREC, Kind.DISCONNECT]
    assert answers[-1].body[0] == Reason.RECEIVE_MAXIMUM_EXCEEDED


def test_a_3_1_1_client_has_the_brokers_window_and_a_5_client_its_own() -> None:
    hub = make_hub(Limits(window=3))
    three = subscriber(hub, "t")
    five = Wired(hub, version=V5)
    five.send(client.connect("five", V5, props=(properties.encode(Prop.RECEIVE_MAXIMUM, 5),)))
    five.send(client.subscribe("t", version=V5))
    Wired(hub).join("pub").send(*(client.publish("t", b"%d" % n, 1) for n in range(9)))
    assert len(three.got()) == 3
    assert len(five.packets()) == 5
    three.send(client.puback(2))
    assert len(three.got()) == 0


def test_acknowledging_out_of_order_makes_room_for_the_next() -> None:
    hub = make_hub(Limits(window=2))
    peer = subscriber(hub, "t")
    Wired(hub).join("pub").send(*(client.publish("t", b"%d" % n, 1) for n in range(4)))
    assert [m.payload for m in peer.got()] == [b"0", b"1"]
    (answer,) = peer.send(client.puback(2))
    assert answer.body.endswith(b"2")  # type: ignore[union-attr]  # small packets are bytes


def test_what_was_not_acknowledged_comes_again_with_dup_after_a_reconnect_and_only_then() -> None:
    hub = make_hub()
    peer = subscriber(hub, "t")
    publisher = Wired(hub).join("pub")
    publisher.send(*(client.publish("t", b"%d" % n, 1) for n in range(3)))
    assert [m.dup for m in peer.got()] == [False] * 3
    peer.send(client.puback(2))
    hub.tick(peer.now + 1e5)
    assert peer.got() == []
    peer.connection.lost(peer.now)
    publisher.send(client.publish("t", b"3", 1))
    Wired(hub).tell(client.connect("sub", clean=False)).connection.lost(peer.now)
    again = Wired(hub).tell(client.connect("sub", clean=False))  # for the second time: the ids stay
    assert [(m.payload, m.dup, m.packet_id) for m in again.got()] == [
        (b"0", True, 1),
        (b"2", True, 3),
        (b"3", True, 4),  # it was sent to the one before
    ]


def test_a_message_larger_than_the_client_takes_is_left_out_and_holds_nothing_up() -> None:
    hub = make_hub()
    peer = Wired(hub, version=V5)
    limits = (properties.encode(Prop.MAXIMUM_PACKET_SIZE, 100), properties.encode(Prop.RECEIVE_MAXIMUM, 1))
    peer.send(client.connect("small", V5, props=limits), client.subscribe("t", version=V5))
    Wired(hub).join("pub").send(client.publish("t", bytes(200), 1), client.publish("t", b"fits", 1))
    (packet,) = peer.packets()
    assert packet.body.endswith(b"fits")  # type: ignore[union-attr]  # small packets are bytes


def test_a_client_that_does_not_read_loses_qos_0_and_its_qos_1_waits_in_bytes_that_are_bounded() -> None:
    hub = make_hub(Limits(unsent_bytes=1000, queue_bytes=10_000))
    peer = subscriber(hub, "t", "zero")
    peer.unsent_bytes = 1001
    publisher = Wired(hub).join("pub")
    publisher.send(*(client.publish("zero", bytes(500)) for _ in range(10)))
    publisher.send(*(client.publish("t", b"%d" % n + bytes(1000), 1) for n in range(50)))
    assert peer.got() == []
    assert hub.stats.dropped_qos0 == 10
    assert hub.sessions["sub"].held_bytes <= 10_000
    assert hub.stats.dropped_queue == 50 - 7
    peer.unsent_bytes = 0
    peer.connection.drained(peer.now)
    assert [m.payload[:1] for m in peer.got()] == [b"0", b"1", b"2", b"3", b"4", b"5", b"6"]


def test_expired_messages_are_not_delivered_from_the_queue() -> None:
    hub = make_hub()
    peer = subscriber(hub, "t")
    peer.connection.lost(peer.now)
    publisher = Wired(hub)
    publisher.send(client.connect("pub", V5))
    publisher.send(
        client.publish("t", b"old", 1, version=V5, props=properties.encode(Prop.MESSAGE_EXPIRY, 5))
    )
    again = Wired(hub, now=peer.now + 6)
    assert kinds(again.send(client.connect("sub", clean=False))) == [Kind.CONNACK]


# -- ACL -------------------------------------------------------------------------------------------------

PART = (Rule("read", "open/#"), Rule("write", "in/#"))


def test_a_publish_that_is_not_allowed_is_swallowed_in_3_1_1_and_refused_in_5() -> None:
    hub = make_hub(v=PART)
    peer = subscriber(hub, "#")
    three, five = Wired(hub).join("three", user="v"), Wired(hub)
    five.send(client.connect("five", V5, user="v"))
    assert three.send(client.publish("open/x", b"", 1, 3)) == [(0x40, b"\0\x03")]
    assert five.send(client.publish("open/x", b"", 1, 3, V5)) == [
        (0x40, bytes((0, 3, Reason.NOT_AUTHORIZED)))
    ]
    assert five.send(client.publish("open/x", b"", 2, 4, V5)) == [
        (0x50, bytes((0, 4, Reason.NOT_AUTHORIZED)))
    ]
    assert peer.got() == []
    assert hub.stats.denied == 3


def test_a_wide_subscription_brings_only_what_may_be_read() -> None:
    hub = make_hub(v=PART)
    peer = Wired(hub).join("part", user="v")
    assert peer.send(client.subscribe("#", "secret/#", "in/x")) == [(0x90, b"\0\x01\x01\x80\x80")]
    Wired(hub).join("pub").send(client.publish("secret/x", b""), client.publish("open/x", b""))
    assert [m.topic for m in peer.got()] == ["open/x"]


def test_retained_messages_are_not_delivered_past_the_acl() -> None:
    hub = make_hub(v=PART)
    publisher = Wired(hub).join("pub")
    publisher.send(*(client.publish(t, b"x", retain=True) for t in ("secret/x", "open/x")))
    peer = Wired(hub).join("part", user="v")
    peer.tell(client.subscribe("#"))
    assert [m.topic for m in peer.got()] == ["open/x"]


def test_a_will_is_not_published_past_the_acl() -> None:
    hub = make_hub(v=PART)
    peer = subscriber(hub, "#")
    Wired(hub).tell(client.connect("bad", user="v", will=("open/x", b"forged"))).connection.lost(0)
    assert peer.got() == []


# -- retained messages -----------------------------------------------------------------------------------


def retained(hub: Hub, pattern: str, qos: int = 1) -> list[Got]:
    return Wired(hub).tell(client.connect("late"), client.subscribe(pattern, qos=qos)).got()


def test_retained_messages_come_to_late_subscribers_also_by_wildcard_until_they_are_cleared() -> None:
    hub = make_hub()
    publisher = Wired(hub).join("pub")
    publisher.send(*(client.publish(t, t.encode(), 1, retain=True) for t in ("a/x", "a/y", "b")))
    publisher.send(client.publish("a/x", b"new", 1, retain=True))
    assert sorted(retained(hub, "a/+")) == [
        Got("a/x", b"new", 1, True, False, 2),
        Got("a/y", b"a/y", 1, True, False, 1),
    ]
    publisher.send(client.publish("a/x", b"", retain=True))
    assert [m.topic for m in retained(hub, "a/+", qos=0)] == ["a/y"]


def test_a_live_message_is_marked_retained_only_where_that_is_wanted() -> None:
    hub = make_hub()
    plain = subscriber(hub, "t")
    marked = Wired(hub)
    marked.send(client.connect("five", V5), client.subscribe("t", version=V5, options=AS_PUBLISHED))
    Wired(hub).join("pub").send(client.publish("t", b"x", retain=True))
    assert [m.retain for m in plain.got()] == [False]
    assert [p.first & 1 for p in marked.packets()] == [1]


@pytest.mark.parametrize(("options", "first", "second"), [(0, 1, 1), (ONLY_NEW, 1, 0), (NEVER, 0, 0)])
def test_retain_handling_is_the_subscribers_choice(options: int, first: int, second: int) -> None:
    hub = make_hub()
    Wired(hub).join("pub").send(client.publish("t", b"x", retain=True))
    peer = Wired(hub)
    peer.send(client.connect("five", V5))
    for expected in (first, second):
        answers = peer.send(client.subscribe("t", version=V5, options=options))
        assert kinds(answers) == [Kind.SUBACK] + [Kind.PUBLISH] * expected


def test_retained_messages_are_bounded_in_bytes() -> None:
    hub = make_hub(Limits(queue_bytes=10_000))
    publisher = Wired(hub).join("pub")
    publisher.send(*(client.publish(f"t/{n}", bytes(1000), retain=True) for n in range(20)))
    assert len(hub.retained) == 7
    assert hub.stats.dropped_retained == 13


# -- MQTT 5 ----------------------------------------------------------------------------------------------


def test_no_local_keeps_a_clients_own_messages_from_it() -> None:
    hub = make_hub()
    peer = Wired(hub)
    peer.send(client.connect("five", V5), client.subscribe("t", version=V5, options=NO_LOCAL))
    assert kinds(peer.send(client.publish("t", b"own", version=V5))) == []
    Wired(hub).join("pub").send(client.publish("t", b"other"))
    assert kinds(peer.packets()) == [Kind.PUBLISH]


def test_subscription_identifiers_of_all_that_match_come_with_the_message() -> None:
    hub = make_hub()
    peer = Wired(hub)
    peer.send(client.connect("five", V5))
    peer.send(client.subscribe("a/#", version=V5, identifier=7))
    peer.send(client.subscribe("+/b", version=V5, identifier=200))
    Wired(hub).join("pub").send(client.publish("a/b", b"x"))
    (packet,) = peer.packets()
    assert properties.encode(Prop.SUBSCRIPTION_ID, 7) in packet.body
    assert properties.encode(Prop.SUBSCRIPTION_ID, 200) in packet.body


def test_shared_subscriptions_and_broken_filters_are_refused_one_by_one() -> None:
    peer = Wired(make_hub())
    peer.send(client.connect("five", V5))
    (answer,) = peer.send(client.subscribe("$share/g/t", "a#", "fine", version=V5))
    assert list(answer.body[3:]) == [Reason.NO_SHARED_SUBSCRIPTIONS, Reason.INVALID_FILTER, 1]


def test_unsubscribing_says_whether_there_was_a_subscription() -> None:
    hub = make_hub()
    peer = Wired(hub)
    peer.send(client.connect("five", V5), client.subscribe("t", version=V5))
    (answer,) = peer.send(client.unsubscribe("t", "other", version=V5))
    assert list(answer.body[3:]) == [Reason.SUCCESS, Reason.NO_SUBSCRIPTION_EXISTED]
    Wired(hub).join("pub").send(client.publish("t", b"x"))
    assert peer.packets() == []


# -- wills and sessions ----------------------------------------------------------------------------------


def with_will(hub: Hub, version: int = V3, delay_s: int = 0, session_s: int = 0) -> Wired:
    props = (properties.encode(Prop.WILL_DELAY, delay_s),) if delay_s else ()
    lasting = (client.lasting(session_s),) if session_s else ()
    peer = Wired(hub)
    peer.send(
        client.connect(
            "mortal", version, will=("will", b"gone"), will_retain=True, will_props=props, props=lasting
        )
    )
    return peer


def test_a_will_is_told_when_a_client_goes_without_a_word() -> None:
    hub = make_hub()
    peer = subscriber(hub, "will")
    with_will(hub).connection.lost(0)
    assert [m.payload for m in peer.got()] == [b"gone"]
    assert [m.payload for m in retained(hub, "will")] == [b"gone"]


def test_a_will_is_not_told_after_a_disconnect_unless_that_asks_for_it() -> None:
    hub = make_hub()
    peer = subscriber(hub, "will")
    with_will(hub).send(client.disconnect())
    with_will(hub, V5).send(client.disconnect(version=V5))
    assert peer.got() == []
    with_will(hub, V5).send(client.disconnect(Reason.DISCONNECT_WITH_WILL, V5))
    assert len(peer.got()) == 1


def test_a_delayed_will_waits_and_a_reconnect_cancels_it() -> None:
    hub = make_hub()
    peer = subscriber(hub, "will")
    for comes_back in (False, True):
        mortal = with_will(hub, V5, delay_s=10, session_s=60)
        mortal.connection.lost(mortal.now)
        hub.tick(mortal.now + 9)
        assert peer.got() == []
        if comes_back:
            Wired(hub).send(client.connect("mortal", V5, clean=False, props=(client.lasting(60),)))
        hub.tick(mortal.now + 11)
        assert len(peer.got()) == (0 if comes_back else 1)


def test_a_delayed_will_is_told_when_its_session_ends_before() -> None:
    hub = make_hub()
    peer = subscriber(hub, "will")
    mortal = with_will(hub, V5, delay_s=100, session_s=20)
    mortal.connection.lost(mortal.now)
    hub.tick(mortal.now + 21)
    assert len(peer.got()) == 1


def test_a_session_lasts_as_long_as_it_was_asked_to() -> None:
    hub = make_hub()
    for name, version, clean, seconds in (
        ("3 clean", V3, True, 0),
        ("3 durable", V3, False, 0),
        ("5 short", V5, True, 0),
        ("5 hour", V5, True, 3600),
        ("5 forever", V5, True, 0xFFFF_FFFF),
    ):
        peer = Wired(hub)
        props = (client.lasting(seconds),) if seconds else ()
        peer.send(client.connect(name, version, clean=clean, props=props))
        peer.connection.lost(peer.now)
    assert list(hub.sessions) == ["3 durable", "5 hour", "5 forever"]
    hub.tick(peer.now + 3601)
    assert list(hub.sessions) == ["3 durable", "5 forever"]


def test_a_clean_start_forgets_what_was_there() -> None:
    hub = make_hub()
    subscriber(hub, "t").connection.lost(0)
    peer = Wired(hub)
    assert peer.send(client.connect("sub")) == [(0x20, b"\0\0")]
    Wired(hub).join("pub").send(client.publish("t", b"x"))
    assert peer.got() == []


def test_a_client_may_end_its_session_with_its_disconnect() -> None:
    hub = make_hub()
    peer = Wired(hub)
    peer.send(client.connect("five", V5, props=(client.lasting(),)))
    peer.send(client.disconnect(0, V5, (client.lasting(0),)))
    assert hub.sessions == {}
