"""Outages of minutes in the midst of an event, while everything goes on moving: with `--minutes` alone."""

import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.faults.faults import Fault
from tests.faults.report import Played
from tests.faults.rounds import play
from tests.faults.world import World, a_world

pytestmark = [pytest.mark.real, pytest.mark.timeout(7200)]

#: What gathers in a minute is worked off within one: it comes at a multiple of the rate at which it was made.
SETTLE_S_PER_MINUTE = 60.0


def store_away(world: World, seconds: float) -> None:
    """The disk under the spool is soon full too, so the archiver pauses, and the broker keeps the rest."""
    world.proxy.down()
    time.sleep(seconds)
    world.proxy.up()


def broker_away(world: World, seconds: float) -> None:
    world.mqtt.container.cut_off()
    time.sleep(seconds)
    world.mqtt.container.reconnect()


def motion_away(world: World, seconds: float) -> None:
    world.services["motion"].kill()
    time.sleep(seconds)
    world.services["motion"].start()
    world.services["motion"].wait_ready()


def archiver_away(world: World, seconds: float) -> None:
    world.services["archiver"].kill()
    time.sleep(seconds)
    world.services["archiver"].start()
    world.services["archiver"].wait_ready()


OUTAGES: dict[str, Callable[[World, float], None]] = {
    "S3 is down for minutes": store_away,
    "the broker is cut off for minutes": broker_away,
    "motion is away for minutes": motion_away,
    "the archiver is away for minutes": archiver_away,
}


@pytest.mark.parametrize("name", OUTAGES)
def test_nothing_is_lost_although(
    name: str,
    tmp_path: Path,
    minutes: float,
    seed: int,
    report: dict[str, Played],
) -> None:
    outage = OUTAGES[name]
    fault = Fault(name, lambda world, _dice: outage(world, 60 * minutes), after_s=(2.5, 3.5))
    began_s = time.monotonic()
    with a_world(tmp_path, 3) as world:
        settle_s = 60.0 + SETTLE_S_PER_MINUTE * minutes
        account = play(world, fault, Random(f"{seed} {name}"), settle_s=settle_s)
        report[name] = Played(account, time.monotonic() - began_s)
        wrong = account.lost + account.doubled
        assert not wrong, "\n".join([f"--seed {seed}", *wrong[:10], *account.story, world.describe()])
