import json
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.contract.frame import FrameId
from services.contract.handover import FrameRef, Handover
from services.motion.memory import EventMemory, closed_before
from services.runtime.state import StateFile

START = datetime(2026, 11, 20, 8, 30, 0, tzinfo=UTC)
EVENT = "20261120T083000Z-3f9c"
LATER = "20261120T084000Z-0a1b"
LONGEST = timedelta(seconds=300)


def frame(sequence: int, session: int = 7, time_s: float = 0) -> FrameId:
    return FrameId("yard", session, sequence, START + timedelta(seconds=time_s))


def refs(*numbers: tuple[int, int]) -> list[FrameRef]:
    return [FrameRef(session=f"{session:016x}", sequence=sequence) for session, sequence in numbers]


def handover(*numbers: tuple[int, int], event: str = EVENT) -> Handover:
    return Handover(
        camera="yard", event=event, reason="motion", started=START, ended=START, frames=refs(*numbers)
    )


def loaded(path: Path) -> EventMemory:
    memory = EventMemory(StateFile(path / "events.json"))
    memory.load()
    return memory


def test_an_open_event_is_there_after_a_restart_with_its_first_frame(tmp_path: Path) -> None:
    loaded(tmp_path).opened("yard", EVENT, "motion", START, frame(12))
    ended, still_open = loaded(tmp_path).left_over("yard")
    assert ended == []
    assert still_open == [handover((7, 12))]


def test_events_are_counted_by_the_day_also_over_a_restart(tmp_path: Path) -> None:
    memory = loaded(tmp_path)
    assert (memory.today("yard", START), memory.last("yard")) == (0, None)
    memory.opened("yard", EVENT, "motion", START, frame(12))
    memory.opened("yard", LATER, "motion", START + timedelta(minutes=10), frame(90))
    memory.ended(handover((7, 12)))
    after = loaded(tmp_path)
    assert after.today("yard", START) == 2
    assert after.today("yard", START + timedelta(days=1)) == 0
    assert after.last("yard") == START + timedelta(minutes=10)
    assert after.today("door", START) == 0


def test_an_event_of_yesterday_that_is_found_late_is_not_counted_today(tmp_path: Path) -> None:
    memory = loaded(tmp_path)
    memory.opened("yard", LATER, "motion", START, frame(12))
    memory.opened("yard", EVENT, "motion", START - timedelta(days=1), frame(90))
    assert memory.today("yard", START) == 1
    assert memory.last("yard") == START


def test_an_ended_event_is_there_after_a_restart_with_all_its_numbers(tmp_path: Path) -> None:
    whole = handover((7, 12), (7, 13), (7, 15), (3, 1), (3, 2))
    memory = loaded(tmp_path)
    memory.opened("yard", EVENT, "motion", START, frame(12))
    memory.ended(whole)
    assert loaded(tmp_path).left_over("yard") == ([whole], [])


def test_an_answered_event_is_forgotten(tmp_path: Path) -> None:
    memory = loaded(tmp_path)
    memory.ended(handover((7, 12)))
    memory.answered("yard", EVENT)
    assert loaded(tmp_path).left_over("yard") == ([], [])


def test_the_last_number_of_an_event_is_known_after_its_answer(tmp_path: Path) -> None:
    memory = loaded(tmp_path)
    memory.ended(handover((7, 12), (7, 13)))
    memory.answered("yard", EVENT)
    assert loaded(tmp_path).kept("yard") == (7, 13)
    assert loaded(tmp_path).kept("door") is None


def test_repairs_of_an_older_event_do_not_take_the_last_number_back(tmp_path: Path) -> None:
    memory = loaded(tmp_path)
    memory.ended(handover((7, 12)))
    memory.ended(handover((7, 20), event=LATER))
    memory.ended(handover((7, 11), (7, 12)))
    assert memory.kept("yard") == (7, 20)


def test_an_event_of_an_hour_takes_no_more_room_than_a_short_one(tmp_path: Path) -> None:
    loaded(tmp_path).ended(handover(*((7, number) for number in range(1, 54_000))))
    assert (tmp_path / "events.json").stat().st_size < 1000


def test_a_disk_that_takes_nothing_is_said_once_and_stops_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "folder").write_text("a file where the folder should be")
    memory = EventMemory(StateFile(tmp_path / "folder" / "state" / "events.json"))
    memory.ended(handover((7, 12)))
    memory.ended(handover((7, 13), event=LATER))
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (
            logging.ERROR,
            "open events cannot be remembered (Not a directory); "
            "a crash of motion would end them without their last frames",
        )
    ]
    assert memory.kept("yard") == (7, 13)


def test_the_file_is_plain_json_by_camera(tmp_path: Path) -> None:
    loaded(tmp_path).ended(handover((7, 12)))
    assert list(json.loads((tmp_path / "events.json").read_text())) == ["yard"]


class TestAnEventThatWasOpenWhenWeDied:
    def test_ends_with_the_frame_before_the_first_that_we_had_not_acknowledged(self) -> None:
        unseen = frame(16, time_s=2)
        closed = closed_before(handover((7, 12)), unseen, LONGEST)
        assert closed.frames == refs((7, 12), (7, 13), (7, 14), (7, 15))
        assert closed.ended == unseen.time

    def test_has_its_first_frame_at_least(self) -> None:
        assert closed_before(handover((7, 12)), frame(12), LONGEST).frames == refs((7, 12))

    def test_lists_no_more_than_is_known_where_capture_began_a_new_session(self) -> None:
        assert closed_before(handover((7, 12)), frame(400, session=8), LONGEST) == handover((7, 12))

    def test_lists_no_more_than_is_known_where_the_broker_forgot_what_we_had_not_acknowledged(self) -> None:
        unseen = frame(54_000, time_s=3600)
        assert closed_before(handover((7, 12)), unseen, LONGEST) == handover((7, 12))

    def test_lists_no_more_than_is_known_where_no_frame_comes(self) -> None:
        assert closed_before(handover((7, 12)), None, LONGEST) == handover((7, 12))


def test_capture_sessions_that_others_have_followed_are_over_for_the_next_life_too(tmp_path: Path) -> None:
    memory = loaded(tmp_path)
    for session in (5, 5, 6, 7, 7):
        memory.came("yard", session)
    assert loaded(tmp_path).over("yard") == {5, 6}
    assert loaded(tmp_path).over("door") == set()


def test_an_event_that_we_ended_in_the_middle_of_is_told_once(tmp_path: Path) -> None:
    memory = EventMemory(StateFile(tmp_path / "events.json"))
    memory.load()
    memory.cut_short("door", "motion", START)
    memory = EventMemory(StateFile(tmp_path / "events.json"))
    memory.load()
    assert memory.going_on("door") == ("motion", START)
    assert memory.going_on("door") is None
