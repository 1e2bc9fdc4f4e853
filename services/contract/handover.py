"""How an event's frames change hands, and how a missing number is asked for again."""

from typing import Literal

from pydantic import Field

from services.contract.events import FrameRef, Missing, ZoneNames
from services.contract.experiments import ExperimentSummary, Slice
from services.contract.message import Aliased, CameraName, EventId, Message, Session, Time

__all__ = ["FrameRef", "Handover", "Resend", "Resent", "SliceHandover", "ranges"]


class Handover(Message):
    """All frames of an ended event, in order of capture; said again until the archiver has answered."""

    camera: CameraName
    event: EventId
    reason: str
    started: Time
    ended: Time
    frames: list[FrameRef]
    missing: list[Missing] = Field(default=[], description="numbers that nobody has any more")
    zones: ZoneNames = Field(default=[], description="all zones in which something moved")
    slice: Slice | None = Field(None, description="capture's: what part of a schedule the event is")
    summary: ExperimentSummary | None = Field(None, description="capture's: how the whole experiment stands")


class SliceHandover(Handover):
    """As capture writes it."""

    slice: Slice


class Resend(Aliased):
    """Somebody misses these numbers; whoever is asked gives them again."""

    session: Session
    ranges: list[tuple[int, int]] = Field(min_length=1, max_length=100)
    wanted_for: str = Field(alias="for", description="`live`, or the event's id")
    ask: Literal["motion", "capture"]

    def numbers(self, most: int) -> list[int]:
        """The numbers asked for, in order, at most so many."""
        found: list[int] = []
        for first, last in self.ranges:
            found += range(first, min(last, first + most - len(found) - 1) + 1)
        return found


class Resent(Aliased):
    """The answer to `Resend`: which of the numbers are gone for good, here."""

    session: Session
    gone: list[tuple[int, int]]
    wanted_for: str = Field(alias="for")
    by: Literal["motion", "capture"]


def ranges(numbers: list[int]) -> list[tuple[int, int]]:
    """Sorted numbers as inclusive ranges: `[1, 2, 3, 7]` is `[(1, 3), (7, 7)]`."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found
