"""Days and clocks follow `TZ`: here that of a server in New York, around midnight and when clocks change."""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from services.gateway.archive.query import ids_of_day
from services.gateway.live.happenings import Stage
from services.gateway.pages.cards import Card, by_day
from services.gateway.pages.timeline import WIDE, timeline
from services.gateway.pages.words import clock, moment

NOVEMBER, MARCH = date(2026, 11, 1), date(2026, 3, 8)  # of 25 and of 23 hours


@pytest.fixture(autouse=True)
def new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as changed:
        changed.setenv("TZ", "America/New_York")
        time.tzset()
        yield
    time.tzset()


def card(*when: int) -> Card:
    started = datetime(*when, tzinfo=UTC)  # type: ignore[misc,arg-type]
    return Card("door", "Door", f"{started:%Y%m%dT%H%M%S}Z-0000", Stage.ARCHIVED, started, 60.0, "motion")


@pytest.mark.parametrize(
    ("day", "since", "before"),
    [
        (date(2026, 11, 20), "20261120T050000Z-0000", "20261121T050000Z-0000"),
        (NOVEMBER, "20261101T040000Z-0000", "20261102T050000Z-0000"),
        (MARCH, "20260308T050000Z-0000", "20260309T040000Z-0000"),
    ],
)
def test_a_day_begins_and_ends_at_the_servers_midnight(day: date, since: str, before: str) -> None:
    assert ids_of_day(day) == (since, before)
    assert ids_of_day(day + timedelta(days=1))[0] == before  # between two days nothing is lost


def test_events_around_midnight_are_on_the_day_that_people_call_it() -> None:
    after, before = card(2026, 11, 21, 5, 0, 0), card(2026, 11, 21, 4, 59, 59)
    assert [(day, cards) for day, cards in by_day([after, before])] == [
        (date(2026, 11, 21), [after]),
        (date(2026, 11, 20), [before]),
    ]
    assert (clock(after.started), clock(before.started)) == ("00:00:00", "23:59:59")
    assert moment(before.started, after.started) == "Fri 20 Nov, 23:59"


@pytest.mark.parametrize(("day", "noon", "hours"), [(NOVEMBER, 17, 25), (MARCH, 16, 23)])
def test_noon_is_where_it_is_when_clocks_change(day: date, noon: int, hours: int) -> None:
    line = timeline(day, [card(day.year, day.month, day.day, noon)])
    since_midnight = 13 if hours == 25 else 11
    assert round(line.strips[0].marks[0].x) == round(WIDE * since_midnight / hours)


def test_an_hour_that_comes_twice_has_both_its_events_in_their_order() -> None:
    first, second = card(2026, 11, 1, 5, 30), card(2026, 11, 1, 6, 30)  # 01:30, and 01:30 again
    assert clock(first.started) == clock(second.started) == "01:30:00"
    marks = timeline(NOVEMBER, [second, first]).strips[0].marks
    assert [round(mark.x) for mark in sorted(marks, key=lambda mark: mark.x)] == [60, 100]
    assert ids_of_day(NOVEMBER)[0] < first.event < second.event < ids_of_day(NOVEMBER)[1]
