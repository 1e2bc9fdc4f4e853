"""What may stay: pure decisions on ages and sizes, which are given."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.contract.archive_keys import event_start
from services.store.events import EventRef

#: An event that was never closed counts as open for so long.
OPEN = timedelta(days=7)
#: A disk may be full of other things: for its sake nothing is deleted that is younger.
YOUNG = timedelta(days=1)


def first_id(time: datetime) -> str:
    """The lowest id that an event of that moment can have."""
    return f"{time:%Y%m%dT%H%M%SZ}-0000"


@dataclass(frozen=True, slots=True)
class Disk:
    """The disk of an archive that is a folder: bytes in all and bytes used."""

    total: int
    used: int


@dataclass(frozen=True, slots=True)
class Rules:
    """The bounds of an archive. None: there is no such bound."""

    max_age: timedelta | None = None
    max_bytes: int | None = None
    max_disk: float | None = None  # fraction of the disk

    def first_kept(self, now: datetime) -> str | None:
        """Events with a lower id are too old; None where no age is too great."""
        return first_id(now - self.max_age) if self.max_age else None

    def excess(self, archive_bytes: int, disk: Disk | None) -> tuple[int, int]:
        """Bytes above the archive's own bound, and above the disk's."""
        own = archive_bytes - self.max_bytes if self.max_bytes is not None else 0
        full = int(disk.used - self.max_disk * disk.total) if disk and self.max_disk is not None else 0
        return max(0, own), max(0, full)


def to_make_room(
    events: Iterable[tuple[EventRef, int]], own: int, full: int, now: datetime
) -> Iterator[EventRef]:
    """Which of the events, oldest first with their sizes, have to go to free so many bytes.

    The size of an event counts when the next one is asked for: whoever cannot delete one says `0`.
    """
    for ref, size in events:
        is_young = now - event_start(ref.event) < YOUNG
        if own <= 0 and (full <= 0 or is_young):
            return
        own, full = own - size, full - size
        yield ref
