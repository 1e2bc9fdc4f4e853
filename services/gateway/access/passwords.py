"""Is this the password? Argon2, at most two verifications at a time, right answers remembered for minutes."""

import asyncio
import hmac
import math
import secrets
from collections import Counter, OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from services.gateway.access.accounts import Accounts
from services.gateway.access.throttle import Throttle, network

REMEMBER_S = 300.0
MAX_REMEMBERED = 256
AT_A_TIME = 2  # one verification takes 115 ms and 64 MiB
MAX_WAITING = 16
MAX_WAITING_FROM_ONE = 4  # so that one address cannot take all of these places


class TooFast(Exception):
    """Somebody who failed must wait before the next try."""

    def __init__(self, wait_s: float) -> None:
        words = f"{math.ceil(wait_s)} s" if wait_s <= 120 else f"{math.ceil(wait_s / 60)} min"
        super().__init__(f"too many failed logins, try again in {words}")
        self.wait_s = wait_s


class Passwords:
    """Verifies the logins of the configuration. Call it from the event loop only."""

    def __init__(self, accounts: Accounts, throttle: Throttle, clock: Callable[[], float]) -> None:
        self._accounts = accounts
        self._throttle = throttle
        self._clock = clock
        self._hasher = PasswordHasher()
        self._threads = ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="gateway-argon2")
        self._secret = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, float] = OrderedDict()
        self._running: dict[bytes, asyncio.Task[bool]] = {}
        self._waiting: Counter[str] = Counter()

    async def right(self, address: str, user: str, password: str) -> bool:
        """Whether the login is right. Raises `TooFast` where it has to wait."""
        known = self._accounts.hash_of(user)
        digest = hmac.digest(self._secret, f"{user}\0{password}\0{known}".encode(), "sha256")
        if self._known.get(digest, 0.0) > self._clock():
            return True
        # A page with many pictures asks many times at once: they share one verification.
        task = self._running.get(digest)
        if task is None:
            home = network(address)
            if len(self._running) >= MAX_WAITING or self._waiting[home] >= MAX_WAITING_FROM_ONE:
                raise TooFast(1.0)
            if (wait_s := self._throttle.admit(address, user)) > 0:
                raise TooFast(wait_s)
            task = asyncio.create_task(self._verify(user, known, password), name="gateway-login")
            self._running[digest] = task
            self._waiting[home] += 1
            task.add_done_callback(lambda _: self._done(digest, home))
        if not await asyncio.shield(task):
            return False
        self._remember(digest)
        self._throttle.passed(address, user)
        return True

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _verify(self, user: str, password_hash: str, password: str) -> bool:
        """An unknown user costs as much time as a wrong password."""
        loop = asyncio.get_running_loop()
        matches = await loop.run_in_executor(self._threads, self._matches, password_hash, password)
        return matches and user in self._accounts

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except VerificationError:
            return False

    def _done(self, digest: bytes, home: str) -> None:
        self._running.pop(digest, None)
        self._waiting[home] -= 1
        if not self._waiting[home]:
            del self._waiting[home]

    def _remember(self, digest: bytes) -> None:
        self._known[digest] = self._clock() + REMEMBER_S
        self._known.move_to_end(digest)
        while len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)
