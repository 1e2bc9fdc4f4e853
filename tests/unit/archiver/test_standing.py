import logging

import pytest

from services.archiver.standing import PATIENCE_S, REFUSED_RETRY_S, Standing
from services.store import StoreFull, StoreRefused, StoreUnavailable

AWAY = StoreUnavailable("S3 is away")


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def standing(clock: Clock) -> Standing:
    return Standing("S3", clock)


def test_one_failure_is_a_hiccup(standing: Standing) -> None:
    standing.failed(AWAY)
    assert standing.well
    assert standing.problem == ""


def test_failures_for_longer_than_patience_lasts_mean_away(standing: Standing, clock: Clock) -> None:
    standing.failed(AWAY)
    clock.now_s += PATIENCE_S
    standing.failed(AWAY)
    assert standing.away
    assert standing.problem == "S3 is away"


def test_a_success_in_between_begins_anew(standing: Standing, clock: Clock) -> None:
    standing.failed(AWAY)
    standing.stored(0.1)
    clock.now_s += PATIENCE_S
    standing.failed(AWAY)
    assert standing.well


@pytest.mark.parametrize("error", [StoreRefused("no"), StoreFull("full")])
def test_who_says_no_or_is_full_is_away_at_once(standing: Standing, error: StoreUnavailable) -> None:
    standing.failed(error)
    assert standing.away


def test_a_store_that_is_away_is_asked_ever_more_rarely(standing: Standing, clock: Clock) -> None:
    standing.failed(StoreFull("full"))
    waits = []
    for _ in range(8):
        began_s = clock.now_s
        while not standing.probe_due():
            clock.now_s += 0.01
        waits.append(clock.now_s - began_s)
        standing.failed(AWAY)
    assert waits[0] < 1.3
    assert all(3.9 < wait < 6.1 for wait in waits[5:])


def test_one_that_refused_is_asked_slowly_from_the_first_time_on(standing: Standing, clock: Clock) -> None:
    standing.failed(StoreRefused("no"))
    clock.now_s += REFUSED_RETRY_S - 0.1
    assert not standing.probe_due()
    clock.now_s += 0.2
    assert standing.probe_due()


def test_a_store_that_answers_is_on_trial_and_well_when_it_has_stored_something(standing: Standing) -> None:
    standing.failed(StoreFull("full"))
    standing.answered()
    assert not standing.away
    assert not standing.well
    assert standing.problem == "full"
    standing.stored(0.1)
    assert standing.well
    assert standing.problem == ""


def test_on_trial_one_failure_is_enough(standing: Standing) -> None:
    standing.failed(StoreFull("full"))
    standing.answered()
    standing.failed(AWAY)
    assert standing.away


def test_what_was_stored_slowly_does_not_end_a_trial(standing: Standing, clock: Clock) -> None:
    standing.too_slow()
    clock.now_s += PATIENCE_S
    standing.stored(PATIENCE_S + 1)
    assert not standing.well
    standing.stored(0.1)
    assert standing.well


def test_a_trial_ends_when_there_is_nothing_to_try(standing: Standing) -> None:
    standing.too_slow()
    standing.nothing_waits()
    assert standing.well


def test_one_that_is_slow_and_quick_by_turns_does_not_change_with_each_object(
    standing: Standing, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(20):
        standing.too_slow()
        clock.now_s += PATIENCE_S / 20
        standing.stored(0.1)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_a_store_that_is_away_is_not_well_because_nothing_waits(standing: Standing) -> None:
    standing.failed(StoreFull("full"))
    standing.nothing_waits()
    assert standing.away


def test_it_is_said_once_when_it_breaks_and_once_when_it_heals(
    standing: Standing, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(3):
        standing.failed(StoreFull("S3 is full"))
        standing.answered()
    standing.stored(0.1)
    standing.stored(0.1)
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "S3 is full; frames are kept in the spool meanwhile"),
        ("INFO", "S3 is there again"),
    ]
