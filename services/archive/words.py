"""Sizes, times and tables as people read them."""

from collections.abc import Sequence
from datetime import datetime, tzinfo


def size(count: float) -> str:
    """Bytes, in three digits or so."""
    for unit in ("B", "KB", "MB", "GB"):
        if count < 999.5:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 99.5 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def moment(time: datetime, zone: tzinfo | None) -> str:
    return f"{time.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def zone_name(zone: tzinfo | None, at: datetime) -> str:
    return at.astimezone(zone).tzname() or "UTC"


def count(number: int, noun: str) -> str:
    """`1 frame`, `12 frames`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[int]) -> list[str]:
    """Lines with columns below their names; those in `right` end at the same place."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if n in right else cell.ljust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (head, *rows)
    ]
