"""Every fault of the suite: what it breaks, for how long, and how it is mended again."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.faults.world import World
from tests.servers import faulty_proxy

#: Seconds that a short fault lasts, at least and at most.
SHORT_S = (0.5, 2.0)
#: Seconds that a store is away: now and then so long that frames go to the spool.
LONG_S = (1.0, 6.0)


@dataclass(frozen=True, slots=True)
class Fault:
    """`inject` breaks something, waits, and mends it; what moves goes on for `after_s` seconds from then on.

    `lead_s`: from so long before the first camera moves to so long after it the fault may begin.
    """

    name: str
    inject: Callable[[World, Random], None]
    after_s: tuple[float, float] = (0.0, 0.8)
    lead_s: tuple[float, float] = (-0.3, 2.5)
    #: Nothing moves any more when the fault is mended.
    covers: bool = False
    #: Events may be named after a moment so long ago.
    looks_back_s: float = 1.0
    #: What capture had not handed over may be cut off.
    may_cut_off: bool = False


def lasts(dice: Random, between: tuple[float, float] = SHORT_S) -> None:
    time.sleep(dice.uniform(*between))


# -- the store ---------------------------------------------------------------------------------------------


def answering(fault: Callable[[Random], faulty_proxy.Fault]) -> Callable[[World, Random], None]:
    """The proxy goes wrong for some seconds."""

    def inject(world: World, dice: Random) -> None:
        world.proxy.fault = fault(dice)
        try:
            lasts(dice, LONG_S)
        finally:
            world.proxy.fault = None

    return inject


def store_down(world: World, dice: Random) -> None:
    world.proxy.down()
    try:
        lasts(dice, LONG_S)
    finally:
        world.proxy.up()


def store_killed(world: World, dice: Random) -> None:
    world.s3.kill()
    try:
        lasts(dice)
    finally:
        world.s3.start()


def store_frozen(world: World, dice: Random) -> None:
    world.s3.container.freeze()
    try:
        lasts(dice, (1.0, 3.0))
    finally:
        world.s3.container.thaw()


def bucket_deleted(world: World, _dice: Random) -> None:
    """What was archived is gone; all of an event that is still open can be had again."""
    world.delete_bucket()


def key_rotated(world: World, dice: Random) -> None:
    """The store knows another key from now on; somebody writes it into the configuration a moment later."""
    world.secret = world.secret[::-1]
    world.let_in()
    lasts(dice)
    world.write_config()


def spool_full(world: World, dice: Random) -> None:
    """The store is away, and nothing more fits onto the disk under the spool."""
    world.spool.fill()
    world.proxy.down()
    try:
        lasts(dice, (3.5, 6.0))
    finally:
        if dice.random() < 0.5:
            world.spool.make_room()
        world.proxy.up()
        lasts(dice)
        world.spool.make_room()


def spool_read_only(world: World, dice: Random) -> None:
    world.proxy.down()
    try:
        until_s = time.monotonic() + 2
        while not world.spool.freeze() and time.monotonic() < until_s:
            time.sleep(0.02)
        lasts(dice, (3.5, 6.0))
    finally:
        world.spool.thaw()
        world.proxy.up()


# -- the broker --------------------------------------------------------------------------------------------


def broker_restarted(world: World, dice: Random) -> None:
    world.mqtt.stop()
    try:
        lasts(dice, (0.0, 1.0))
    finally:
        world.mqtt.start()


def broker_killed(world: World, dice: Random) -> None:
    world.mqtt.kill()
    try:
        lasts(dice, (0.0, 1.0))
    finally:
        world.mqtt.start()


def broker_emptied(world: World, dice: Random) -> None:
    world.mqtt.container.forget()
    try:
        lasts(dice, (0.0, 1.0))
    finally:
        world.mqtt.start()


def broker_forgets(world: World, dice: Random) -> None:
    """All that it had acknowledged, while nobody took it away; so does a power cut."""
    slow = [world.services[name] for name in ("archiver", "motion")]
    for service in slow:
        service.freeze()
    try:
        lasts(dice, (0.3, 1.2))
        world.mqtt.container.forget()
    finally:
        for service in slow:
            service.thaw()
        world.mqtt.start()


def broker_cut_off(world: World, dice: Random) -> None:
    world.mqtt.container.cut_off()
    try:
        lasts(dice, (1.0, 4.0))
    finally:
        world.mqtt.container.reconnect()


def broker_frozen(world: World, dice: Random) -> None:
    world.mqtt.container.freeze()
    try:
        lasts(dice, (1.0, 4.0))
    finally:
        world.mqtt.container.thaw()


# -- the services ------------------------------------------------------------------------------------------


def killed(name: str, away_s: tuple[float, float] = (0.0, 1.0)) -> Callable[[World, Random], None]:
    def inject(world: World, dice: Random) -> None:
        world.services[name].kill()
        lasts(dice, away_s)
        world.services[name].start()
        world.services[name].wait_ready()

    return inject


def killed_twice(name: str) -> Callable[[World, Random], None]:
    """Once more, a moment after it was back."""

    def inject(world: World, dice: Random) -> None:
        killed(name)(world, dice)
        lasts(dice, (0.0, 1.0))
        killed(name)(world, dice)

    return inject


def stopped(name: str) -> Callable[[World, Random], None]:
    def inject(world: World, dice: Random) -> None:
        world.services[name].stop()
        lasts(dice, (0.0, 1.0))
        world.services[name].start()
        world.services[name].wait_ready()

    return inject


def frozen(name: str) -> Callable[[World, Random], None]:
    """As a machine that swaps, or a container that is paused."""

    def inject(world: World, dice: Random) -> None:
        world.services[name].freeze()
        try:
            lasts(dice, (1.0, 4.0))
        finally:
            world.services[name].thaw()

    return inject


# -- two at once -------------------------------------------------------------------------------------------


def both(
    one: Callable[[World, Random], None], other: Callable[[World, Random], None]
) -> Callable[[World, Random], None]:
    """The other begins while the one is not mended, or soon after."""

    def inject(world: World, dice: Random) -> None:
        with contextlib.ExitStack() as stack:
            import threading

            failures: list[BaseException] = []

            def run() -> None:
                try:
                    one(world, Random(dice.random()))
                except BaseException as error:  # noqa: BLE001  (raised again below)
                    failures.append(error)

            thread = threading.Thread(target=run, name="one of two faults")
            thread.start()
            stack.callback(thread.join)
            time.sleep(dice.uniform(0.0, 1.0))
            other(world, dice)
        if failures:
            raise failures[0]

    return inject


AFTER_MOTION_S = (2.5, 3.5)

FAULTS = [
    Fault("nothing goes wrong", lambda _world, _dice: None),
    Fault("S3 is down", store_down),
    Fault("S3 is killed", store_killed),
    Fault("S3 answers nothing", store_frozen),
    Fault("S3 takes 5 s for each request", answering(lambda _: faulty_proxy.Slow(5.0))),
    Fault("S3 refuses the key (403)", answering(lambda _: faulty_proxy.Answers(403, "AccessDenied"))),
    Fault("S3 is full (507)", answering(lambda _: faulty_proxy.Answers(507, "XMinioStorageFull"))),
    Fault("S3 fails (503)", answering(lambda _: faulty_proxy.Answers(503, "SlowDown"))),
    Fault(
        "S3 resets half of the connections",
        answering(lambda dice: faulty_proxy.Sometimes(faulty_proxy.Resets(), 0.5, dice.randrange(1 << 30))),
    ),
    Fault(
        "S3 stores and its answer is lost",
        answering(
            lambda dice: faulty_proxy.Sometimes(faulty_proxy.LosesAnswers(), 0.5, dice.randrange(1 << 30))
        ),
    ),
    Fault("the bucket is deleted", bucket_deleted),
    Fault("the key is rotated", key_rotated),
    Fault("the disk under the spool is full", spool_full),
    Fault("the spool is read-only", spool_read_only),
    Fault("the archiver is killed", killed("archiver")),
    Fault("the archiver is killed twice", killed_twice("archiver")),
    Fault("the archiver is frozen", frozen("archiver")),
    Fault("the broker is restarted", broker_restarted),
    Fault("the broker is killed", broker_killed),
    Fault("the broker's volume is gone", broker_emptied),
    Fault("the broker forgets what it took", broker_forgets),
    Fault("the broker is cut off", broker_cut_off),
    Fault("the broker is frozen", broker_frozen),
    Fault("motion is killed", killed("motion"), after_s=AFTER_MOTION_S),
    Fault(
        "motion is killed before its trigger", killed("motion"), after_s=AFTER_MOTION_S, lead_s=(-0.4, 0.4)
    ),
    Fault("motion is killed twice", killed_twice("motion"), after_s=AFTER_MOTION_S),
    Fault("motion is stopped", stopped("motion"), after_s=AFTER_MOTION_S),
    Fault("motion is frozen", frozen("motion"), after_s=AFTER_MOTION_S),
    Fault(
        "motion is away while something moves", killed("motion", (7.0, 9.0)), lead_s=(-1.0, -0.5), covers=True
    ),
    Fault("capture is killed", killed("capture"), after_s=AFTER_MOTION_S, may_cut_off=True),
    Fault(
        "the broker and the archiver are killed",
        both(broker_killed, killed("archiver")),
        after_s=AFTER_MOTION_S,
    ),
    Fault("the broker and motion are killed", both(broker_killed, killed("motion")), after_s=AFTER_MOTION_S),
    Fault("S3 is down and the archiver is killed", both(store_down, killed("archiver"))),
    Fault(
        "motion and the archiver are killed",
        both(killed("motion"), killed("archiver")),
        after_s=AFTER_MOTION_S,
    ),
]
