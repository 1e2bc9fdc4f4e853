"""Whatever dies in the midst of an event, each of its frames is in the store, once.

Each round injects the fault into the events of all cameras; a failure names the seed that repeats its dice.
"""

from random import Random

import pytest

from tests.faults.audit import Account
from tests.faults.faults import FAULTS, Fault
from tests.faults.rounds import play
from tests.faults.worlds import Worlds

pytestmark = [pytest.mark.real, pytest.mark.timeout(3600)]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_nothing_is_lost_and_nothing_doubled_although(
    fault: Fault, worlds: Worlds, rounds: int, seed: int, report: Account
) -> None:
    for n in range(rounds):
        world = worlds.get()
        try:
            account = play(world, fault, Random(f"{seed} {fault.name} {n}"))
        except BaseException:
            worlds.give_up()
            raise
        report.add(account)
        if wrong := account.lost + account.doubled:
            story = [f"--seed {seed}, round {n + 1}", *wrong[:10], *account.story, world.describe()]
            pytest.fail("\n".join(story), pytrace=False)
