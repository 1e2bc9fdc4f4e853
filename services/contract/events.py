"""What happened at a camera: one JSON message each, under 8 KB, said once per event."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from services.contract.message import Aliased, CameraName, EventId, Message, Sentence, Session, Time


class EventType(StrEnum):
    MOTION_START = "motion_start"
    MOTION_UPDATE = "motion_update"
    MOTION_END = "motion_end"
    MANUAL = "manual"
    INTERVAL = "interval"
    SCENE_CHANGE = "scene_change"
    CAMERA_BACK = "camera_back"
    SPOOLED = "spooled"
    ARCHIVED = "archived"
    ARCHIVE_FAILED = "archive_failed"
    NOT_ARCHIVED = "not_archived"


#: Each handover is answered with exactly one of these.
ENDS = frozenset({EventType.ARCHIVED, EventType.ARCHIVE_FAILED, EventType.NOT_ARCHIVED})
#: With any of these whoever handed an event over may let its frames go: the archiver is responsible for them.
RELEASES = ENDS | {EventType.SPOOLED}

Fraction = Annotated[float, Field(ge=0, le=1)]


class Box(Message):
    """Where it moved, as fractions of the picture, from its upper left corner."""

    x: Fraction
    y: Fraction
    width: Fraction
    height: Fraction


class Missing(Aliased):
    """Frames of an event that cannot be had any more, and why."""

    session: Session
    first: int = Field(alias="from", ge=1, description="first number that is missing")
    last: int = Field(alias="to", ge=1, description="last number that is missing")
    why: Sentence


class FrameRef(Message):
    """One frame by its number."""

    session: Session
    sequence: int = Field(ge=1)
    time: Time | None = Field(None, description="none where whoever says it has only the number")


ZoneNames = Annotated[list[str], Field(max_length=16)]


class EventMessage(Message):
    """One event message; which fields are there depends on `event_type`."""

    event_type: EventType
    camera: CameraName
    time: Time = Field(description="when this was said to be so: capture time for motion")
    event: EventId | None = Field(None, description="the event's id; none for what is no event with frames")
    reason: str | None = Field(None, max_length=200, description="motion, manual, or what a trigger said")
    late: bool | None = Field(None, description="true where it was found after an outage, not live")

    # motion_start, motion_update, motion_end, scene_change
    started: Time | None = Field(None, description="first frame that moved")
    ended: Time | None = Field(None, description="last frame that moved")
    duration_s: float | None = Field(None, description="seconds from started to ended")
    score: float | None = Field(None, description="how much moves now, against the threshold (1 = threshold)")
    peak: float | None = Field(None, description="the highest score so far")
    boxes: list[Box] | None = Field(
        None, max_length=16, description="where it moves now; at the end where it moved most"
    )
    zones: ZoneNames | None = Field(None, description="all zones in which something moved so far")
    entered: ZoneNames | None = Field(
        None, description="those that were entered since the last message of it"
    )
    left: ZoneNames | None = Field(None, description="those that were left since the last message of it")
    best: FrameRef | None = Field(None, description="the frame that makes the best picture so far")
    changed: Fraction | None = Field(None, description="scene_change: fraction of the picture")
    settings_hash: str | None = Field(None, description="which motion settings made this event")

    # camera_back
    outage_s: float | None = Field(None, description="how long the camera was away")

    # interval
    experiment: str | None = Field(None, description="its name; empty: plain periodic capture")
    pictures: int | None = Field(None, ge=0, description="kept so far")
    missed: int | None = Field(None, ge=0, description="due so far, and could not be taken")
    worst_off_s: float | None = Field(
        None, description="since the last such message, seconds from when it was due to when it was taken"
    )

    # spooled, archived, archive_failed, not_archived
    bucket: str | None = Field(None, description="the bucket; none for a folder")
    key: str | None = Field(None, description="the manifest's key in the bucket or folder")
    frames: int | None = Field(None, ge=0, description="frames of the event that are in the store")
    count: int | None = Field(None, ge=0, description="objects in the store, the manifest not counted")
    bytes: int | None = Field(None, ge=0, description="their size together")
    sha256: str | None = Field(None, description="SHA-256 of the manifest")
    url: str | None = Field(None, description="the event's page on the gateway")
    missing: list[Missing] | None = Field(None, description="what could not be had any more", max_length=32)
    why: Sentence | None = Field(None, description="spooled, archive_failed, not_archived: the sentence")
