"""What is looked at, how closely, and that it makes no difference to what is found."""

from collections.abc import Iterator
from functools import partial
from itertools import chain

import numpy as np
import pytest

from services.contract.settings import MotionSettings
from services.motion.decode import Gray
from services.motion.detector import Decision, Detector
from services.motion.gaze import CLOSELY_EVERY_S, Gaze
from services.motion.glance import FEW, Glance
from tests.unit.motion.scenes import FPS, HEIGHT, WIDTH, crossing, scene


def as_it_is(picture: Gray, _lines: int) -> Gray:
    return picture


def looks(
    gaze: Gaze, pictures: Iterator[tuple[Gray, float]], *, alert: bool = False
) -> list[tuple[float, Decision]]:
    found = []
    for picture, time_s in pictures:
        if gaze.due(time_s, alert=alert):
            found.append((time_s, gaze.look(time_s, partial(as_it_is, picture), alert=alert)))
    return found


@pytest.fixture
def closely(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The times of the pictures that the detector gets."""
    seen: list[float] = []
    look = Detector.look

    def noted(self: Detector, gray: Gray, time_s: float) -> Decision:
        seen.append(time_s)
        return look(self, gray, time_s)

    monkeypatch.setattr(Detector, "look", noted)
    return seen


def test_a_quiet_scene_is_looked_at_closely_now_and_then_alone(closely: list[float]) -> None:
    found = looks(Gaze(MotionSettings()), scene(60))
    late = [time_s for time_s in closely if time_s >= 30]
    assert len([1 for time_s, _ in found if time_s >= 30]) == pytest.approx(30 * FPS / 2, abs=2)
    assert len(late) <= 2 * 30 / CLOSELY_EVERY_S + 6


def test_who_crosses_is_found_as_soon_as_with_a_close_look_at_every_picture() -> None:
    paced = looks(Gaze(MotionSettings()), scene(40, crossing(30)))
    every = looks(Gaze(MotionSettings()), scene(40, crossing(30)), alert=True)
    begins = [next(time_s for time_s, one in found if one.moving) for found in (paced, every)]
    assert begins[0] - begins[1] <= 0.2


def test_the_picture_before_the_first_that_differs_is_looked_at_too(closely: list[float]) -> None:
    looks(Gaze(MotionSettings()), scene(31, crossing(30)))
    first = next(time_s for time_s in closely if time_s > 30.05)
    before = max(time_s for time_s in closely if time_s < first)
    assert first - before <= 0.2 + 1e-6


def test_after_a_pause_the_picture_is_learnt_anew(closely: list[float]) -> None:
    gaze = Gaze(MotionSettings())
    decisions = looks(gaze, chain(scene(20), scene(3, crossing(50, 1), from_s=50)))
    assert not any(one.moving for time_s, one in decisions if 20 < time_s < 51)


def test_times_in_seconds_since_1970_are_as_good_as_any() -> None:
    assert len(looks(Gaze(MotionSettings()), scene(10, from_s=1.8e9))) > 40


# -- the first look ------------------------------------------------------------------------------------------


def noisy(rng: np.random.Generator, level: float = 2.0) -> Gray:
    return (rng.normal(100, level, (HEIGHT, WIDTH))).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("level", [0.5, 2.0, 8.0])
def test_noise_does_not_differ_and_a_small_faint_thing_does(level: float) -> None:
    rng, glance = np.random.default_rng(1), Glance()
    glance.was_quiet(noisy(rng, level))
    known = [glance.differs(noisy(rng, level)) for _ in range(300)]
    assert all(known[: FEW - 1])
    assert sum(known[FEW:]) <= 3
    thing = noisy(rng, level)
    thing[60:72, 100:112] += 16  # 0.4 % of the picture
    assert glance.differs(thing)


def test_a_picture_of_another_size_differs() -> None:
    rng, glance = np.random.default_rng(1), Glance()
    glance.was_quiet(noisy(rng))
    for _ in range(50):
        glance.differs(noisy(rng))
    assert glance.differs(np.full((90, 160), 100, np.uint8))
