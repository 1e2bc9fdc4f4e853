import random
import statistics
from dataclasses import asdict

import pytest

from services.capture.experiments.statistics import Running


def running(values: list[float], nominal_s: float = 0.0) -> Running:
    made = Running(nominal_s)
    for value in values:
        made.add(value)
    return made


def test_mean_and_standard_deviation_are_those_of_the_sample() -> None:
    dice = random.Random(1)
    values = [dice.gauss(14.558, 1.456) for _ in range(1000)]
    spread = running(values, 10).spread()
    assert spread.mean_s == pytest.approx(statistics.mean(values), abs=1e-6)
    assert spread.sd_s == pytest.approx(statistics.stdev(values), abs=1e-6)


def test_small_deviations_of_a_large_value_are_not_lost() -> None:
    assert running([1e9, 1e9 + 1, 1e9 + 2]).spread().sd_s == 1.0


def test_the_worst_is_the_one_furthest_from_what_it_should_be() -> None:
    assert running([10.1, 9.7, 10.2], 10).spread().worst_s == 9.7


def test_nothing_and_one_value_have_no_deviation() -> None:
    assert running([]).spread().model_dump() == {"count": 0, "mean_s": 0, "sd_s": 0, "worst_s": 0}
    assert running([3]).spread().model_dump() == {"count": 1, "mean_s": 3, "sd_s": 0, "worst_s": 3}


def test_goes_on_after_a_restart_as_if_there_had_been_none() -> None:
    resumed = Running(**asdict(running([1, 2, 4])))
    resumed.add(8)
    assert resumed == running([1, 2, 4, 8])
