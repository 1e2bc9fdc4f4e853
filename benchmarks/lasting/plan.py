"""Which fault strikes when: services die in the first and the last quarter, all around them in between.

A service that is killed every few minutes never lives long enough to show that it leaks. So in the middle
half they live on, and are frozen now and then, while broker and store are killed, slow and refusing.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from tests.faults.faults import (
    Fault,
    answering,
    both,
    broker_killed,
    broker_restarted,
    frozen,
    killed,
    killed_twice,
    stopped,
    store_killed,
)
from tests.faults.world import World
from tests.servers import faulty_proxy

AWAY_S = 30.0


def store_away(world: World, _dice: Random) -> None:
    """For half a minute, in which frames go to the spool."""
    world.proxy.down()
    try:
        time.sleep(AWAY_S)
    finally:
        world.proxy.up()


#: On services, which lose their lives.
STORM = [
    Fault("the archiver is killed", killed("archiver")),
    Fault("motion is killed", killed("motion")),
    Fault("the gateway is killed", killed("gateway")),
    Fault("capture is killed", killed("capture"), may_cut_off=True),
    Fault("the broker and motion are killed", both(broker_killed, killed("motion"))),
    Fault("the archiver is stopped", stopped("archiver")),
    Fault("motion is stopped", stopped("motion")),
    Fault("the gateway is stopped", stopped("gateway")),
    Fault("capture is stopped", stopped("capture"), may_cut_off=True),
    Fault("motion and the archiver are killed", both(killed("motion"), killed("archiver"))),
    Fault("the archiver is killed twice", killed_twice("archiver")),
]
#: On what is around them, and on their time; all of them live on.
SIEGE = [
    Fault("S3 is away for half a minute", store_away),
    Fault("the broker is killed", broker_killed),
    Fault("S3 is killed", store_killed),
    Fault("motion is frozen", frozen("motion")),
    Fault("the broker is restarted", broker_restarted),
    Fault("S3 fails (503)", answering(lambda _: faulty_proxy.Answers(503, "SlowDown"))),
    Fault("the archiver is frozen", frozen("archiver")),
    Fault("the broker is killed", broker_killed),
    Fault(
        "S3 resets half of the connections",
        answering(lambda dice: faulty_proxy.Sometimes(faulty_proxy.Resets(), 0.5, dice.randrange(1 << 30))),
    ),
    Fault("capture is frozen", frozen("capture")),
    Fault("S3 takes 5 s for each request", answering(lambda _: faulty_proxy.Slow(5.0))),
    Fault("the gateway is frozen", frozen("gateway")),
]


@dataclass(frozen=True, slots=True)
class Planned:
    """A fault, and when it is due, in seconds from the start."""

    at_s: float
    fault: Fault


def plan(seconds: float, every_s: float, first_s: float = 60.0) -> list[Planned]:
    """Faults one after the other from `first_s` on; the last leaves the time of one to recover."""
    storm, siege = _round(STORM), _round(SIEGE)
    planned, at_s = [], first_s
    while at_s <= seconds - every_s:
        in_the_middle = seconds / 4 <= at_s < seconds * 3 / 4
        planned.append(Planned(at_s, next(siege if in_the_middle else storm)))
        at_s += every_s
    return planned


def _round(faults: Sequence[Fault]) -> Iterator[Fault]:
    while True:
        yield from faults
