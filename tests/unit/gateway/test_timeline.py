from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.gateway.live.happenings import Stage
from services.gateway.pages.cards import Card
from services.gateway.pages.timeline import LEAST, WIDE, timeline

BERLIN = ZoneInfo("Europe/Berlin")


def card(started: datetime, duration_s: float = 60.0, label: str = "Door") -> Card:
    return Card(
        "door", label, f"{started:%Y%m%dT%H%M%S}Z-0000", Stage.ARCHIVED, started, duration_s, "motion"
    )


def test_an_event_at_noon_is_in_the_middle_of_its_day() -> None:
    noon = datetime(2026, 11, 20, 12, tzinfo=BERLIN)
    (strip,) = timeline(date(2026, 11, 20), [card(noon, 3600.0)], BERLIN).strips
    assert (strip.marks[0].x, round(strip.marks[0].width, 1)) == (WIDE / 2, round(WIDE / 24, 1))


def test_days_on_which_clocks_change_are_as_long_as_they_are() -> None:
    day = date(2026, 10, 25)  # 25 hours in Berlin
    line = timeline(day, [card(datetime(2026, 10, 25, 11, tzinfo=UTC))], BERLIN)
    assert round(line.strips[0].marks[0].x) == round(WIDE * 13 / 25)  # noon by the clock


def test_each_camera_has_a_strip_and_a_short_event_a_mark_that_can_be_seen() -> None:
    late = datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC)
    line = timeline(late.date(), [card(late, 0.2), card(late - timedelta(hours=3), 0.2, "Yard")], UTC)
    assert [strip.label for strip in line.strips] == ["Door", "Yard"]
    marks = [strip.marks[0] for strip in line.strips]
    assert all(mark.width >= LEAST and mark.x + mark.width <= WIDE for mark in marks)
    assert line.words == "Events of the day. Door: 1, Yard: 1"


def test_the_hours_are_those_of_the_wall_clock() -> None:
    line = timeline(date(2026, 11, 20), [], BERLIN)
    assert [hour for _, hour in line.hours] == ["00", "03", "06", "09", "12", "15", "18", "21", "24"]
