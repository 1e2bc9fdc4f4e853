from collections.abc import Callable
from functools import partial

import pytest

from services.contract.settings import MotionSettings
from services.motion.decode import decode_gray
from services.motion.gaze import Gaze
from tests.faults.lenses import FPS, Scenery, Walker
from tests.faults.world import MOTION

#: Counting changes one cell and the check of eight at a time; at these numbers most of what changes is new.
NUMBERS = [1, 20, 40, 64, 100, 1000, 4090]


def moving(picture: Callable[[int], bytes], first: int, count: int) -> list[int]:
    """The pictures in which motion sees something, with the suite's settings."""
    gaze, found, sees = Gaze(MotionSettings.model_validate(MOTION)), list[int](), False
    for n in range(count):
        jpeg = picture(first + n)
        if gaze.due(n / FPS, len(jpeg)):
            sees = gaze.look(n / FPS, partial(decode_gray, jpeg)).moving
        if sees:
            found.append(first + n)
    return found


@pytest.fixture(scope="module")
def scenery() -> Scenery:
    return Scenery()


@pytest.mark.parametrize("first", NUMBERS)
def test_a_number_that_counts_is_nothing_that_moves(scenery: Scenery, first: int) -> None:
    assert moving(scenery.picture, first, 80) == []


def test_somebody_who_walks_moves(scenery: Scenery) -> None:
    walker = Walker(0)
    found = moving(lambda n: scenery.picture(n, walker if n > 40 else None), 1, 80)
    assert found[0] <= 45
    assert len(found) > 30
