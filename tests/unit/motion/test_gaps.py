from services.motion.gaps import Ask, Gaps


def with_numbers(*numbers: int, session: int = 7) -> Gaps:
    gaps = Gaps()
    for number in numbers:
        gaps.arrived(session, number)
    return gaps


def test_numbers_in_a_row_miss_nothing() -> None:
    gaps = with_numbers(5, 6, 7)
    assert gaps.complete
    assert gaps.due(0) == []


def test_what_was_left_out_is_asked_for_in_ranges() -> None:
    assert with_numbers(5, 8, 9, 11).due(0) == [Ask(7, [(6, 7), (10, 10)])]


def test_it_is_asked_for_three_times_1_and_4_seconds_apart_and_gone_16_later() -> None:
    gaps = with_numbers(5, 7)
    asked = [now / 10 for now in range(400) if gaps.due(now / 10)]
    assert asked == [0, 1, 5]
    assert gaps.complete
    assert gaps.gone() == [(7, (6, 6), "not answered")]


def test_it_is_not_given_up_before_the_last_wait_is_over() -> None:
    gaps = with_numbers(5, 7)
    for now_s in (0.0, 1.0, 5.0, 20.9):
        gaps.due(now_s)
    assert not gaps.complete


def test_what_arrives_is_not_asked_for_any_more() -> None:
    gaps = with_numbers(5, 8)
    gaps.due(0)
    gaps.arrived(7, 6)
    assert gaps.due(1) == [Ask(7, [(7, 7)])]
    gaps.arrived(7, 7)
    assert gaps.complete


def test_what_nobody_has_is_gone_for_the_reason_given() -> None:
    gaps = with_numbers(5, 10)
    gaps.lost(7, [(6, 7), (9, 20)], "capture no longer has it")
    assert gaps.open() == [(7, 8)]
    assert gaps.gone() == [
        (7, (6, 7), "capture no longer has it"),
        (7, (9, 9), "capture no longer has it"),
    ]


def test_a_number_that_comes_after_it_was_given_up_is_welcome() -> None:
    gaps = with_numbers(5, 7)
    gaps.lost(7, [(6, 6)], "capture no longer has it")
    assert gaps.misses(7, 6)
    gaps.arrived(7, 6)
    assert gaps.gone() == []
    assert not gaps.misses(7, 6)


def test_a_pre_roll_that_nobody_saw_can_be_expected() -> None:
    gaps = with_numbers(50)
    gaps.expect(7, 45, 49)
    assert gaps.due(0) == [Ask(7, [(45, 49)])]
    gaps.arrived(7, 47)
    assert gaps.open() == [(7, 45), (7, 46), (7, 48), (7, 49)]


def test_a_lost_tail_can_be_expected() -> None:
    gaps = with_numbers(50, 51)
    gaps.expect(7, 50, 53)
    assert gaps.open() == [(7, 52), (7, 53)]


def test_a_session_that_begins_within_the_event_has_all_its_numbers_in_it() -> None:
    gaps = with_numbers(50, 51)
    gaps.arrived(8, 3)
    assert gaps.due(0) == [Ask(8, [(1, 2)])]


def test_an_older_frame_that_comes_late_shows_the_gap_behind_it() -> None:
    gaps = with_numbers(50, 51)
    gaps.arrived(7, 47)
    assert gaps.open() == [(7, 48), (7, 49)]


def test_a_jump_that_nobody_could_fill_is_bounded() -> None:
    assert len(with_numbers(1, 5_000_000_000).open()) <= 10_000


def test_other_sessions_numbers_are_not_missed() -> None:
    gaps = with_numbers(5, 7)
    gaps.lost(99, [(1, 100)], "never had")
    assert not gaps.misses(99, 6)
    assert gaps.open() == [(7, 6)]
