from datetime import UTC, datetime, timedelta

from services.contract.frame import Frame, FrameId
from services.motion.ring import EventFrames, Ring

START = datetime(2026, 11, 20, 8, 30, 0, tzinfo=UTC)


def frame(number: int, size: int = 10, session: int = 1, time_s: float | None = None) -> Frame:
    """Frame 1 is captured at second 1, and so on."""
    time = START + timedelta(seconds=number if time_s is None else time_s)
    return Frame(FrameId("yard", session, number, time), bytes(size))


def numbers(frames: list[Frame]) -> list[int]:
    return [one.id.sequence for one in frames]


def filled(*which: int, seconds: float = 60, max_bytes: int = 10_000) -> Ring:
    ring = Ring(seconds, max_bytes)
    for number in which:
        ring.add(frame(number))
    return ring


def test_a_ring_gives_the_frames_since_a_time_that_time_included() -> None:
    assert numbers(filled(1, 2, 3, 4).since(START + timedelta(seconds=3))) == [3, 4]


def test_a_ring_forgets_what_is_older_than_its_seconds() -> None:
    ring = filled(*range(1, 21), seconds=5)
    assert numbers(ring.since(START)) == [15, 16, 17, 18, 19, 20]
    assert ring.get(1, 14) is None


def test_a_ring_never_holds_more_bytes_than_it_may() -> None:
    ring = filled(*range(1, 21), max_bytes=45)
    assert numbers(ring.since(START)) == [17, 18, 19, 20]
    assert ring.bytes == 40


def test_a_frame_larger_than_the_whole_ring_is_not_kept() -> None:
    ring = filled(1, 2, max_bytes=45)
    ring.add(frame(3, size=46))
    assert (len(ring), ring.bytes) == (0, 0)


def test_a_repair_takes_its_place_among_the_others() -> None:
    ring = filled(1, 2, 5, 6)
    ring.repair(frame(3))
    assert numbers(ring.since(START)) == [1, 2, 3, 5, 6]
    assert ring.get(1, 3) == frame(3)


def test_a_repair_that_is_too_old_is_not_kept() -> None:
    ring = filled(18, 19, 20, seconds=5)
    ring.repair(frame(2))
    assert numbers(ring.since(START)) == [18, 19, 20]


def test_a_frame_that_is_there_already_is_not_kept_twice() -> None:
    ring = filled(1, 2)
    ring.repair(frame(2))
    assert (numbers(ring.since(START)), ring.bytes) == ([1, 2], 20)


def test_frames_of_two_sessions_with_the_same_number_are_two_frames() -> None:
    ring = filled(1, 2)
    ring.add(frame(1, session=2, time_s=3))
    assert len(ring) == 3
    assert ring.get(2, 1) == frame(1, session=2, time_s=3)


def test_a_clock_that_was_set_back_empties_the_ring() -> None:
    ring = Ring(5, 1000)
    ring.add(frame(1, time_s=3600))
    for number in (2, 3):
        ring.add(frame(number, time_s=number))
    assert numbers(ring.since(START)) == [2, 3]


def test_an_event_s_frames_are_listed_in_order_of_capture_with_repairs_in_place() -> None:
    frames = EventFrames(1000)
    for number in (1, 2, 5, 3):
        frames.add("a", frame(number))
    assert [one.sequence for one in frames.frames("a")] == [1, 2, 3, 5]
    assert frames.get("a", 1, 3) == frame(3)


def test_an_event_s_frames_are_kept_until_it_is_released() -> None:
    frames = EventFrames(1000)
    frames.add("a", frame(1))
    frames.add("b", frame(2))
    frames.release("a")
    assert (frames.events, frames.bytes) == (["b"], 10)
    assert frames.get("a", 1, 1) is None


def test_the_oldest_event_s_pictures_are_dropped_first_and_reported() -> None:
    frames = EventFrames(35)
    for event, number in (("a", 1), ("a", 2), ("b", 3)):
        assert frames.add(event, frame(number)) == []
    assert frames.add("b", frame(4)) == [("a", frame(1).id)]
    assert frames.add("b", frame(5, size=20)) == [("a", frame(2).id), ("b", frame(3).id)]
    assert frames.bytes == 30


def test_an_event_still_knows_its_frames_when_their_pictures_were_dropped() -> None:
    frames = EventFrames(15)
    frames.add("a", frame(1))
    frames.add("a", frame(2))
    assert [one.sequence for one in frames.frames("a")] == [1, 2]
    assert frames.get("a", 1, 1) is None


def test_a_frame_added_twice_counts_once() -> None:
    frames = EventFrames(1000)
    frames.add("a", frame(1))
    frames.add("a", frame(1))
    assert frames.bytes == 10
