"""Times as people write them, in their own time zone."""

import re
from datetime import UTC, datetime, time, timedelta

from services.runtime.errors import UserError

_AGO = re.compile(r"(\d{1,6})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def since(text: str, now: datetime) -> datetime:
    """The first moment that `text` means, in UTC. Raises UserError with what it can be."""
    return _moment(text, now, timedelta())


def until(text: str, now: datetime) -> datetime:
    """The moment after the last one that `text` means: a day counts with all of its hours."""
    return _moment(text, now, timedelta(days=1))


def first_id(moment: datetime) -> str:
    """No event that began at `moment` or later has a smaller id."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%S}Z-0000"


def _moment(text: str, now: datetime, whole_day: timedelta) -> datetime:
    """`now` has a time zone, which is that of whoever asks."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    named = {"now": now, "today": today + whole_day, "yesterday": today - timedelta(days=1) + whole_day}
    if found := named.get(text.strip().lower()):
        return found.astimezone(UTC)
    try:
        if ago := _AGO.fullmatch(text.strip().lower()):
            return (now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})).astimezone(UTC)
        moment = datetime.fromisoformat(text.strip())
        if moment.time() == time() and len(text.strip()) <= len("2026-11-20"):
            moment += whole_day
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=now.tzinfo)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UserError(
            f"{text!r} is no time: write 2026-11-20, 2026-11-20T08:30, today, yesterday, "
            "or 12h for 12 hours ago"
        ) from None
