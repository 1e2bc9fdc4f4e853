from itertools import pairwise

import numpy as np
import pytest

from services.motion.detector import Decision, Detector, DetectorSettings
from tests.unit.motion.scenes import FPS, WIDTH, Change, Plane, backdrop, crossing, moving_times, scene, watch


def test_nothing_moves_in_a_quiet_scene() -> None:
    assert moving_times(watch(Detector(), scene(20))) == []


@pytest.mark.parametrize("noise", [0.0, 2.0, 8.0])
def test_somebody_who_crosses_is_seen_within_half_a_second_in_any_noise(noise: float) -> None:
    moving = moving_times(watch(Detector(), scene(20, crossing(10), noise)))
    assert moving
    assert 10 <= moving[0] <= 10.5


def test_motion_ends_soon_after_the_last_thing_that_moved() -> None:
    moving = moving_times(watch(Detector(), scene(20, crossing(10))))
    assert 14.8 <= moving[-1] <= 15.6


def test_a_subject_of_a_five_hundredth_of_the_picture_is_seen() -> None:
    moving = moving_times(watch(Detector(), scene(20, crossing(10, width=6, height=12))))
    assert len(moving) > 3 * FPS


def test_boxes_lie_where_it_moves() -> None:
    decisions = watch(Detector(), scene(13, crossing(10)))
    (time_s, decision) = decisions[-1]
    x, y, width, height = decision.boxes[0]
    at = (time_s - 10) / 5 + 7 / WIDTH
    assert x <= at <= x + width
    assert y <= 90 / 144 <= y + height
    assert width * height < 0.1


def test_the_score_says_how_far_what_moves_is_above_the_least_area() -> None:
    decisions = watch(Detector(), scene(13, crossing(10)))
    assert max(decision.score for time_s, decision in decisions if 3 < time_s < 10) < 1
    assert decisions[-1][1].score > 2


def test_the_first_second_is_never_motion() -> None:
    moving = moving_times(watch(Detector(), scene(3, crossing(0))))
    assert moving[0] >= 1


def test_after_a_reset_the_first_second_is_never_motion() -> None:
    detector = Detector()
    watch(detector, scene(10))
    detector.reset()
    assert moving_times(watch(detector, scene(0.9, crossing(10), from_s=10))) == []


def test_a_picture_of_another_size_begins_anew() -> None:
    detector = Detector()
    watch(detector, scene(5))
    assert detector.look(np.full((180, 320), 90, np.uint8), 5.0) == Decision(sign=True)


def test_a_clock_that_was_set_back_begins_anew_and_goes_on_detecting() -> None:
    detector = Detector()
    watch(detector, scene(10, from_s=3600))
    moving = moving_times(watch(detector, scene(15, crossing(8))))
    assert moving
    assert 8 <= moving[0] <= 8.5


def fading(at_s: float, gain: float) -> Change:
    def fade(picture: Plane, time_s: float) -> Plane:
        done = min(1.0, max(0.0, time_s - at_s))
        return picture * (1 + done * (gain - 1))

    return fade


@pytest.mark.parametrize("gain", [0.05, 0.4, 1.4])
def test_a_lamp_is_a_change_of_scene_and_no_motion(gain: float) -> None:
    decisions = watch(Detector(), scene(20, fading(10, gain)))
    assert moving_times(decisions) == []
    assert max(decision.scene_change for _, decision in decisions) > 0.5


def test_a_change_of_scene_is_reported_as_one_and_comes_to_an_end() -> None:
    decisions = watch(Detector(), scene(20, fading(10, 0.4)))
    changed = [decision.scene_change > 0 for _, decision in decisions]
    assert sum(after and not before for before, after in pairwise(changed)) == 1
    assert not changed[-1]


def test_somebody_is_seen_in_the_new_light() -> None:
    def then_cross(picture: Plane, time_s: float) -> Plane:
        return fading(10, 0.3)(crossing(14)(picture, time_s), time_s)

    moving = moving_times(watch(Detector(), scene(20, then_cross)))
    assert moving
    assert 14 <= moving[0] <= 14.8


def test_light_that_goes_slowly_by_a_third_is_nothing_at_all() -> None:
    def sunset(picture: Plane, time_s: float) -> Plane:
        return picture * (1 - time_s / 90)

    decisions = watch(Detector(), scene(30, sunset))
    assert moving_times(decisions) == []
    assert all(decision.scene_change == 0 for _, decision in decisions)


def test_a_shadow_of_a_cloud_is_no_motion() -> None:
    across = np.arange(WIDTH, dtype=np.float32)

    def cloud(picture: Plane, time_s: float) -> Plane:
        edge = (time_s - 8) * 40
        shade = (1 - 0.35 / (1 + np.exp((across - edge) / 15)))[None, :]
        return (picture * shade).astype(np.float32)

    assert moving_times(watch(Detector(), scene(20, cloud))) == []


def test_what_stays_stops_moving_and_its_ghost_does_not_move() -> None:
    def parked(picture: Plane, time_s: float) -> Plane:
        if 10 <= time_s < 14:
            picture[60:110, 100:150] = 30
        return picture

    moving = moving_times(watch(Detector(), scene(20, parked)))
    assert [time_s for time_s in moving if 11.5 <= time_s < 14 or time_s > 15.5] == []


def test_a_place_that_swings_becomes_its_own_normal_while_others_stay_awake() -> None:
    swing = np.random.default_rng(3).normal(0, 25, (1000, 5, 8)).astype(np.float32)

    def leaves(picture: Plane, time_s: float) -> Plane:
        part = picture[0:40, 0:64]
        part += np.kron(swing[round(time_s * FPS)], np.ones((8, 8), np.float32))
        return crossing(50)(picture, time_s)

    moving = moving_times(watch(Detector(), scene(56, leaves)))
    assert [time_s for time_s in moving if 25 <= time_s < 50] == []
    assert [time_s for time_s in moving if time_s >= 50]


def test_a_camera_that_was_turned_sees_as_well_as_before() -> None:
    elsewhere = backdrop(seed=9)

    def turned(picture: Plane, time_s: float) -> Plane:
        shown = elsewhere.copy() if time_s >= 10 else picture
        if 16 <= time_s < 20:
            x = int((time_s - 16) * 50)
            shown[70:90, x : x + 10] += 20
        return shown

    decisions = watch(Detector(), scene(22, turned, noise=4))
    moving = moving_times(decisions)
    assert max(decision.scene_change for _, decision in decisions) > 0.5
    assert moving[0] >= 16
    assert len(moving) > 3 * FPS


def test_a_single_odd_picture_is_no_motion() -> None:
    elsewhere = backdrop(seed=9)

    def glitch(picture: Plane, time_s: float) -> Plane:
        if round(time_s * FPS) == 100:
            picture[40:100, 60:140] = elsewhere[40:100, 60:140]
        return picture

    hasty = Detector(DetectorSettings(min_duration=0))
    assert moving_times(watch(hasty, scene(15, glitch))) == []


@pytest.mark.parametrize("fps", [10, 12.5, 15, 20, 25, 30])
def test_what_flashes_by_is_no_motion_however_many_pictures_show_it(fps: float) -> None:
    """An insect before the lens: a sixth of a second, in which it goes twice its length at the most."""

    def insect(picture: Plane, time_s: float) -> Plane:
        since_s = time_s % 2 - 1
        if time_s > 3 and 0 <= since_s < 0.16:
            x = int(60 + since_s * 300)
            picture[50:80, x : x + 20] = 220
        return picture

    pictures = scene(12, insect, fps=fps)
    assert moving_times(watch(Detector(), pictures)) == []


def test_rain_in_front_of_the_lens_is_no_motion_and_hides_nobody() -> None:
    dice = np.random.default_rng(4)

    def rain(picture: Plane, time_s: float) -> Plane:
        picture = crossing(20)(picture, time_s)
        for x, y, length in zip(
            dice.integers(0, WIDTH, 40), dice.integers(0, 144, 40), dice.integers(4, 14, 40), strict=True
        ):
            picture[y : y + length, x] += 40
        return picture

    moving = moving_times(watch(Detector(), scene(28, rain)))
    assert [time_s for time_s in moving if 10 < time_s < 20 or time_s > 25.6] == []
    assert len(moving) > 3 * FPS


def test_a_camera_of_one_picture_a_second_needs_only_one_of_them() -> None:
    detector = Detector()
    pictures = [one for n, one in enumerate(scene(40, crossing(30, duration_s=2))) if n % FPS == 0]
    assert moving_times(watch(detector, iter(pictures)))


def test_a_higher_sensitivity_sees_more() -> None:
    def faint(picture: Plane, time_s: float) -> Plane:
        if time_s >= 10:
            x = int((time_s - 10) * 40)
            picture[70:84, x : x + 8] += 4
        return picture

    assert not moving_times(watch(Detector(DetectorSettings(sensitivity=50)), scene(16, faint)))
    assert moving_times(watch(Detector(DetectorSettings(sensitivity=75)), scene(16, faint)))


def test_settings_change_while_it_runs_and_what_was_learnt_is_kept() -> None:
    detector = Detector(DetectorSettings(min_area=0.5))
    assert moving_times(watch(detector, scene(12, crossing(10)))) == []
    detector.configure(DetectorSettings())
    assert moving_times(watch(detector, scene(1, crossing(10), from_s=12)))


def test_a_snapshot_is_best_when_the_thing_is_whole() -> None:
    decisions = dict(watch(Detector(), scene(15, crossing(10))))
    entering = max(decision.best for time_s, decision in decisions.items() if time_s < 10.4)
    inside = max(decision.best for time_s, decision in decisions.items() if 12 < time_s < 13)
    assert inside > entering
