from datetime import UTC, datetime, timedelta

from services.contract.frame import FrameId
from services.motion.numbers import Numbers

START = datetime(2026, 11, 20, 8, 30, 0, tzinfo=UTC)
FPS = 10


def at(time_s: float) -> datetime:
    return START + timedelta(seconds=time_s)


def frame(sequence: int, session: int = 1) -> FrameId:
    return FrameId("yard", session, sequence, at(sequence / FPS))


def after(*sequences: int, kept: tuple[int, int] | None = None) -> Numbers:
    numbers = Numbers(kept)
    for sequence in sequences:
        numbers.came(frame(sequence))
    return numbers


def test_a_number_that_came_before_is_not_new() -> None:
    assert not after(5, 6).is_new(frame(5))
    assert after(5, 6).is_new(frame(7))


def test_a_frame_of_a_session_that_is_over_is_not_new_whatever_its_number() -> None:
    numbers = after(5)
    numbers.came(frame(1, session=2))
    assert not numbers.is_new(frame(6, session=1))
    assert numbers.is_new(frame(2, session=2))


def test_what_an_event_already_has_is_not_new() -> None:
    numbers = Numbers(kept=(1, 20))
    assert not numbers.is_new(frame(20))
    assert numbers.is_new(frame(21))


def test_numbers_that_were_left_out_are_told() -> None:
    assert list(after(5, 6).came(frame(9))) == [7, 8]
    assert not after(5, 6).came(frame(7))
    assert not after(5, 6).came(frame(3, session=2))


def test_after_the_start_the_pre_roll_is_lacking_by_the_cameras_own_rate() -> None:
    numbers = after(100, 101, 102)
    assert numbers.lacking(frame(100), since=at(7)) == range(70, 100)


def test_nothing_lacks_where_the_frame_before_was_seen() -> None:
    assert not after(100, 101, 102).lacking(frame(101), since=at(7))


def test_nothing_lacks_before_the_first_number_of_a_session() -> None:
    assert after(3, 4).lacking(frame(3), since=at(-3)) == range(1, 3)


def test_what_was_lost_just_before_the_pre_roll_is_lacking() -> None:
    numbers = after(90, 91, 100, 101)
    assert numbers.lacking(frame(100), since=at(9.5)) == range(95, 100)
    assert numbers.lacking(frame(100), since=at(2)) == range(92, 100)


def test_what_an_event_has_does_not_lack_another() -> None:
    numbers = after(100, 101, kept=(1, 95))
    assert numbers.lacking(frame(100), since=at(7)) == range(96, 100)


def test_a_burst_after_an_outage_does_not_change_the_rate() -> None:
    numbers = after(*range(100, 200))
    assert numbers.within(range(200, 1000), seconds=2) == range(200, 220)


def test_a_pause_of_the_camera_does_not_change_the_rate() -> None:
    numbers = after(100, 101)
    numbers.came(FrameId("yard", 1, 102, at(3600)))
    assert numbers.within(range(103, 1000), seconds=2) == range(103, 123)


def test_what_capture_numbered_and_nobody_brought_is_unseen() -> None:
    assert list(after(5).unseen(1, 8)) == [6, 7, 8]
    assert not after(5).unseen(1, 5)
    assert not after(5).unseen(2, 8)
    assert not Numbers().unseen(1, 8)


def test_tails_are_of_the_session_that_goes_on_and_of_the_one_before() -> None:
    numbers = after(5)
    for session, newest in ((9, 4), (1, 7), (1, 8), (2, 3)):
        numbers.captured(session, newest)
    assert [(session, list(unseen)) for session, unseen in numbers.tails()] == [(2, []), (1, [6, 7, 8])]
