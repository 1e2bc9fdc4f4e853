"""A day as a strip for each camera, with a mark where each event was."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from services.gateway.pages.cards import Card

WIDE = 1000.0
ROW = 26.0
LEAST = 3.0  # a mark of a second would be seen by nobody
HOURS = range(0, 25, 3)


@dataclass(frozen=True, slots=True)
class Mark:
    """An event on a strip."""

    x: float
    width: float
    card: Card


@dataclass(frozen=True, slots=True)
class Strip:
    """One camera's events of the day."""

    label: str
    y: float
    marks: list[Mark]


@dataclass(frozen=True, slots=True)
class Timeline:
    """A day of any length: those on which clocks change have 23 or 25 hours."""

    strips: list[Strip]
    hours: list[tuple[float, str]]

    @property
    def high(self) -> float:
        return ROW * len(self.strips)

    @property
    def words(self) -> str:
        """What it shows, for a screen reader."""
        parts = [f"{strip.label}: {len(strip.marks)}" for strip in self.strips]
        return f"Events of the day. {', '.join(parts)}"


def timeline(day: date, cards: Iterable[Card], zone: tzinfo | None = None) -> Timeline:
    """The cards are those of the day."""
    begins, ends = _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
    span_s = (ends - begins).total_seconds()

    def at(moment: datetime) -> float:
        return WIDE * min(max((moment - begins).total_seconds() / span_s, 0.0), 1.0)

    by_label: dict[str, list[Card]] = {}
    for card in cards:
        by_label.setdefault(card.label, []).append(card)
    strips = []
    for row, label in enumerate(sorted(by_label)):
        marks = []
        for card in by_label[label]:
            x = at(card.started)
            width = at(card.started + timedelta(seconds=card.duration_s or 0.0)) - x
            marks.append(Mark(min(x, WIDE - LEAST), max(width, LEAST), card))
        strips.append(Strip(label, ROW * row, marks))
    hours = [
        (at(begins + timedelta(seconds=span_s * hour / 24)), _clock(begins, span_s, hour, zone))
        for hour in HOURS
    ]
    return Timeline(strips, hours)


def _midnight(day: date, zone: tzinfo | None) -> datetime:
    moment = datetime.combine(day, time())
    # in UTC: two moments of one zone would be told apart by their clocks, not by the time between them
    return (moment.replace(tzinfo=zone) if zone else moment).astimezone(UTC)


def _clock(begins: datetime, span_s: float, hour: int, zone: tzinfo | None) -> str:
    if hour == 24:
        return "24"
    return f"{(begins + timedelta(seconds=span_s * hour / 24)).astimezone(zone):%H}"
