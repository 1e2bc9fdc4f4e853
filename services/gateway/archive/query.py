"""Which events somebody asks for: `?camera=`, `?day=`, `?zone=`, `?reason=`, `?before=` and `?limit=`."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from services.contract.archive_keys import event_start
from services.gateway.archive.library import Entry
from services.store.events import FIRST, LAST

DEFAULT_LIMIT, MAX_LIMIT = 24, 200

_CAMERA = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


class NoQuery(ValueError):
    """What was asked for cannot be; the text is a sentence for people."""


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Events of one camera or all, of one day or all, before an event or from the newest on."""

    camera: str | None = None
    day: date | None = None
    before: str | None = None
    limit: int = DEFAULT_LIMIT
    reason: str | None = None
    zone: str | None = None

    def wants(self, reason: str, zones: Collection[str]) -> bool:
        """Whether an event with this reason, in these zones, is asked for."""
        return self.reason in (None, reason) and (self.zone is None or self.zone in zones)

    @property
    def wanted(self) -> Callable[[Entry], bool] | None:
        """The same for what is in the archive; None: all of it."""
        if self.reason is None and self.zone is None:
            return None
        return lambda entry: self.wants(entry.reason, entry.zones)

    def bounds(self, zone: tzinfo | None = None) -> tuple[str, str]:
        """`(since, before)`: ids of these events are `since <= id < before`. Days are those of `zone`."""
        since, before = ids_of_day(self.day, zone) if self.day else (FIRST, LAST)
        return since, min(before, self.before or LAST)


def parse_query(query: Mapping[str, str]) -> EventQuery:
    """What a URL's query asks for; an empty value counts as none. Raises `NoQuery`."""
    camera, day = query.get("camera") or None, query.get("day") or None
    before, limit = query.get("before") or None, query.get("limit") or str(DEFAULT_LIMIT)
    if camera is not None and not _CAMERA.fullmatch(camera):
        raise NoQuery("camera is a camera's name, such as ?camera=front-door")
    try:
        if before is not None:
            event_start(before)
    except ValueError:
        raise NoQuery("before is an event's id, such as ?before=20261120T083012Z-3f9c") from None
    try:
        # the first and the last days of the calendar have no neighbours to reckon with
        asked = date.fromisoformat(day) if day else None
        if asked and not 1900 <= asked.year <= 2999:
            raise ValueError
    except ValueError:
        raise NoQuery("day is a date, such as ?day=2026-11-20") from None
    if not limit.isdecimal() or not 1 <= int(limit[:9]) <= MAX_LIMIT:
        raise NoQuery(f"limit is a number from 1 to {MAX_LIMIT}")
    zone, reason = query.get("zone") or None, query.get("reason") or None
    if zone is not None and not _CAMERA.fullmatch(zone):
        raise NoQuery("zone is a zone's name, such as ?zone=driveway")
    return EventQuery(camera, asked, before, int(limit), reason, zone)


def ids_of_day(day: date, zone: tzinfo | None = None) -> tuple[str, str]:
    """`(since, before)` of a day in a time zone, the server's without one; ids are in UTC."""
    return _first_id(_midnight(day, zone)), _first_id(_midnight(day + timedelta(days=1), zone))


def _midnight(day: date, zone: tzinfo | None) -> datetime:
    moment = datetime.combine(day, time())
    return moment.replace(tzinfo=zone) if zone else moment.astimezone()


def _first_id(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%S}Z-0000"
