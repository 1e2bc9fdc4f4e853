import asyncio
import threading
from collections.abc import Iterator

import pytest

from services.gateway.access.passwords import (
    AT_A_TIME,
    MAX_WAITING,
    MAX_WAITING_FROM_ONE,
    REMEMBER_S,
    Passwords,
    TooFast,
)
from services.gateway.access.throttle import FREE_FAILURES, Throttle
from tests.unit.gateway.accounts import HASH, accounts


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Counted(Passwords):
    """Counts verifications, and how many run at once; they wait for one another at the `barrier`."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(accounts(anna=HASH), Throttle(clock), clock)
        self.verified = 0
        self.running = 0
        self.most = 0
        self.barrier = threading.Barrier(1, timeout=5)
        self._counting = threading.Lock()

    def _matches(self, password_hash: str, password: str) -> bool:
        with self._counting:
            self.verified += 1
            self.running += 1
            self.most = max(self.most, self.running)
        self.barrier.wait()
        with self._counting:
            self.running -= 1
        return super()._matches(password_hash, password)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def passwords(clock: Clock) -> Iterator[Counted]:
    passwords = Counted(clock)
    yield passwords
    passwords.close()


def ask(passwords: Passwords, *logins: tuple[str, str]) -> list[bool]:
    async def all_at_once() -> list[bool]:
        return await asyncio.gather(*(passwords.right("10.0.0.1", *login) for login in logins))

    return asyncio.run(all_at_once())


def test_the_right_login_is_right_and_no_other_is(passwords: Counted) -> None:
    logins = [("admin", "right"), ("admin", "wrong"), ("Admin", "right")]
    assert ask(passwords, *logins) == [True, False, False]


def test_an_unknown_user_costs_a_verification_too(passwords: Counted) -> None:
    ask(passwords, ("nobody", "wrong"))
    assert passwords.verified == 1


def test_a_right_login_is_remembered_for_minutes(passwords: Counted, clock: Clock) -> None:
    for _ in range(5):
        ask(passwords, ("admin", "right"))
    assert passwords.verified == 1
    clock.now += REMEMBER_S
    ask(passwords, ("admin", "right"))
    assert passwords.verified == 2


def test_a_wrong_login_is_never_remembered_as_right(passwords: Counted) -> None:
    assert ask(passwords, ("admin", "wrong")) == [False]
    assert ask(passwords, ("admin", "wrong")) == [False]


def test_a_page_full_of_pictures_shares_one_verification(passwords: Counted) -> None:
    assert ask(passwords, *[("admin", "right")] * 30) == [True] * 30
    assert passwords.verified == 1


def test_no_more_than_two_verifications_run_at_a_time(passwords: Counted) -> None:
    passwords.barrier = threading.Barrier(AT_A_TIME, timeout=5)

    async def many() -> None:
        await asyncio.gather(
            *(passwords.right(f"10.0.0.{n}", "admin", f"wrong {n}") for n in range(3 * AT_A_TIME))
        )

    asyncio.run(many())
    assert (passwords.most, passwords.verified) == (AT_A_TIME, 3 * AT_A_TIME)


def test_who_fails_too_often_has_to_wait(passwords: Counted) -> None:
    for _ in range(FREE_FAILURES):
        assert ask(passwords, ("admin", "wrong")) == [False]
    with pytest.raises(TooFast, match=r"^too many failed logins, try again in 1 s$"):
        ask(passwords, ("admin", "right"))


def test_too_many_that_wait_are_sent_away(passwords: Counted) -> None:
    async def flood() -> list[bool | BaseException]:
        tries = (passwords.right(f"10.0.{n}.1", "admin", f"wrong {n}") for n in range(MAX_WAITING + 20))
        return await asyncio.gather(*tries, return_exceptions=True)

    answers = asyncio.run(flood())
    assert [type(answer) for answer in answers].count(TooFast) == 20


def test_one_address_cannot_keep_all_others_out(passwords: Counted) -> None:
    async def flood() -> list[bool | BaseException]:
        tries = (passwords.right("10.0.0.1", f"user {n}", "wrong") for n in range(MAX_WAITING))
        owner = passwords.right("10.0.0.2", "admin", "right")
        return await asyncio.gather(*tries, owner, return_exceptions=True)

    *strangers, owner = asyncio.run(flood())
    assert [type(answer) for answer in strangers].count(bool) == MAX_WAITING_FROM_ONE
    assert owner is True


def test_everybody_has_a_password_of_his_own(passwords: Counted) -> None:
    assert ask(passwords, ("anna", "right"), ("nobody", "right")) == [True, False]
