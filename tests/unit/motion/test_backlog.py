from services.motion.backlog import PATIENCE_S, Backlog


def test_after_a_connect_old_frames_are_worked_off_until_the_first_live_one() -> None:
    backlog = Backlog()
    backlog.connected()
    assert [backlog.works_off(age_s, 0) for age_s in (60, 40, 6, 0.1, 60)] == [True, True, True, False, False]


def test_frames_that_are_old_because_we_are_slow_are_no_backlog() -> None:
    assert not Backlog().works_off(60, 0)


def test_who_does_not_catch_up_in_time_is_too_slow() -> None:
    backlog = Backlog()
    backlog.connected()
    assert backlog.works_off(60, 0)
    assert backlog.works_off(60, PATIENCE_S + 29)
    assert not backlog.works_off(60, PATIENCE_S + 31)
    assert not backlog.works_off(60, PATIENCE_S + 32)
