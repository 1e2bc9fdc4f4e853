"""Events as cards: what the archive holds and what goes on now, in one list."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from itertools import groupby

from services.gateway.archive.library import Entry
from services.gateway.live.happenings import Happening, Stage
from services.gateway.pages.words import day_of

#: Pixels wide: what a card shows on the finest screen.
THUMBNAIL = 640

#: What a card says of an event that is not simply in the archive.
STAGE_WORDS = {
    Stage.OPEN: "happening now",
    Stage.ENDED: "being stored",
    Stage.SPOOLED: "waits for the archive",
    Stage.ARCHIVED: "",
    Stage.FAILED: "not all stored",
    Stage.NOT_KEPT: "not kept",
}


@dataclass(frozen=True, slots=True)
class Card:
    """One event on a page."""

    camera: str
    label: str
    event: str
    stage: Stage
    started: datetime
    duration_s: float | None
    reason: str
    frames: int = 0
    missing: int = 0
    zones: tuple[str, ...] = ()
    kept: bool = False

    @property
    def path(self) -> str:
        return f"/events/{self.camera}/{self.event}"

    @property
    def picture(self) -> str | None:
        """Where its picture is; None where there is none to show."""
        if self.frames:
            return f"/api/archive/events/{self.camera}/{self.event}/thumbnail.jpg?width={THUMBNAIL}"
        return f"/cameras/{self.camera}/preview.jpg" if self.stage is Stage.OPEN else None

    @property
    def words(self) -> str:
        return STAGE_WORDS[self.stage]


def cards(
    entries: Iterable[Entry], happenings: Iterable[Happening], label: Callable[[str], str]
) -> list[Card]:
    """One card per event, newest first; the archive knows best about what it holds completely."""
    found: dict[str, Card] = {}
    for entry in entries:
        found[entry.event] = _stored(entry, label(entry.camera))
    for happening in happenings:
        known = found.get(happening.event)
        if known is None or not known.frames:
            found[happening.event] = _heard_of(happening, label(happening.camera))
    return sorted(found.values(), key=lambda card: card.event, reverse=True)


def by_day(found: Iterable[Card], zone: tzinfo | None = None) -> Iterator[tuple[date, list[Card]]]:
    """Cards that are sorted by time, day by day."""
    for day, group in groupby(found, key=lambda card: day_of(card.started, zone)):
        yield day, list(group)


def _stored(entry: Entry, label: str) -> Card:
    return Card(
        camera=entry.camera,
        label=label,
        event=entry.event,
        stage=Stage.ARCHIVED if entry.complete else Stage.ENDED,
        started=entry.started,
        duration_s=entry.duration_s,
        reason=entry.reason,
        frames=entry.frames,
        missing=entry.missing,
        zones=entry.zones,
        kept=entry.kept,
    )


def _heard_of(happening: Happening, label: str) -> Card:
    ended = happening.ended
    return Card(
        camera=happening.camera,
        label=label,
        event=happening.event,
        stage=happening.stage,
        started=happening.started,
        duration_s=(ended - happening.started).total_seconds() if ended else None,
        reason=happening.reason,
        zones=happening.zones,
    )
