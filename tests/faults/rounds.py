"""A round: every camera has an event, and the fault strikes in the midst of them."""

import math
import threading
import time
from random import Random

from tests.faults.audit import Account
from tests.faults.faults import Fault
from tests.faults.world import World, before

#: How long after a fault was mended all must be in the store.
SETTLE_S = 60.0
#: For whoever knows that something will be missing: all events have been closed for so long.
CLOSED_S = 8.0


def play(
    world: World,
    fault: Fault,
    dice: Random,
    *,
    settle_s: float = SETTLE_S,
    closed_s: float = math.inf,
) -> Account:
    """Injects the fault once; the account of all cameras, when all is archived or it takes too long.

    Where what is missing does not come any more, it is at an end when all is closed for `closed_s`.
    """
    world.wait_until_it_watches()
    world.mark()
    since, lenses = before(fault.looks_back_s), world.bank.lenses
    starts = {name: len(lens.made) for name, lens in lenses.items()}
    time.sleep(1.0)  # of pre-roll that belongs to this round
    began_s = time.monotonic() + max(0.0, -fault.lead_s[0]) + 0.05
    timers = [
        threading.Timer(began_s + dice.uniform(0.0, 0.8) - time.monotonic(), lens.moving.set)
        for lens in lenses.values()
    ]
    for timer in timers:
        timer.start()
    time.sleep(max(0.0, began_s + dice.uniform(*fault.lead_s) - time.monotonic()))
    stop_s = began_s + dice.uniform(2.0, 3.0)
    if fault.covers:
        enders = [
            threading.Timer(max(0.0, stop_s - time.monotonic()), lens.moving.clear)
            for lens in lenses.values()
        ]
        for timer in enders:
            timer.start()
        fault.inject(world, dice)
    else:
        fault.inject(world, dice)
        stop_s = max(stop_s, time.monotonic() + dice.uniform(*fault.after_s))
        time.sleep(max(0.0, stop_s - time.monotonic()))
        for lens in lenses.values():
            lens.moving.clear()
    pictures = {name: lens.made[starts[name] :] for name, lens in lenses.items()}
    open_s = time.monotonic()
    until_s = open_s + settle_s
    while time.monotonic() < until_s and not world.ended:
        awaited = [
            world.outstanding(name, pictures[name], since, cut_off=fault.may_cut_off) for name in lenses
        ]
        if not any(awaited):
            break
        if any(world.unclosed(name, since) for name in lenses):
            open_s = time.monotonic()
        if time.monotonic() - open_s >= closed_s:
            awaited = []
            break
        time.sleep(0.25)
    account = Account()
    for name in lenses:
        account.add(world.judge(name, pictures[name], since, cut_off=fault.may_cut_off))
    account.lost += [f"not settled within {settle_s:.0f} s: {one}" for one in awaited if one]
    return account
