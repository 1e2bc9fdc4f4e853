import numpy as np
import pytest

from services.motion.blobs import Blob, blobs
from services.motion.chance import TOLERATED, Chance
from services.motion.things import Things

SHAPE = (90, 160)
HERE = Blob(40, 40, 8, 8, 0.004)
THERE = Blob(120, 10, 8, 8, 0.004)


def after(chance: Chance, pictures: int, *came: Blob) -> Chance:
    """Ten pictures a second, in every second of which these blobs came to nothing."""
    for n in range(pictures):
        chance.next_picture(0.1)
        if n % 2:
            for blob in came:
                chance.came_to_nothing((blob,))
    return chance


def test_one_sighting_is_enough_in_a_calm_scene() -> None:
    assert after(Chance(SHAPE), 50).sightings(HERE) == 1


def test_more_sightings_are_needed_where_blobs_come_to_nothing_than_elsewhere() -> None:
    chance = after(Chance(SHAPE), 100, HERE)
    assert chance.sightings(HERE) > 5
    assert 1 < chance.sightings(THERE) < chance.sightings(HERE) / 2


def test_a_place_that_has_calmed_down_is_trusted_again() -> None:
    chance = after(after(Chance(SHAPE), 100, HERE), 2500)
    assert chance.sightings(HERE) == 1


def test_chance_alone_gives_no_more_alarms_than_are_tolerated() -> None:
    chance = after(Chance(SHAPE), 2000, HERE)
    needed = chance.sightings(HERE)
    # As it counts: a blob begins in every other picture, and covers the place in every other.
    assert 0.5 * 0.5 ** (needed - 1) == pytest.approx(TOLERATED, rel=1.0)


def test_a_box_at_the_edge_of_the_picture_is_counted_too() -> None:
    corner = Blob(152, 82, 8, 8, 0.004)
    assert after(Chance(SHAPE), 100, corner).sightings(corner) > 5


def test_a_thing_is_believed_when_it_was_seen_often_enough() -> None:
    things = Things(SHAPE)
    believed = [bool(things.see([(HERE, 0.4)], n / 10, fading=0.2)) for n in range(4)]
    assert believed == [False, False, True, True]


def test_blobs_that_turn_up_anywhere_all_the_time_are_not_believed_by_chance() -> None:
    dice = np.random.default_rng(1)
    things = Things(SHAPE)
    believed = []
    for n in range(600):
        boxes = zip(dice.integers(0, 150, 6), dice.integers(0, 80, 6), strict=True)
        rain = [(Blob(int(x), int(y), 9, 9, 0.004), 0.5) for x, y in boxes]
        believed.append(bool(things.see(rain, n / 10, fading=0.25)))
    assert any(believed[:50])
    assert sum(believed[200:]) == 0


def test_something_that_goes_its_way_among_them_is_believed() -> None:
    dice = np.random.default_rng(1)
    things = Things(SHAPE)
    for n in range(400):
        boxes = zip(dice.integers(0, 150, 6), dice.integers(0, 80, 6), strict=True)
        rain = [(Blob(int(x), int(y), 9, 9, 0.004), 0.5) for x, y in boxes]
        walker = [(Blob(20 + (n - 370) * 2, 40, 9, 14, 0.006), 0.5)] if n >= 370 else []
        believed = things.see(rain + walker, n / 10, fading=0.25)
    assert any(thing.blob.height == 14 for thing in believed)


def test_specks_are_no_blobs_and_close_neighbours_are_one() -> None:
    mask = np.zeros(SHAPE, np.bool_)
    mask[10, 10] = mask[50:58, 40:46] = mask[50:58, 48:54] = True
    (blob,) = blobs(mask)
    assert (blob.x, blob.width) == (39, 16)
