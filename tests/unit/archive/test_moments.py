from datetime import UTC, datetime, timedelta, timezone

import pytest

from services.archive.moments import first_id, since, until
from services.runtime.errors import UserError

ZONE = timezone(timedelta(hours=2))
NOW = datetime(2026, 11, 20, 14, 30, 15, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("2026-11-19", "2026-11-18T22:00", "2026-11-19T22:00"),
        ("today", "2026-11-19T22:00", "2026-11-20T22:00"),
        ("yesterday", "2026-11-18T22:00", "2026-11-19T22:00"),
        ("2026-11-19T08:30", "2026-11-19T06:30", "2026-11-19T06:30"),
        ("2026-11-19 00:00", "2026-11-18T22:00", "2026-11-18T22:00"),
        ("2026-11-19T08:30Z", "2026-11-19T08:30", "2026-11-19T08:30"),
        ("90m", "2026-11-20T11:00:15", "2026-11-20T11:00:15"),
        ("12h", "2026-11-20T00:30:15", "2026-11-20T00:30:15"),
        ("2w", "2026-11-06T12:30:15", "2026-11-06T12:30:15"),
    ],
)
def test_times_are_those_of_whoever_asks_and_a_day_has_all_of_its_hours(
    text: str, first: str, after: str
) -> None:
    assert since(text, NOW) == datetime.fromisoformat(first).replace(tzinfo=UTC)
    assert until(text, NOW) == datetime.fromisoformat(after).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "12", "99999999h", "-3d", "999999w"])
def test_what_is_no_time_is_said_with_what_would_be_one(text: str) -> None:
    with pytest.raises(UserError, match="is no time: write 2026-11-20, "):
        since(text, NOW)


def test_ids_are_compared_in_utc() -> None:
    assert first_id(NOW) == "20261120T123015Z-0000"
