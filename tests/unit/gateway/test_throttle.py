import pytest

from services.gateway.access.throttle import (
    FORGET_S,
    FREE_FAILURES,
    LOCK_AFTER,
    LOCK_S,
    LONGEST_DELAY_S,
    MAX_REMEMBERED,
    Throttle,
    network,
)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def fail(throttle: Throttle, times: int, address: str = "10.0.0.1", account: str = "admin") -> None:
    for _ in range(times):
        assert throttle.admit(address, account) == 0.0


def test_the_first_failures_cost_nothing() -> None:
    fail(Throttle(Clock()), FREE_FAILURES)


def test_each_further_failure_waits_twice_as_long() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    fail(throttle, FREE_FAILURES)
    waits = []
    for _ in range(4):
        waits.append(throttle.admit("10.0.0.1", "admin"))
        clock.now += waits[-1]
        fail(throttle, 1)
    assert waits == [1, 2, 4, 8]


def test_after_ten_failures_one_is_shut_out_from_there_for_a_quarter_of_an_hour() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    waits = []
    for _ in range(LOCK_AFTER + 3):
        while (wait_s := throttle.admit("10.0.0.1", "admin")) > 0:
            waits.append(wait_s)
            clock.now += wait_s
    assert waits == [1, 2, 4, 8, 16, 32, LONGEST_DELAY_S, LOCK_S, LOCK_S, LOCK_S]
    assert throttle.admit("10.0.0.2", "admin") == 0.0


def test_many_tries_at_once_are_not_all_free() -> None:
    throttle = Throttle(Clock())
    admitted = [throttle.admit("10.0.0.1", "admin") == 0.0 for _ in range(100)]
    assert sum(admitted) == FREE_FAILURES


def test_the_owner_gets_in_from_another_address_while_somebody_guesses() -> None:
    throttle = Throttle(Clock())
    fail(throttle, FREE_FAILURES)
    assert throttle.admit("10.0.0.1", "admin") > 0
    assert throttle.admit("10.0.0.2", "admin") == 0.0
    assert throttle.admit("10.0.0.1", "somebody-else") == 0.0


def test_the_right_password_wipes_the_slate() -> None:
    throttle = Throttle(Clock())
    fail(throttle, FREE_FAILURES)
    throttle.passed("10.0.0.1", "admin")
    fail(throttle, FREE_FAILURES)


def test_old_failures_are_forgotten() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    fail(throttle, FREE_FAILURES)
    clock.now += FORGET_S + 1
    fail(throttle, FREE_FAILURES)


def test_memory_stays_bounded_however_many_addresses_try() -> None:
    throttle = Throttle(Clock())
    for n in range(MAX_REMEMBERED + 100):
        throttle.admit(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", "admin")
    assert len(throttle._tries) <= MAX_REMEMBERED


@pytest.mark.parametrize(
    ("address", "together"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("a-socket", "a-socket"),
    ],
)
def test_an_ipv6_household_shares_its_failures(address: str, together: str) -> None:
    assert network(address) == together
