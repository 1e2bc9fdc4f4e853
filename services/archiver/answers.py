"""How an event ended, in the one message that answers its handover."""

import hashlib
from datetime import UTC, datetime

from services.contract.archive import Manifest
from services.contract.events import EventMessage, EventType
from services.contract.handover import Handover
from services.contract.message import SENTENCE

#: What fits into a message of 8 KB; the manifest has all of it.
MOST_MISSING = 32


def archived(
    manifest: Manifest, content: bytes, key: str, bucket: str | None, url: str | None
) -> EventMessage:
    """`archived` where all of the event is in the store, `archive_failed` where frames had to be given up.

    `content` is the manifest as it was stored under `key`; `url` is where people see the event.
    """
    lost = sum(gap.last - gap.first + 1 for gap in manifest.missing)
    return EventMessage(
        event_type=EventType.ARCHIVE_FAILED if lost else EventType.ARCHIVED,
        camera=manifest.camera,
        event=manifest.event,
        time=datetime.now(UTC),
        reason=manifest.reason,
        bucket=bucket,
        key=key,
        frames=len(manifest.frames),
        count=len(manifest.frames),
        bytes=sum(frame.bytes for frame in manifest.frames),
        sha256=hashlib.sha256(content).hexdigest(),
        url=url,
        missing=manifest.missing[:MOST_MISSING] or None,
        why=f"{lost} frames could not be had any more" if lost else None,
    )


def spooled(handover: Handover, why: str) -> EventMessage:
    """All that can be had of the event is on our disk; `why` it is not in the store yet."""
    return not_archived(handover).model_copy(
        update={"event_type": EventType.SPOOLED, "why": (why or "the archive was away")[:SENTENCE]}
    )


def not_archived(handover: Handover) -> EventMessage:
    """The event is not in the store, as somebody wished."""
    return EventMessage(
        event_type=EventType.NOT_ARCHIVED,
        camera=handover.camera,
        event=handover.event,
        time=datetime.now(UTC),
        reason=handover.reason,
        why="archiving is switched off for this camera",
    )


def rejected(handover: Handover, why: str) -> EventMessage:
    """The store takes the event's frames but not its manifest, and never will."""
    return not_archived(handover).model_copy(
        update={"event_type": EventType.ARCHIVE_FAILED, "why": why[:SENTENCE]}
    )
