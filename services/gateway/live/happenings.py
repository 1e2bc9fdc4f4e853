"""Events as they happen, put together from what is said about each."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from services.contract.events import EventMessage, EventType
from services.contract.message import CameraName, EventId, Time

MAX_HAPPENINGS = 200


class Stage(StrEnum):
    OPEN = "open"  # goes on
    ENDED = "ended"  # its frames are on their way to the archive
    SPOOLED = "spooled"  # they are safe on the archiver's disk, until the archive is back
    ARCHIVED = "archived"
    FAILED = "failed"  # its frames were given up
    NOT_KEPT = "not_kept"  # archiving is off


STAGES = {
    EventType.MOTION_START: Stage.OPEN,
    EventType.MOTION_UPDATE: Stage.OPEN,
    EventType.MANUAL: Stage.OPEN,
    EventType.MOTION_END: Stage.ENDED,
    EventType.SPOOLED: Stage.SPOOLED,
    EventType.ARCHIVED: Stage.ARCHIVED,
    EventType.ARCHIVE_FAILED: Stage.FAILED,
    EventType.NOT_ARCHIVED: Stage.NOT_KEPT,
}
_ORDER = list(Stage)


class HappeningView(BaseModel):
    """An event as far as it was heard of."""

    camera: CameraName
    event: EventId
    stage: Stage
    started: Time
    ended: Time | None
    reason: str
    why: str
    zones: list[str]


@dataclass(frozen=True, slots=True)
class Happening:
    """One event, as far as it is known."""

    camera: str
    event: str
    stage: Stage
    started: datetime
    ended: datetime | None = None
    reason: str = ""
    why: str = ""
    zones: tuple[str, ...] = ()

    def json(self) -> dict[str, Any]:
        return HappeningView.model_validate(self, from_attributes=True).model_dump(mode="json")


class Happenings:
    """The latest events that were heard of, at most so many."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Happening] = OrderedDict()

    def __iter__(self) -> Any:
        """The newest first."""
        return iter(sorted(self._known.values(), key=lambda happening: happening.event, reverse=True))

    def take(self, message: EventMessage) -> Happening | None:
        """What is known of the event now; None where the message is about no event, or says nothing new."""
        stage = STAGES.get(message.event_type)
        if stage is None or message.event is None:
            return None
        before = self._known.get(message.event)
        if before and _ORDER.index(stage) < _ORDER.index(before.stage):
            return None  # an update that was overtaken by the end
        now = _merged(before, message, message.event, stage)
        self._known[message.event] = now
        if len(self._known) > MAX_HAPPENINGS:
            self._known.popitem(last=False)
        return now if now != before else None


def _merged(before: Happening | None, message: EventMessage, event: str, stage: Stage) -> Happening:
    known = before or Happening(message.camera, event, stage, message.started or message.time)
    return replace(
        known,
        stage=stage,
        started=message.started or known.started,
        ended=message.ended or known.ended,
        reason=message.reason or known.reason,
        why=message.why or known.why,
        zones=tuple(message.zones or known.zones),
    )
