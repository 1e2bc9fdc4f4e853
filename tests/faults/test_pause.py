"""A store that is away and a spool that is full: the broker keeps what it may and drops the rest silently."""

import time
from pathlib import Path
from random import Random

import pytest

from tests.faults.faults import Fault
from tests.faults.rounds import CLOSED_S, play
from tests.faults.world import World, a_world

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

#: Of frames that wait for the archiver, so many are all that the broker keeps beyond what is in its hands.
QUEUED = 10


def pause(world: World, dice: Random) -> None:
    """Long enough for far more frames than the broker keeps, all of which it acknowledges to motion."""
    world.spool.fill()
    world.proxy.down()
    try:
        time.sleep(dice.uniform(7.0, 8.0))
    finally:
        world.spool.make_room()
        world.proxy.up()


PAUSE = Fault("the archiver is paused", pause, lead_s=(0.5, 1.0))


def test_what_the_broker_drops_while_the_archiver_is_paused_is_had_from_motion(tmp_path: Path) -> None:
    """It has acknowledged what it dropped: nobody trusts that, and motion keeps an event's frames."""
    with a_world(tmp_path, 2, queued=QUEUED) as world:
        account = play(world, PAUSE, Random(1))
        wrong = account.lost + account.doubled
        assert not wrong, "\n".join([*wrong, *account.story, world.describe()])
        assert account.stored > 2 * (20 + QUEUED)


def test_and_without_motion_and_capture_to_ask_it_would_be_lost(tmp_path: Path) -> None:
    """So the broker does drop it."""
    with a_world(tmp_path, 2, {"capture": "no-repair", "motion": "no-repair"}, queued=QUEUED) as world:
        assert play(world, PAUSE, Random(1), closed_s=CLOSED_S).lost
