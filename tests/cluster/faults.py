"""What dies on the clusters in the midst of an event, and how the number of replicas changes."""

import time
from collections.abc import Callable
from random import Random

from tests.cluster.world import ClusterWorld
from tests.faults.faults import Fault, lasts
from tests.faults.world import World

#: How long a node or a replica is away.
AWAY_S = (1.0, 5.0)


def killed(*names: str) -> Callable[[World, Random], None]:
    """One of them, as a power cut does; it comes back after some seconds."""

    def inject(world: World, dice: Random) -> None:
        assert isinstance(world, ClusterWorld)
        name = dice.choice(names)
        world.containers.kill(name)
        try:
            lasts(dice, AWAY_S)
        finally:
            world.containers.revive(name)

    return inject


def scaled(*counts: int) -> Callable[[World, Random], None]:
    """Motion has so many replicas, one number after the other."""

    def inject(world: World, dice: Random) -> None:
        assert isinstance(world, ClusterWorld)
        for count in counts:
            world.containers.scale(count)
            time.sleep(dice.uniform(0.0, 4.0))

    return inject


MOTIONS = tuple(f"motion-{n}" for n in range(1, 5))

FAULTS = [
    Fault("a node of the broker is killed", killed("mqtt-1", "mqtt-2", "mqtt-3")),
    Fault("a node of the store is killed", killed("s3-1", "s3-2", "s3-3", "s3-4")),
    Fault("a motion replica is killed", killed(*MOTIONS)),
    Fault("an archiver is killed", killed("archiver-1", "archiver-2")),
    Fault("a gateway is killed", killed("gateway-1", "gateway-2")),
    Fault("motion: four replicas, three, five, four", scaled(3, 5, 4)),
]
