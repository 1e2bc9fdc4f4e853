"""How times, lengths and sizes are said on a page; days and clocks follow the server's time zone."""

from datetime import date, datetime, timedelta, tzinfo

MINUS = "\N{MINUS SIGN}"
REASONS = {"motion": "Motion", "manual": "By hand", "interval": "On schedule"}


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


def every(interval_s: float) -> str:
    """An interval: `0.5 s`, `10 s`, `1 min 30 s`, `2 h`, `1 day`."""
    if interval_s < 60 or interval_s != int(interval_s):
        return f"{interval_s:g} s"
    parts, rest = [], int(interval_s)
    for unit, seconds in (("day", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, rest = divmod(rest, seconds)
        if count:
            parts.append(f"{count} {unit}{'s' if unit == 'day' and count > 1 else ''}")
    return " ".join(parts)


def span(seconds: float) -> str:
    """A short time as it is read best: `8 µs`, `1.2 ms`, `350 ms`, `12.3 s`, `2 min 5 s`."""
    size_s = abs(seconds)
    if size_s >= 60:
        return length(size_s)
    if size_s < 0.0009995:
        return f"{size_s * 1e6:.0f} µs"
    value, unit = (size_s * 1000, "ms") if size_s < 0.9995 else (size_s, "s")
    return f"{value:.0f} {unit}" if value >= 99.95 else f"{value:.3g} {unit}"


def error(seconds: float) -> str:
    """How far something is off, with its sign: `+1.2 ms`, or `0 µs`."""
    words = span(seconds)
    return words if words.startswith("0 ") else f"{MINUS if seconds < 0 else '+'}{words}"


def left(end: datetime, now: datetime) -> str:
    """How long until then: `in 2 h 5 min`, `in 3 days`, `now`."""
    seconds = (end - now).total_seconds()
    if seconds < 1:
        return "now"
    return f"in {round(seconds / 86400)} days" if seconds >= 2 * 86400 else f"in {length(seconds)}"
