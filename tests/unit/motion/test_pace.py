from itertools import pairwise
from math import ceil

import pytest

from services.motion.pace import AWAKE_S, KNOWN_S, NOTICE_S, RESTLESS_S, Pace, Usual


def looked_at(pace: Pace, fps: float, until_s: float, signs: tuple[float, float] = (0, 0)) -> list[float]:
    """The times of the frames that are looked at; there are signs of something within that span."""
    found = []
    for n in range(round(until_s * fps)):
        time_s = n / fps
        if pace.due(time_s):
            found.append(time_s)
            pace.looked(time_s, sign=signs[0] <= time_s < signs[1])
    return found


@pytest.mark.parametrize("fps", [3, 5, 7.5, 10, 12, 15, 20, 25, 30, 60])
def test_what_comes_into_a_quiet_picture_is_noticed_in_time(fps: float) -> None:
    times = looked_at(Pace(), fps, 20)
    latest = max(after - (before + 1 / fps) for before, after in pairwise(times))
    assert latest <= NOTICE_S


@pytest.mark.parametrize(("fps", "part"), [(15, 1 / 3), (10, 1 / 2), (30, 1 / 5), (5, 1)])
def test_only_a_part_of_a_quiet_cameras_frames_is_looked_at(fps: float, part: float) -> None:
    assert len(looked_at(Pace(), fps, 60)) / (60 * fps) == pytest.approx(part, abs=0.02)


def test_from_the_first_sign_every_frame_is_looked_at_until_a_second_after_the_last() -> None:
    times = looked_at(Pace(), 15, 20, signs=(10, 12))
    first = next(time_s for time_s in times if time_s >= 10)
    awake = [time_s for time_s in times if first <= time_s < 12 + AWAKE_S - 0.1]
    assert len(awake) == round((awake[-1] - first) * 15) + 1
    assert len([time_s for time_s in times if time_s > 13.2]) == pytest.approx(6.8 * 5, abs=2)


def test_never_more_often_than_is_wanted() -> None:
    times = looked_at(Pace(most_fps=5), 30, 20, signs=(0, 20))
    assert len(times) == pytest.approx(20 * 5, abs=5)


def test_who_is_alert_looks_at_every_frame() -> None:
    pace = Pace()
    assert all(pace.due(n / 15, alert=True) for n in range(30))


def test_a_clock_that_is_set_back_stops_nothing() -> None:
    pace = Pace()
    looked_at(pace, 15, 60)
    assert pace.due(3.0)


def test_a_picture_of_an_unusual_size_is_looked_at_out_of_turn() -> None:
    pace = Pace()
    for n in range(40):
        if pace.due(n / 15, 50_000 + n % 3 * 100):
            pace.looked(n / 15, sign=False)
    resting = next(n for n in range(40, 44) if not pace.due(n / 15, 50_100))
    assert pace.due(resting / 15 + 0.001, 53_000)


def test_sizes_that_change_all_the_time_are_usual() -> None:
    usual = Usual()
    found = []
    for n in range(300):
        size = 50_000 + (n * 7919) % 9001
        found.append(usual.odd(size))
        usual.learn(size)
    assert not any(found)


@pytest.mark.parametrize(
    ("fps", "looks"), [(60, 10), (30, 10), (25, 8.3), (20, 10), (15, 7.5), (12.5, 6.25), (10, 10), (5, 5)]
)
def test_what_is_known_to_move_is_followed_some_times_a_second(fps: float, looks: float) -> None:
    pace, times = Pace(), list[float]()
    for n in range(round(20 * fps)):
        if pace.due(n / fps):
            times.append(n / fps)
            pace.looked(n / fps, sign=True, moving=True)
    assert len([time_s for time_s in times if time_s < KNOWN_S]) == ceil(KNOWN_S * fps), "each, to begin with"
    assert len([time_s for time_s in times if time_s >= 10]) == pytest.approx(10 * looks, abs=2)
    assert max(after - before for before, after in pairwise(times)) <= NOTICE_S + 1e-9


def test_when_it_has_stopped_every_frame_is_looked_at_again_for_a_second() -> None:
    pace = Pace()
    for n in range(60):
        if pace.due(n / 15):
            pace.looked(n / 15, sign=True, moving=True)
    pace.looked(4.0, sign=False, moving=False)
    assert all(pace.due(4.0 + n / 15) for n in range(1, 5))


@pytest.mark.parametrize(("fps", "looks"), [(30, 10), (25, 12.5), (15, 7.5), (12.5, 12.5), (10, 10), (5, 5)])
def test_what_stirs_on_and_on_and_never_moves_is_followed_too(fps: float, looks: float) -> None:
    times = looked_at(Pace(), fps, 60, signs=(0, 60))
    assert len([time_s for time_s in times if time_s < RESTLESS_S]) == ceil(RESTLESS_S * fps), (
        "each, to begin with"
    )
    later = [time_s for time_s in times if time_s >= RESTLESS_S]
    assert len(later) == pytest.approx(looks * (60 - RESTLESS_S), abs=2)
    assert max(after - before for before, after in pairwise(later)) <= max(1 / fps, NOTICE_S / 1.5) + 1e-9


def test_after_a_calm_it_is_every_frame_again() -> None:
    pace = Pace()
    for n in range(400):
        if pace.due(n / 15):
            pace.looked(n / 15, sign=n < 200 or n >= 300)
    assert all(pace.would_look(time_s / 15, 1) for time_s in (400, 401))


def test_what_moves_at_last_in_the_rain_is_looked_at_in_every_frame_until_it_is_known() -> None:
    pace, times = Pace(), list[float]()
    for n in range(60 * 15):
        if pace.due(n / 15):
            times.append(n / 15)
            pace.looked(n / 15, sign=True, moving=30 <= n / 15 < 40)
    begins = next(time_s for time_s in times if time_s >= 30)
    assert len([time_s for time_s in times if begins <= time_s < begins + KNOWN_S]) == ceil(KNOWN_S * 15)
    ends = next(time_s for time_s in times if time_s >= 40)
    assert len([time_s for time_s in times if ends <= time_s < ends + 4]) == 4 * 15, "each, when it is over"
    assert len([time_s for time_s in times if time_s >= 50]) == pytest.approx(10 * 7.5, abs=2)


def test_what_would_be_looked_at_is_what_is_looked_at() -> None:
    pace = Pace()
    for n in range(200):
        time_s, size = n / 15, 60_000 if n == 150 else 50_000 + n % 3 * 100
        due = pace.would_look(time_s, size)
        assert pace.due(time_s, size) == due
        if due:
            pace.looked(time_s, sign=50 <= n < 60)
