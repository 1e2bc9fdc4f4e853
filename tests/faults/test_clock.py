"""A clock that is set in the midst of an event, as by NTP after a start without a battery."""

from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from tests.faults.faults import Fault, lasts
from tests.faults.rounds import play
from tests.faults.world import World, a_world

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

CLOCKS = {"capture": "another-clock", "motion": "another-clock", "archiver": "another-clock"}


def test_a_clock_that_is_set_loses_nothing(tmp_path: Path, seed: int) -> None:
    """An event ends and another begins, under keys of their own times."""

    def sets(hours: float) -> Fault:
        def inject(world: World, _dice: Random) -> None:
            world.set_clock(timedelta(hours=hours))

        return Fault(f"by {hours} hours", inject, lead_s=(1.5, 2.4), looks_back_s=5 * 3600)

    with a_world(tmp_path, 3, CLOCKS, keep_days=0) as world:  # retention would complain of the clock
        for hours in (3, 0, -3, 0):
            account = play(world, sets(hours), Random(f"{seed} {hours}"))
            wrong = account.lost + account.doubled
            assert not wrong, "\n".join([f"to {hours} hours", *wrong, *account.story, world.describe()])


def test_a_store_that_has_another_time_than_the_archiver_gets_all_when_the_clock_is_right_again(
    tmp_path: Path, seed: int
) -> None:
    """A signature is good for minutes; meanwhile frames are spooled, and one sentence says what to do."""
    said = []

    def inject(world: World, dice: Random) -> None:
        world.set_clock(timedelta(hours=2))
        try:
            lasts(dice, (3.0, 6.0))
            said.append(world.services["archiver"].log())
        finally:
            world.set_clock(timedelta())

    with a_world(tmp_path, 2, {"archiver": "another-clock-than-the-store"}) as world:
        account = play(world, Fault("two hours off", inject), Random(f"{seed} skewed"))
        wrong = account.lost + account.doubled
        assert not wrong, "\n".join([*wrong, *account.story, world.describe()])
    assert "has another time than this machine; set the clock that is wrong" in said[0]
