"""Weather, light, lens and sensor: one test for every cause, with somebody who must be seen all the same."""

import numpy as np
import pytest

from benchmarks import effects as fx
from benchmarks.scenery import Effect
from services.motion.detector import Detector
from tests.unit.motion.scenes import (
    FPS,
    HEIGHT,
    WIDTH,
    Change,
    Plane,
    backdrop,
    crossing,
    moving_times,
    scene,
    watch,
)

SHAPE = (HEIGHT, WIDTH)


def both(first: Change, then: Effect) -> Change:
    """Somebody, and what happens over it."""
    return lambda picture, time_s: np.asarray(then(first(picture, time_s), time_s), np.float32)


def times(change: Change, seconds: float, noise: float = 2.0) -> list[float]:
    return moving_times(watch(Detector(), scene(seconds, change, noise)))


def faint(start_s: float, duration_s: float = 5.0, lighter: float = 12, row: int = 70) -> Change:
    """Something of a five hundredth of the picture that is hardly lighter than what is behind it."""

    def draw(picture: Plane, time_s: float) -> Plane:
        done = (time_s - start_s) / duration_s
        if 0 <= done < 1:
            x = int(20 + done * 60)
            picture[row : row + 10, x : x + 8] += lighter
        return picture

    return draw


def within(found: list[float], begin_s: float, end_s: float) -> list[float]:
    return [time_s for time_s in found if begin_s <= time_s < end_s]


def test_shadows_of_fast_clouds_are_no_motion_and_somebody_among_them_is() -> None:
    clouds = fx.cloud(2, SHAPE, depth=0.5, speed=0.9, edge=0.12)
    found = times(both(crossing(30), clouds), 36)
    assert within(found, 2, 30) == []
    assert within(found, 30, 35)


def test_a_swinging_exposure_hides_nobody() -> None:
    def hunting(time_s: float) -> float:
        return 1 + 0.25 * float(np.sin(2 * np.pi * time_s / 3))

    found = times(both(crossing(15), fx.exposure(hunting)), 22)
    assert within(found, 0, 15) == []
    assert found[0] <= 15.5


def test_an_alarm_does_not_go_on_because_the_scene_keeps_changing() -> None:
    elsewhere = [backdrop(seed) for seed in range(5, 9)]

    def television(picture: Plane, time_s: float) -> Plane:
        return elsewhere[int(time_s * 2) % 4] if time_s >= 13 else picture

    found = times(both(crossing(10, duration_s=3), television), 17)
    assert within(found, 10, 13)
    assert within(found, 15, 17) == []


def test_headlights_on_a_wall_are_no_motion() -> None:
    assert times(fx.headlights(1, SHAPE, every_s=5), 25) == []


def test_bands_of_mains_light_are_no_motion_and_somebody_among_them_is() -> None:
    found = times(both(crossing(15), fx.banding(0.1, 2.3, 0.7)), 21)
    assert within(found, 0, 15) == []
    assert within(found, 15, 15.6)


def test_the_infrared_cut_filter_is_a_change_of_scene_and_no_motion() -> None:
    night = np.asarray(255 - backdrop() * 0.8, np.float32)
    spans = ((8.0, 20.0),)
    settling = fx.switching(spans)

    def filtered(picture: Plane, time_s: float) -> Plane:
        return settling(crossing(14)(fx.infrared(night, spans)(picture, time_s), time_s), time_s)

    decisions = watch(Detector(), scene(26, filtered))
    found = moving_times(decisions)
    for begin_s in (8, 20):
        changed = [one.scene_change for time_s, one in decisions if begin_s <= time_s < begin_s + 2]
        assert max(changed) > 0.5
    assert within(found, 0, 14) + within(found, 20, 26) == []
    assert within(found, 14, 14.6)


def test_a_knock_is_a_change_of_scene_and_teaches_no_noise() -> None:
    knocked = fx.knock((8.0,), far=0.06)
    detector = Detector()
    decisions = watch(detector, scene(16, both(faint(11, lighter=24), knocked)))
    found = moving_times(decisions)
    assert max(one.scene_change for time_s, one in decisions if 8 <= time_s < 10) > 0.25
    assert within(found, 0, 11) == []
    assert within(found, 11, 12)


def test_a_trembling_camera_is_no_motion_and_somebody_before_it_is() -> None:
    found = times(both(crossing(25), fx.shake(2, 0.008)), 31)
    assert within(found, 5, 25) == []
    assert within(found, 25, 26)


def test_rain_is_no_motion_and_somebody_in_it_is() -> None:
    found = times(both(crossing(30), fx.rain(2, 60, bright=60)), 36)
    assert within(found, 10, 30) == []
    assert within(found, 30, 35)


def test_snow_right_before_the_lens_soon_is_what_is_usual_and_somebody_in_it_is_not() -> None:
    found = times(both(crossing(30), fx.snow(1, 40, near=2)), 36)
    assert len(within(found, 10, 30)) < 2 * FPS
    assert within(found, 30, 30.6)


def test_leaves_in_gusts_are_no_motion_and_somebody_before_them_is() -> None:
    tree = fx.patch(SHAPE, ((0.8, 0.3, 0.25, 0.35),))
    swaying = fx.wind(4, tree, 0.02)

    def before_the_tree(picture: Plane, time_s: float) -> Plane:
        return crossing(30)(swaying(picture, time_s), time_s)

    found = times(before_the_tree, 36)
    assert within(found, 10, 30) == []
    assert within(found, 30, 31)


def test_the_first_gust_in_a_tree_is_no_motion_and_somebody_before_it_is() -> None:
    tree = fx.tree(2, SHAPE, fx.Crown(0.75, 0.35, 0.2, 0.35, leaves=300, leaf=0.02), 0.008, 0.8)

    def before_the_tree(picture: Plane, time_s: float) -> Plane:
        # The calm before the first gust, over and over again; then gusts.
        calm_s = abs((time_s + 3) % 6 - 3)
        return crossing(45)(tree(picture, calm_s if time_s < 24 else time_s - 24), time_s)

    found = times(before_the_tree, 51)
    assert within(found, 10, 45) == []
    assert within(found, 45, 46.5)


def test_a_shutter_that_leaves_another_pattern_is_no_motion() -> None:
    assert times(fx.shutter(3), 40) == []


def test_insects_that_dart_past_within_three_pictures_are_no_motion() -> None:
    def darting(picture: Plane, time_s: float) -> Plane:
        turn, n = divmod(round(time_s * FPS), 15)
        if n < 3:
            x, y = 20 + 70 * n, 20 + 17 * (turn % 6)
            picture[y : y + 12, x : x + 22] = 230
        return picture

    found = times(darting, 30, noise=4)
    assert found == []


@pytest.mark.parametrize("high", [0.05, 0.1])
def test_a_clock_in_the_picture_is_no_motion_and_somebody_before_it_is(high: float) -> None:
    clock = fx.clock(high, first_s=3585)
    found = times(both(crossing(25), clock), 40)
    assert not within(found, 0, 25)
    assert within(found, 25, 26.5)
    assert not within(found, 31, 40)


def test_what_comes_and_does_not_move_is_no_motion_until_it_does() -> None:
    def parked(picture: Plane, time_s: float) -> Plane:
        """A light in a window, that is carried away a second later."""
        if time_s >= 12:
            left = 100 + max(0, round((time_s - 13) * 40))
            picture[60:80, left : left + 24] = 240
        return picture

    found = times(parked, 16)
    assert not within(found, 0, 13)
    assert within(found, 13, 13.8)


def test_something_small_and_faint_is_seen_in_the_noise_of_the_dark() -> None:
    found = times(faint(12, lighter=22), 18, noise=9)
    assert within(found, 0, 12) == []
    assert within(found, 12, 14)


def test_what_walks_slowly_does_not_teach_its_own_noise() -> None:
    found = times(faint(10, duration_s=8, lighter=14), 18)
    assert len(within(found, 10, 18)) > 6 * FPS


@pytest.mark.parametrize("every", [5, 12])
def test_pictures_that_are_sharper_every_so_often_are_no_motion(every: int) -> None:
    coarse = np.random.default_rng(4)
    blur = [coarse.normal(0, 3, (HEIGHT // 8, WIDTH // 8)).astype(np.float32) for _ in range(7)]

    def pulsing(picture: Plane, time_s: float) -> Plane:
        group, within_group = divmod(round(time_s * FPS), every)
        drift = np.kron(blur[group % 7], np.ones((8, 8), np.float32))
        return np.asarray(picture + drift * within_group / every, np.float32)

    found = times(both(pulsing, crossing(15)), 21)
    assert within(found, 4, 15) == []
    assert within(found, 15, 15.6)
