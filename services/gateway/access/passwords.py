"""Is this the password? Argon2, at most two verifications at a time, right answers remembered for minutes."""

import asyncio
import hmac
import math
import secrets
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from services.gateway.access.throttle import Throttle
from services.runtime.errors import UserError

REMEMBER_S = 300.0
MAX_REMEMBERED = 256
AT_A_TIME = 2  # one verification takes 115 ms and 64 MiB
MAX_WAITING = 16


class TooFast(Exception):
    """Somebody who failed must wait before the next try."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"too many failed logins, try again in {math.ceil(wait_s)} s")
        self.wait_s = wait_s


class Passwords:
    """Verifies the one login of the configuration. Call it from the event loop only."""

    def __init__(self, user: str, password_hash: str, throttle: Throttle, clock: Callable[[], float]) -> None:
        self._user = user
        self._hash = password_hash
        self._throttle = throttle
        self._clock = clock
        self._hasher = PasswordHasher()
        self._threads = ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="gateway-argon2")
        self._secret = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, float] = OrderedDict()
        self._running: dict[bytes, asyncio.Task[bool]] = {}

    async def right(self, address: str, user: str, password: str) -> bool:
        """Whether the login is right. Raises `TooFast` where it has to wait."""
        digest = hmac.digest(self._secret, f"{user}\0{password}".encode(), "sha256")
        if self._known.get(digest, 0.0) > self._clock():
            return True
        # A page with many pictures asks many times at once: they share one verification.
        task = self._running.get(digest)
        if task is None:
            if len(self._running) >= MAX_WAITING:
                raise TooFast(1.0)
            if (wait_s := self._throttle.admit(address, user)) > 0:
                raise TooFast(wait_s)
            task = asyncio.create_task(self._verify(user, password), name="gateway-login")
            self._running[digest] = task
            task.add_done_callback(lambda _: self._running.pop(digest, None))
        if not await asyncio.shield(task):
            return False
        self._remember(digest)
        self._throttle.passed(address, user)
        return True

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _verify(self, user: str, password: str) -> bool:
        """An unknown user costs as much time as a wrong password."""
        loop = asyncio.get_running_loop()
        matches = await loop.run_in_executor(self._threads, self._matches, password)
        return hmac.compare_digest(user.encode(), self._user.encode()) and matches

    def _matches(self, password: str) -> bool:
        try:
            return self._hasher.verify(self._hash, password)
        except VerificationError:
            return False

    def _remember(self, digest: bytes) -> None:
        self._known[digest] = self._clock() + REMEMBER_S
        self._known.move_to_end(digest)
        while len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)


def check_hash(password_hash: str) -> None:
    """Raises UserError where nobody could ever log in with it."""
    if not password_hash:
        raise UserError(
            "gateway.password_hash is empty, so nobody could log in: "
            "compose's secrets service and 'nightjar' make it by themselves; elsewhere write there what "
            "python -c 'import argon2; print(argon2.PasswordHasher().hash(input()))' prints for a password"
        )
    try:
        extract_parameters(password_hash)
    except InvalidHashError:
        raise UserError(
            "gateway.password_hash is no Argon2 hash, which begins with $argon2id$: "
            "write it in single quotes, and $$ for each $ in a compose file"
        ) from None
