"""What a small shift explains, and what differs no more than all around it, does not stand out."""

import numpy as np
import pytest

from benchmarks.effects.fields import moved
from services.contract.settings import ZoneSettings
from services.motion.background import Background, Look, Plane, residual
from services.motion.blobs import Blob
from services.motion.closer import HINT_OF_UNREST, UNEXPLAINED, UNREST, around, stands_out
from services.motion.detector import points
from services.motion.ground import Ground
from services.motion.parts import ALL
from services.motion.shift import Slopes, unshifted
from services.motion.unrest import unrest
from tests.unit.motion.scenes import WIDTH, backdrop, crossing, scene


def look(picture: Plane) -> Look:
    return Look.at(np.ascontiguousarray(picture), 0.0)


def within(plane: Plane) -> Plane:
    """Without the edges, where there is nothing to shift in."""
    return plane[8:-8, 8:-8]


def test_of_a_small_shift_in_another_light_little_is_left_over() -> None:
    quiet, swayed = look(backdrop()), look(moved(backdrop(), 0.8, -0.5) * 0.8 + 12)
    plain = within(residual(swayed, quiet))
    assert within(unshifted(swayed, Slopes.of(quiet))).mean() < 0.25 * plain.mean()


def test_a_thing_is_left_over_whatever_the_shift() -> None:
    quiet = look(backdrop())
    picture = backdrop()
    picture[60:74, 100:108] = np.random.default_rng(3).uniform(20, 230, (14, 8))
    there = np.s_[62:72, 102:106]
    plain = residual(look(picture), quiet)[there]
    assert unshifted(look(picture), Slopes.of(quiet))[there].mean() > 0.7 * plain.mean()


def test_a_picture_that_is_as_it_was_leaves_nothing_over() -> None:
    quiet = look(backdrop())
    assert unshifted(quiet, Slopes.of(quiet)).max() < 1


def test_a_single_thing_however_large_is_no_unrest_at_its_edge() -> None:
    different = np.zeros((100, 160), np.bool_)
    different[20:80, 40:110] = True
    restless = unrest(different)
    assert restless[50, 41] == 0
    assert restless[50, 108] == 0


def test_where_all_around_differs_there_is_unrest_even_in_a_calm_place() -> None:
    different = np.random.default_rng(1).random((100, 160)) < 0.3
    different[40:60, 70:90] = False
    assert unrest(different)[50, 80] > 0.2


def test_the_part_that_is_looked_at_closely_holds_all_suspects_and_ends_with_the_picture() -> None:
    suspects = [Blob(5, 50, 4, 4, 0.001), Blob(60, 90, 10, 8, 0.004)]
    assert around(suspects, (100, 160)) == (slice(20, 100), slice(0, 100))


LEAST = 4.0


@pytest.mark.parametrize("shaken", [0.0, 1.0])
@pytest.mark.parametrize("sensitivity", [None, 1, 90])
@pytest.mark.parametrize("left", [0, 90, WIDTH - 14])
def test_what_stands_out_is_as_if_all_of_it_had_been_fitted(
    left: int, sensitivity: int | None, shaken: float
) -> None:
    def walker(picture: Plane, time_s: float) -> Plane:
        walks = crossing(3.0 - 5.0 * left / WIDTH)
        return walks(moved(picture, shaken, shaken), time_s) if time_s >= 3 else picture

    looks = [Look.at(points(gray), time_s) for gray, time_s in scene(3.1, walker, noise=6.0)]
    background = Background(looks[0])
    for each in looks[1:]:
        change = background.compare(each)
        background.learn(each, change, 8.0, hold=False)
    shape = looks[0].picture.shape
    corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    zones = {"all": ZoneSettings(points=corners, sensitivity=sensitivity)} if sensitivity else {}
    ground = Ground(zones, {}, 50, shape)
    suspects = [Blob(left // 2 + 1, 38, 5, 14, 0.005)]
    part, found = stands_out(suspects, change, background, ground, LEAST)
    beyond = background.beyond_noise(unshifted(change.look, Slopes.of(background.quiet(ALL))), change, ALL)[
        part
    ]
    least = UNEXPLAINED * LEAST * (1 + UNREST * unrest(beyond > HINT_OF_UNREST * LEAST))
    assert found.any() or shaken
    assert np.array_equal(found, ground.beyond(beyond, least, part))
