"""A camera is reset after enough failures, and not again too soon."""

from services.capture.reset import ResetPolicy


class Time:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def fail(policy: ResetPolicy, count: int) -> list[bool]:
    return [policy.failed() for _ in range(count)]


def test_it_is_reset_after_so_many_failures_in_a_row() -> None:
    assert fail(ResetPolicy(3), 3) == [False, False, True]


def test_a_picture_between_them_begins_the_count_anew() -> None:
    policy = ResetPolicy(3)
    fail(policy, 2)
    policy.worked()
    assert fail(policy, 3) == [False, False, True]


def test_it_is_not_reset_again_within_the_hour() -> None:
    time = Time()
    policy = ResetPolicy(2, clock=time)
    assert fail(policy, 2) == [False, True]
    time.now_s = 3599
    assert not any(fail(policy, 100))
    time.now_s = 3600
    assert fail(policy, 1) == [True]


def test_a_camera_that_came_back_in_between_does_not_shorten_the_hour() -> None:
    time = Time()
    policy = ResetPolicy(1, clock=time)
    assert policy.failed()
    policy.worked()
    time.now_s = 1800
    assert not policy.failed()


def test_it_is_never_reset_where_nobody_wants_that() -> None:
    assert not any(fail(ResetPolicy(0), 1000))
