import random

import pytest

from services.capture.experiments.grid import Grid
from services.capture.experiments.nearest import Chosen, Nearest
from tests.unit.capture.experiments.world import taken


def nearest(interval_s: float = 10.0, n: int = 0) -> Nearest:
    return Nearest(Grid(0.0, interval_s), n, patience_s=0.5)


def seen(nearest: Nearest, *times_s: float) -> list[tuple[float, float]]:
    """When each chosen picture was taken, and how far off it is."""
    chosen = [one for n, time_s in enumerate(times_s) for one in nearest.see(taken(n, time_s))]
    return rounded(chosen)


def rounded(chosen: list[Chosen]) -> list[tuple[float, float]]:
    return [(one.taken.time_s, round(one.off_s, 3)) for one in chosen]


def test_the_picture_after_a_deadline_is_chosen_where_it_is_the_nearer_one() -> None:
    assert seen(nearest(n=1), 9.7, 10.2) == [(10.2, 0.2)]


def test_the_picture_before_a_deadline_is_chosen_where_it_is_the_nearer_one() -> None:
    assert seen(nearest(n=1), 9.7, 9.9, 10.2) == [(9.9, -0.1)]


def test_a_picture_that_is_a_hair_early_is_chosen_without_waiting_for_another() -> None:
    assert seen(nearest(n=1), 9.9995) == [(9.9995, -0.001)]


def test_nothing_is_decided_before_the_picture_after_the_deadline_has_come() -> None:
    assert seen(nearest(n=1), 9.7, 9.9) == []


def test_a_stream_gives_each_deadline_its_nearest_picture() -> None:
    pictures = [n / 15 + 0.01 for n in range(15 * 60)]
    found = seen(nearest(1.0), *pictures)
    assert len(found) == 60
    for n, (time_s, _) in enumerate(found):
        assert time_s == min(pictures, key=lambda each: abs(each - n))


def test_no_picture_serves_two_deadlines_and_each_deadline_has_a_picture_or_is_missed() -> None:
    dice = random.Random(4)
    one = nearest(0.1)
    times_s = sorted(dice.uniform(0, 100) for _ in range(900))
    found = seen(one, *times_s)
    assert len({time_s for time_s, _ in found}) == len(found)
    assert all(abs(off_s) <= 0.051 for _, off_s in found)
    assert len(found) + one.missed == one.n


def test_two_deadlines_between_two_pictures_have_one_each() -> None:
    assert seen(nearest(10, n=1), 8.0, 22.0) == [(8.0, -2.0), (22.0, 2.0)]


def test_after_an_outage_the_missed_are_counted_and_none_is_made_up_for() -> None:
    one = nearest(10)
    assert seen(one, 0.0, 58.0, 59.0, 61.0) == [(0.0, 0.0), (59.0, -1.0)]
    assert one.missed == 5


def test_a_late_picture_says_how_late_it_is() -> None:
    one = nearest(10, n=1)
    assert seen(one, 14.0) == [(14.0, 4.0)]
    assert one.missed == 0


def test_the_last_picture_before_a_deadline_is_taken_when_none_comes_that_could_be_nearer() -> None:
    one = nearest(10, n=1)
    assert seen(one, 9.8) == []
    assert one.tick(10.6) == []  # one of 10.1 might still be under way
    assert rounded(one.tick(10.8)) == [(9.8, -0.2)]


def test_a_deadline_without_any_picture_is_missed_half_an_interval_later() -> None:
    one = nearest(10, n=1)
    assert one.tick(15.4) == []
    assert one.missed == 0
    one.tick(15.6)
    assert (one.missed, one.n) == (1, 2)


def test_what_was_due_before_a_long_silence_is_missed_at_once() -> None:
    one = nearest(10, n=1)
    one.tick(1000.0)
    assert one.missed == one.n - 1 == 99


def test_at_the_end_a_picture_that_waits_for_a_nearer_one_is_taken() -> None:
    one = nearest(10, n=1)
    assert seen(one, 9.8) == []
    assert rounded(one.finish(10.1)) == [(9.8, -0.2)]


@pytest.mark.parametrize(("end_s", "missed"), [(10.0, 0), (10.1, 1), (45.0, 4)])
def test_at_the_end_every_deadline_before_it_is_missed_that_has_no_picture(end_s: float, missed: int) -> None:
    one = nearest(10, n=1)
    assert one.finish(end_s) == []
    assert one.missed == missed


def test_an_older_picture_that_comes_late_takes_no_newer_ones_place() -> None:
    assert seen(nearest(n=1), 9.8, 9.2, 10.5) == [(9.8, -0.2)]
