"""A rate looks back over the last seconds only."""

import pytest

from services.runtime.rates import Rate


def test_it_is_the_marks_per_second() -> None:
    rate = Rate(over_s=5)
    for n in range(100):
        rate.mark(n / 15)
    assert rate.per_second(99 / 15) == pytest.approx(15)


def test_one_mark_is_no_rate() -> None:
    rate = Rate()
    rate.mark(1)
    assert rate.per_second(1) == 0


def test_it_is_nothing_when_nothing_came_lately() -> None:
    rate = Rate(over_s=5)
    rate.mark(1)
    rate.mark(2)
    assert rate.per_second(3) == 1
    assert rate.per_second(7.5) == 0


def test_what_is_long_ago_does_not_count() -> None:
    rate = Rate(over_s=5)
    for at_s in (0, 0.1, 0.2, 10, 11, 12):
        rate.mark(at_s)
    assert rate.per_second(12) == 1


def test_marks_at_one_moment_are_no_division_by_zero() -> None:
    rate = Rate()
    rate.mark(1)
    rate.mark(1)
    assert rate.per_second(1) > 0
