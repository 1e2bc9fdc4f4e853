from datetime import date, timedelta, timezone

import pytest

from services.gateway.archive.query import EventQuery, NoQuery, ids_of_day, parse_query

BERLIN_WINTER = timezone(timedelta(hours=1))


def test_nothing_asked_is_everything() -> None:
    assert parse_query({}) == parse_query({"camera": "", "day": "", "before": ""}) == EventQuery()


def test_everything_can_be_asked() -> None:
    asked = {"camera": "door", "day": "2026-11-20", "before": "20261120T083012Z-3f9c", "limit": "5"}
    assert parse_query(asked) == EventQuery("door", date(2026, 11, 20), "20261120T083012Z-3f9c", 5)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"camera": "../etc"}, "camera is a camera's name, such as ?camera=front-door"),
        ({"day": "yesterday"}, "day is a date, such as ?day=2026-11-20"),
        ({"day": "0001-01-01"}, "day is a date, such as ?day=2026-11-20"),
        ({"day": "9999-12-31"}, "day is a date, such as ?day=2026-11-20"),
        (
            {"before": "20261320T083012Z-3f9c"},
            "before is an event's id, such as ?before=20261120T083012Z-3f9c",
        ),
        ({"before": "../x"}, "before is an event's id, such as ?before=20261120T083012Z-3f9c"),
        ({"limit": "0"}, "limit is a number from 1 to 200"),
        ({"limit": "-1"}, "limit is a number from 1 to 200"),
        ({"limit": "201"}, "limit is a number from 1 to 200"),
        ({"limit": "9" * 5000}, "limit is a number from 1 to 200"),
    ],
)
def test_what_cannot_be_asked_says_how_to(asked: dict[str, str], sentence: str) -> None:
    with pytest.raises(NoQuery) as caught:
        parse_query(asked)
    assert str(caught.value) == sentence


def test_a_day_is_that_of_the_people_and_ids_are_in_utc() -> None:
    day = date(2026, 11, 20)
    assert ids_of_day(day, BERLIN_WINTER) == ("20261119T230000Z-0000", "20261120T230000Z-0000")


def test_a_page_within_a_day_stays_within_it() -> None:
    query = EventQuery(day=date(2026, 11, 20), before="20261120T083012Z-3f9c")
    assert query.bounds(BERLIN_WINTER) == ("20261119T230000Z-0000", "20261120T083012Z-3f9c")


def test_events_are_asked_for_by_zone_and_reason() -> None:
    query = parse_query({"zone": "road", "reason": "motion"})
    assert query.wants("motion", ("road", "gate"))
    assert not query.wants("manual", ("road",))
    assert not query.wants("motion", ())
    assert parse_query({}).wanted is None
    with pytest.raises(NoQuery, match="zone is a zone's name"):
        parse_query({"zone": "../x"})
