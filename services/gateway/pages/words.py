"""How times, lengths and sizes are said on a page; days and clocks follow the server's time zone."""

from datetime import date, datetime, timedelta, tzinfo

REASONS = {"motion": "Motion", "manual": "By hand"}


def clock(moment: datetime, zone: tzinfo | None = None) -> str:
    return f"{moment.astimezone(zone):%H:%M:%S}"


def day_of(moment: datetime, zone: tzinfo | None = None) -> date:
    return moment.astimezone(zone).date()


def day_words(day: date, today: date) -> str:
    """`Today`, `Yesterday`, `Friday, 20 November`, and with the year where it is another one."""
    if day == today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    year = "" if day.year == today.year else f" {day.year}"
    return f"{day:%A}, {day.day} {day:%B}{year}"


def moment(then: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """The clock alone today, with the day before it on another one."""
    day = day_of(then, zone)
    if day == day_of(now, zone):
        return clock(then, zone)
    return f"{day:%a} {day.day} {day:%b}, {then.astimezone(zone):%H:%M}"


def length(seconds: float | None) -> str:
    """`7 s`, `1 min 20 s`, `2 h 5 min`."""
    if seconds is None:
        return ""
    whole = max(round(seconds), 0)
    if whole < 60:
        return f"{whole} s" if seconds >= 1 else "under 1 s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def size(count: float) -> str:
    """Bytes as people read them: `312 KB`, `4.1 MB`."""
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit in ("B", "KB") or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def reason_words(reason: str) -> str:
    return REASONS.get(reason, reason[:1].upper() + reason[1:])
