from datetime import UTC, datetime, timedelta
from pathlib import Path

from services.motion.memory import EventMemory
from services.motion.youth import TOO_LONG_AGO, Youth
from services.runtime.state import StateFile

START = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
LATER = START + timedelta(seconds=3)


def youth(folder: Path, camera: str = "yard") -> Youth:
    """Of a new life of motion."""
    memory = EventMemory(StateFile(folder / "events.json"))
    memory.load()
    return Youth(camera, memory)


def test_a_first_detector_overlooks_nothing_before_it_began(tmp_path: Path) -> None:
    one = youth(tmp_path)
    assert [one.since(START), one.since(START), one.since(None)] == [START, START, None]


def test_what_a_killed_life_may_have_overlooked_is_the_next_ones_too(tmp_path: Path) -> None:
    youth(tmp_path).since(START)
    assert youth(tmp_path).since(LATER) == START
    assert youth(tmp_path).since(LATER + timedelta(seconds=3)) == START
    assert youth(tmp_path, "door").since(LATER) == LATER


def test_a_detector_that_grew_up_leaves_nothing(tmp_path: Path) -> None:
    before = youth(tmp_path)
    before.since(START)
    before.since(None)
    assert youth(tmp_path).since(LATER) == LATER


def test_what_was_long_ago_or_in_the_future_does_not_count(tmp_path: Path) -> None:
    youth(tmp_path).since(START)
    long_after = START + TOO_LONG_AGO + timedelta(seconds=1)
    assert youth(tmp_path).since(long_after) == long_after
    assert youth(tmp_path).since(START) == START


def test_a_detector_that_begins_anew_in_the_same_life_is_young_again(tmp_path: Path) -> None:
    one = youth(tmp_path)
    one.since(START)
    one.since(None)
    assert one.since(LATER) == LATER
