"""The suite is first shown to fail: with a promise broken, it finds what is lost."""

import time
from pathlib import Path
from random import Random

import pytest

from tests.faults.faults import Fault, broker_forgets
from tests.faults.rounds import CLOSED_S, play
from tests.faults.world import World, a_world
from tests.servers.faulty_proxy import Hangs

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

#: A fault may come when nothing is on its way; rarely so often.
ROUNDS = 4

NO_REPAIR = {"capture": "no-repair", "motion": "no-repair"}


def archiver_killed_with_frames_in_its_hands(world: World, dice: Random) -> None:
    """The store hangs, so that what it has taken is nowhere else, unless it was careful."""
    world.proxy.fault = Hangs()
    time.sleep(dice.uniform(0.6, 0.9))
    world.services["archiver"].kill()
    world.proxy.fault = None
    world.services["archiver"].start()
    world.services["archiver"].wait_ready()


HANDS = Fault(
    "the archiver is killed with frames in its hands",
    archiver_killed_with_frames_in_its_hands,
    lead_s=(1.0, 1.5),
)
FORGETS = Fault("the broker forgets", broker_forgets, lead_s=(1.0, 1.5))


def finds(world: World, fault: Fault) -> bool:
    """Whether something is lost in one of a few rounds."""
    return any(play(world, fault, Random(n), closed_s=CLOSED_S).lost for n in range(1, ROUNDS + 1))


def test_without_repair_it_finds_what_a_broker_has_forgotten(tmp_path: Path) -> None:
    with a_world(tmp_path, 2, NO_REPAIR) as world:
        assert finds(world, FORGETS)


def test_an_acknowledgement_before_the_object_is_stored_is_found(tmp_path: Path) -> None:
    """Where repair by number does not make up for it, as it would."""
    with a_world(tmp_path, 2, {**NO_REPAIR, "archiver": "early-acknowledgement"}) as world:
        assert finds(world, HANDS)


def test_and_without_repair_it_is_the_acknowledgement_that_keeps_everything(tmp_path: Path) -> None:
    with a_world(tmp_path, 2, NO_REPAIR) as world:
        account = play(world, HANDS, Random(1))
        assert account.lost + account.doubled == []
        assert account.stored == account.made > 50
