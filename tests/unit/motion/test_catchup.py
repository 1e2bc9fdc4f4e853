from datetime import UTC, datetime

from services.contract.frame import Frame, FrameId
from services.motion.catchup import AGAIN_S, GIVE_UP_S, MOST_NUMBERS, CatchUp

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def frame(sequence: int, size: int = 10, session: int = 7) -> Frame:
    return Frame(FrameId("door", session, sequence, NOON), bytes(size))


def begun(missed: range, most: int = 1000) -> CatchUp:
    catch_up = CatchUp(most)
    catch_up.begin(missed, frame(missed.stop), now_s=0.0)
    return catch_up


def ready(catch_up: CatchUp) -> list[int]:
    found = []
    while one := catch_up.ready():
        found.append(one.id.sequence)
    return found


def test_frames_come_in_their_order_as_soon_as_the_next_one_is_there() -> None:
    catch_up = begun(range(5, 8))
    catch_up.hold(frame(9))
    assert ready(catch_up) == []
    assert catch_up.repair(frame(6), 1.0)
    assert ready(catch_up) == []
    assert catch_up.repair(frame(5), 1.0)
    assert ready(catch_up) == [5, 6]
    assert catch_up.repair(frame(7), 1.0)
    assert ready(catch_up) == [7, 8, 9]
    assert not catch_up.active


def test_what_is_gone_is_passed_over() -> None:
    catch_up = begun(range(5, 8))
    catch_up.lost(7, [(5, 6)])
    catch_up.lost(8, [(7, 7)])
    assert ready(catch_up) == []
    catch_up.repair(frame(7), 1.0)
    assert ready(catch_up) == [7, 8]


def test_it_asks_at_once_and_again_while_nothing_comes() -> None:
    catch_up = begun(range(5, 8))
    assert catch_up.due(0.0) == [(5, 7)]
    assert catch_up.due(AGAIN_S - 0.1) == []
    catch_up.repair(frame(6), AGAIN_S - 0.1)
    assert catch_up.due(AGAIN_S) == []
    assert catch_up.due(2 * AGAIN_S) == [(5, 5), (7, 7)]


def test_as_long_as_something_comes_it_does_not_give_up() -> None:
    catch_up = begun(range(5, 8))
    catch_up.repair(frame(5), GIVE_UP_S - 1)
    catch_up.due(GIVE_UP_S + 1)
    assert ready(catch_up) == [5]
    catch_up.due(2 * GIVE_UP_S)
    assert ready(catch_up) == [8]


def test_what_nobody_asked_for_is_not_ours() -> None:
    catch_up = begun(range(5, 8))
    assert not catch_up.repair(frame(4), 1.0)
    assert not catch_up.repair(frame(8), 1.0)
    assert not catch_up.repair(frame(6, session=8), 1.0)
    assert catch_up.repair(frame(6), 1.0)
    assert not catch_up.repair(frame(6), 1.0)
    assert catch_up.repaired == 1


def test_frames_that_do_not_fit_are_asked_for_in_their_turn() -> None:
    catch_up = begun(range(5, 6), most=30)
    for sequence in range(7, 12):
        catch_up.hold(frame(sequence))
    assert catch_up.due(0.0) == [(5, 5), (9, 11)]
    catch_up.repair(frame(5), 1.0)
    assert ready(catch_up) == [5, 6, 7, 8]
    for sequence in (9, 10, 11):
        assert catch_up.repair(frame(sequence), 2.0)
    assert ready(catch_up) == [9, 10, 11]


def test_of_a_gap_that_nobody_could_fill_the_last_numbers_are_asked_for() -> None:
    catch_up = begun(range(1, 1_000_001))
    assert catch_up.due(0.0) == [(1_000_001 - MOST_NUMBERS, 1_000_000)]


def test_it_begins_again_after_its_end() -> None:
    catch_up = begun(range(5, 6))
    catch_up.give_up()
    assert ready(catch_up) == [6]
    catch_up.begin(range(8, 9), frame(9), now_s=50.0)
    assert catch_up.due(50.0) == [(8, 8)]
    catch_up.repair(frame(8), 50.0)
    assert ready(catch_up) == [8, 9]
