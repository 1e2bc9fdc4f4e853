"""In which zones something moves: when each is entered, and when it is left."""

from dataclasses import dataclass
from datetime import datetime, timedelta

#: A zone is left when nothing has moved in it for so long: who stands still for a moment has not gone.
LEFT_AFTER = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class ZoneMotion:
    """A zone is ON or OFF from this time on."""

    zone: str
    on: bool
    time: datetime


class Visits:
    """One camera's zones. Pure; times are capture times."""

    def __init__(self) -> None:
        self._seen: dict[str, datetime] = {}

    @property
    def inside(self) -> tuple[str, ...]:
        """The zones that are ON, in order of their names."""
        return tuple(sorted(self._seen))

    def see(self, time: datetime, zones: tuple[str, ...]) -> list[ZoneMotion]:
        """What changes with a frame on which something moves in these zones."""
        entered = [ZoneMotion(zone, True, time) for zone in zones if zone not in self._seen]
        self._seen |= dict.fromkeys(zones, time)
        gone = [zone for zone, seen in self._seen.items() if time - seen > LEFT_AFTER]
        for zone in gone:
            del self._seen[zone]
        return entered + [ZoneMotion(zone, False, time) for zone in gone]

    def close(self, time: datetime) -> list[ZoneMotion]:
        """Nobody looks any more: all are left."""
        left = [ZoneMotion(zone, False, time) for zone in self._seen]
        self._seen = {}
        return left
