"""Failed logins get slower, per address and account together, so that nobody can lock the owner out."""

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

FREE_FAILURES = 3
FIRST_DELAY_S = 1.0
LONGEST_DELAY_S = 60.0
LOCK_AFTER = 10
LOCK_S = 900.0  # shut out: but only from there, and only for that account
FORGET_S = 3600.0
MAX_REMEMBERED = 10_000


@dataclass(slots=True)
class _Tries:
    failures: int
    last: float


class Throttle:
    """Counts failures by whoever tries; after a few, each must wait twice as long as the one before."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._tries: OrderedDict[tuple[str, str], _Tries] = OrderedDict()

    def admit(self, address: str, account: str) -> float:
        """Seconds to wait; 0 lets the try pass and counts it as failed until `passed` says otherwise.

        Counting first keeps many tries at once from all being free.
        """
        key, now = (network(address), account[:64]), self._clock()
        self._forget(now)
        tries = self._tries.pop(key, _Tries(0, now))
        self._tries[key] = tries
        wait_s = tries.last + _delay_s(tries.failures) - now
        if wait_s > 0:
            return wait_s
        tries.failures += 1
        tries.last = now
        return 0.0

    def passed(self, address: str, account: str) -> None:
        """The try was right: what went before is forgotten."""
        self._tries.pop((network(address), account[:64]), None)

    def _forget(self, now: float) -> None:
        while self._tries:
            oldest = next(iter(self._tries.values()))
            if len(self._tries) < MAX_REMEMBERED and now - oldest.last < FORGET_S:
                return
            self._tries.popitem(last=False)


def _delay_s(failures: int) -> float:
    if failures < FREE_FAILURES:
        return 0.0
    if failures >= LOCK_AFTER:
        return LOCK_S
    return min(FIRST_DELAY_S * 2.0 ** min(failures - FREE_FAILURES, 16), LONGEST_DELAY_S)


def network(address: str) -> str:
    """Who shares an address's fate: an IPv6 household has a whole /64 to try from."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ip.ipv4_mapped or ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)
