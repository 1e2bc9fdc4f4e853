import pytest

from services.capture.repairs import Repairs
from services.contract.handover import Resend
from tests.unit.links import TOPICS

SESSION, OTHER = f"{7:016x}", f"{8:016x}"
EVENT = "20261120T083000Z-3f9c"


def repairs(*there: int) -> Repairs:
    frames = {number: b"%d" % number for number in there}
    return Repairs("yard", SESSION, TOPICS, frames.get)


def ask(*ranges: tuple[int, int], session: str = SESSION, wanted_for: str = "live") -> Resend:
    return Resend(session=session, ranges=list(ranges), wanted_for=wanted_for, ask="capture")


def test_what_is_there_comes_two_at_a_time_on_the_topic_for_repairs() -> None:
    mended = repairs(1, 2, 3)
    assert mended.ask(ask((1, 3))) is None
    topic = "nightjar-frames/yard/repair"
    assert mended.next() == [(topic, b"1"), (topic, b"2")]
    assert mended.next() == [(topic, b"3")]
    assert mended.next() == []
    assert mended.given == 3


def test_what_the_archiver_asks_for_comes_on_the_events_topic() -> None:
    mended = repairs(1)
    mended.ask(ask((1, 1), wanted_for=EVENT))
    assert mended.next() == [(f"nightjar-frames/yard/event/{EVENT}", b"1")]


def test_what_is_gone_is_named() -> None:
    answer = repairs(3).ask(ask((1, 5)))
    assert answer is not None
    assert (answer.gone, answer.wanted_for, answer.by) == ([(1, 2), (4, 5)], "live", "capture")


def test_the_frames_of_another_session_are_gone() -> None:
    mended = repairs(1, 2)
    answer = mended.ask(ask((1, 2), session=OTHER))
    assert answer is not None
    assert (answer.session, answer.gone) == (OTHER, [(1, 2)])
    assert mended.next() == []


def test_what_is_asked_for_again_before_it_came_comes_once() -> None:
    mended = repairs(1, 2)
    mended.ask(ask((1, 2)))
    mended.ask(ask((1, 2)))
    assert len(mended.next(10)) == 2


def test_what_leaves_the_ring_while_it_waits_is_left_out() -> None:
    frames = {1: b"1", 2: b"2"}
    mended = Repairs("yard", SESSION, TOPICS, frames.get)
    mended.ask(ask((1, 2)))
    del frames[1]
    assert [jpeg for _, jpeg in mended.next()] == [b"2"]


def test_an_absurd_range_costs_no_more_than_the_most_that_is_given() -> None:
    answer = repairs(1).ask(ask((1, 10**18)))
    assert answer is not None
    assert answer.gone == [(2, 2000)]


@pytest.mark.parametrize("wanted_for", ["", "a/#", "+", "20261120T083000Z-3f9c/../live"])
def test_what_is_wanted_for_no_event_is_refused(wanted_for: str) -> None:
    mended = repairs(1)
    with pytest.raises(ValueError, match="should match pattern"):
        mended.ask(ask((1, 1), wanted_for=wanted_for))
    assert mended.next() == []
