"""Frames that are with us and not yet safe."""

import threading
import time

from services.archiver.hand import Hand
from tests.unit.archiver.events import EVENT, LATER, frame, frame_id, key
from tests.unit.archiver.lives import TOPIC
from tests.unit.links import Post


def arrive(hand: Hand, sequence: int, event: str = EVENT):  # type: ignore[no-untyped-def]
    delivery = Post().deliver(TOPIC, frame(sequence))
    return hand.take(delivery, frame_id(sequence), event, key(sequence))


def test_who_makes_a_frame_safe_first_acknowledges_it_and_nobody_else_does() -> None:
    hand = Hand()
    arrival = arrive(hand, 1)
    assert hand.settle(arrival)
    assert not hand.settle(arrival)
    assert hand.count("yard") == 0


def test_an_event_waits_for_its_own_frames_and_for_those_of_earlier_ones() -> None:
    hand = Hand()
    arrive(hand, 1)
    assert hand.holds("yard", EVENT)
    assert hand.holds("yard", LATER)
    assert not hand.holds("door", LATER)


def test_a_later_events_frames_do_not_hold_an_earlier_one_up() -> None:
    hand = Hand()
    arrive(hand, 1, LATER)
    assert not hand.holds("yard", EVENT)


def test_whoever_brings_more_than_was_agreed_waits_until_there_is_room() -> None:
    hand = Hand()
    arrivals = [arrive(hand, sequence) for sequence in (1, 2)]
    threading.Timer(0.05, hand.settle, arrivals[:1]).start()
    began_s = time.monotonic()
    hand.wait_for_room(2, within_s=10)
    assert 0.04 < time.monotonic() - began_s < 5


def test_it_does_not_wait_for_ever() -> None:
    hand = Hand()
    arrive(hand, 1)
    hand.wait_for_room(1, within_s=0.01)
