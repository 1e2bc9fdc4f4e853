"""Whatever dies on the clusters in the midst of an event, each of its frames is in the store, once."""

import time
from random import Random

import pytest

from tests.cluster.faults import FAULTS
from tests.cluster.world import ClusterWorld
from tests.faults.audit import Account
from tests.faults.faults import Fault
from tests.faults.rounds import play

pytestmark = [pytest.mark.real, pytest.mark.timeout(3600)]

#: How long a viewer may be without a picture while a gateway dies.
CARRIES_ON_S = 5.0


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_nothing_is_lost_and_nothing_doubled_although(
    fault: Fault, cluster: ClusterWorld, rounds: int, seed: int, report: Account
) -> None:
    for n in range(rounds):
        account = play(cluster, fault, Random(f"{seed} {fault.name} {n}"), settle_s=180.0)
        report.add(account)
        if wrong := account.lost + account.doubled:
            story = [f"--seed {seed}, round {n + 1}", *wrong[:10], *account.story, cluster.describe()]
            pytest.fail("\n".join(story), pytrace=False)


@pytest.mark.parametrize("gateway", ["gateway-1", "gateway-2"])
def test_a_viewer_carries_on_when_a_gateway_dies(cluster: ClusterWorld, gateway: str) -> None:
    cluster.wait_until_it_watches()
    with cluster.viewer() as viewer:
        while viewer.pictures < 20:
            cluster.containers.wait_until_well()
        viewer.mark()
        cluster.containers.kill(gateway)
        try:
            seen, before = viewer.pictures, viewer.pictures + 100
            while viewer.pictures < before and viewer.longest_gap_s < 3 * CARRIES_ON_S:
                time.sleep(0.05)
            assert viewer.longest_gap_s < CARRIES_ON_S, f"{viewer.pictures - seen} pictures since"
        finally:
            cluster.containers.revive(gateway)
