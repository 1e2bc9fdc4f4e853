"""Waiting doubles up to a cap, spread so that clients do not come back together."""

import pytest

from services.runtime.backoff import Backoff


def test_it_doubles_up_to_the_cap() -> None:
    backoff = Backoff(1, 10, draw=lambda: 0.5)
    assert [backoff.next() for _ in range(6)] == [1, 2, 4, 8, 10, 10]


def test_it_begins_again_after_a_success() -> None:
    backoff = Backoff(1, 60, draw=lambda: 0.5)
    backoff.next()
    backoff.next()
    backoff.reset()
    assert backoff.next() == 1


def test_each_wait_is_spread_by_a_fifth() -> None:
    assert Backoff(10, draw=lambda: 0.0).next() == pytest.approx(8)
    assert Backoff(10, draw=lambda: 1.0).next() == pytest.approx(12)


def test_two_clients_do_not_wait_alike() -> None:
    assert Backoff().next() != Backoff().next()
