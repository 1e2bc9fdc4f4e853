from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from services.gateway.pages.words import (
    clock,
    day_of,
    day_words,
    error,
    every,
    left,
    length,
    moment,
    reason_words,
    size,
)

TODAY = date(2026, 11, 20)
LATE = datetime(2026, 11, 20, 23, 30, 5, tzinfo=UTC)
BERLIN = timezone(timedelta(hours=1))


def test_days_and_clocks_are_those_of_the_time_zone() -> None:
    assert (clock(LATE, BERLIN), day_of(LATE, BERLIN)) == ("00:30:05", date(2026, 11, 21))


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (TODAY, "Today"),
        (date(2026, 11, 19), "Yesterday"),
        (date(2026, 11, 6), "Friday, 6 November"),
        (date(2025, 12, 24), "Wednesday, 24 December 2025"),
    ],
)
def test_days_in_words(day: date, words: str) -> None:
    assert day_words(day, TODAY) == words


def test_a_moment_names_its_day_unless_it_is_today() -> None:
    assert moment(LATE, LATE, UTC) == "23:30:05"
    assert moment(LATE, LATE + timedelta(days=1), UTC) == "Fri 20 Nov, 23:30"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""), (0.3, "under 1 s"), (7.4, "7 s"), (59.6, "1 min"), (80, "1 min 20 s"),
        (7500, "2 h 5 min"),
    ],
)  # fmt: skip
def test_lengths_in_words(seconds: float | None, words: str) -> None:
    assert length(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (312_400, "312 KB"),
        (4_120_000, "4.1 MB"),
        (250e6, "250 MB"),
        (3e12, "3.0 TB"),
    ],
)
def test_sizes_in_words(count: float, words: str) -> None:
    assert size(count) == words


def test_reasons_in_words() -> None:
    assert [reason_words(reason) for reason in ("motion", "manual", "doorbell", "")] == [
        "Motion", "By hand", "Doorbell", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.1, "0.1 s"),
        (10, "10 s"),
        (90, "1 min 30 s"),
        (3600, "1 h"),
        (90.5, "90.5 s"),
        (86400, "1 day"),
        (30 * 86400, "30 days"),
    ],
)
def test_an_interval_is_said_exactly(seconds: float, words: str) -> None:
    assert every(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0 µs"),
        (8e-6, "+8 µs"),
        (0.0009996, "+1 ms"),
        (0.00123, "+1.23 ms"),
        (-0.0131, "\N{MINUS SIGN}13.1 ms"),
        (0.35, "+350 ms"),
        (0.9996, "+1 s"),
        (12.34, "+12.3 s"),
        (-125.0, "\N{MINUS SIGN}2 min 5 s"),
    ],
)
def test_how_far_off_something_is_is_said_in_the_unit_that_reads_best(seconds: float, words: str) -> None:
    assert error(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "now"), (0.5, "now"), (80, "in 1 min 20 s"), (7500, "in 2 h 5 min"), (300_000, "in 3 days")],
)
def test_what_is_left_is_said_roughly(seconds: float, words: str) -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    assert left(now + timedelta(seconds=seconds), now) == words
