from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from services.gateway.pages.words import clock, day_of, day_words, length, moment, reason_words, size

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
