"""Pictures come at an even pace that neither drifts nor hurries after a pause."""

import threading

import pytest

from services.capture.cameras.pace import Beat, FpsLimit, Pace


class Time:
    """A clock that moves only when somebody waits on the event that goes with it."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.stop = Waiting(self)

    def __call__(self) -> float:
        return self.now_s


class Waiting(threading.Event):
    def __init__(self, time: Time) -> None:
        super().__init__()
        self._time = time

    def wait(self, timeout: float | None = None) -> bool:
        self._time.now_s += timeout or 0.0
        return self.is_set()


def test_steps_are_even_and_do_not_drift() -> None:
    time = Time()
    pace = Pace(10, time)
    due = []
    for _ in range(1000):
        assert pace.wait(time.stop)
        due.append(time.now_s)
        time.now_s += 0.03  # what the picture costs
    assert due[0] == 100.0
    assert due[-1] == pytest.approx(100.0 + 99.9)


def test_a_late_step_is_made_up_for() -> None:
    time = Time()
    pace = Pace(10, time)
    pace.wait(time.stop)
    time.now_s += 0.35
    for _ in range(5):
        pace.wait(time.stop)
    assert time.now_s == pytest.approx(100.5)


def test_after_a_long_pause_it_begins_anew() -> None:
    time = Time()
    pace = Pace(10, time)
    pace.wait(time.stop)
    time.now_s += 60
    for _ in range(3):
        pace.wait(time.stop)
    assert time.now_s == pytest.approx(160.2)


def test_stop_ends_it() -> None:
    time = Time()
    time.stop.set()
    assert not Pace(10, time).wait(time.stop)


@pytest.mark.parametrize(
    ("given", "most", "taken"), [(15, 10, 10), (30, 7, 7), (25, 25, 25), (5, 10, 5), (25, 0, 25)]
)
def test_a_limit_takes_as_many_as_it_says(given: int, most: float, taken: int) -> None:
    time = Time()
    limit = FpsLimit(most, time)
    count = 0
    for n in range(20 * given):
        time.now_s = 100.0 + n / given + (0.002 if n % 2 else 0.0)
        count += limit.allows()
    assert count == pytest.approx(20 * taken, abs=2)


def test_a_limit_saves_nothing_up_for_later() -> None:
    time = Time()
    limit = FpsLimit(10, time)
    limit.allows()
    time.now_s += 60
    assert [limit.allows() for _ in range(5)] == [True, False, False, False, False]


def test_beats_do_not_drift_whatever_each_costs() -> None:
    time = Time()
    beat = Beat(10, time)
    due = []
    for n in range(1000):
        assert beat.wait(time.stop)
        due.append(time.now_s)
        time.now_s += 9.9 if n % 2 else 0.1
    assert due == [pytest.approx(100 + 10 * n, abs=1e-6) for n in range(1000)]
    assert beat.missed == 0


def test_a_late_beat_comes_at_once_and_missed_ones_never_bunch() -> None:
    time = Time()
    beat = Beat(10, time)
    due = []
    for cost_s in (0, 13, 0, 37, 0, 0):
        beat.wait(time.stop)
        due.append(time.now_s)
        time.now_s += cost_s
    assert due == [100, 110, 123, 130, 167, 170]
    assert beat.missed == 2
