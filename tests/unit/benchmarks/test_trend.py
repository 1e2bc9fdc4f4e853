import random

import pytest

from benchmarks.lasting.trend import trend


def test_a_line_is_found_again() -> None:
    found = trend([(x / 10, 5 + 2.5 * x / 10) for x in range(40)])
    assert found.slope == pytest.approx(2.5)
    assert found.low == pytest.approx(2.5)


def test_a_few_wild_readings_do_not_bend_it() -> None:
    points = [(float(x), 100.0 + (900.0 if x % 7 == 0 else 0.0)) for x in range(60)]
    assert trend(points).slope == 0


def test_a_slow_growth_in_noise_is_seen_and_nothing_is_seen_in_noise_alone() -> None:
    dice = random.Random(1)
    noise = [dice.gauss(0, 1) for _ in range(120)]
    growing = trend([(n / 120, 100 + 5 * n / 120 + each) for n, each in enumerate(noise)])
    still = trend([(n / 120, 100 + each) for n, each in enumerate(noise)])
    assert growing.low > 3
    assert still.low < 0 < still.high


def test_two_points_are_no_line() -> None:
    with pytest.raises(ValueError, match="three points"):
        trend([(0.0, 1.0), (1.0, 2.0)])
