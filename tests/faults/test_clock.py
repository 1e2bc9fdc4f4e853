"""A clock that is set in the midst of an event, as by NTP after a start without a battery."""

from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from tests.faults.faults import Fault
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

    with a_world(tmp_path, 3, CLOCKS) as world:
        for hours in (3, 0, -3, 0):
            account = play(world, sets(hours), Random(f"{seed} {hours}"))
            wrong = account.lost + account.doubled
            assert not wrong, "\n".join([f"to {hours} hours", *wrong, *account.story, world.describe()])
