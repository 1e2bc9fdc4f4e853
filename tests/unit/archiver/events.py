"""An event of frames 1 to 5, as motion hands it over and as the store keeps it."""

from datetime import UTC, datetime, timedelta
from functools import cache

from services.archiver.restored import stored_frame
from services.contract.archive import StoredFrame
from services.contract.archive_keys import KeyLayout
from services.contract.events import Missing
from services.contract.frame import FrameId
from services.contract.handover import FrameRef, Handover
from tests.unit.links import stamped

START = datetime(2026, 11, 20, 8, 30, 0, tzinfo=UTC)
EVENT, LATER = "20261120T083000Z-3f9c", "20261120T083100Z-0a1b"
SESSION = 7
SESSION_HEX = f"{SESSION:016x}"
LAYOUT = KeyLayout()


def frame_id(sequence: int, camera: str = "yard") -> FrameId:
    return FrameId(camera, SESSION, sequence, START + timedelta(seconds=sequence))


def frame(sequence: int) -> bytes:
    return stamped(frame_id(sequence))


def key(sequence: int, event: str = EVENT) -> str:
    return LAYOUT.frame_key(frame_id(sequence), event)


@cache
def stored(sequence: int) -> StoredFrame:
    return stored_frame(frame_id(sequence), key(sequence), frame(sequence))


def handover(*sequences: int, event: str = EVENT, missing: tuple[Missing, ...] = ()) -> Handover:
    return Handover(
        camera="yard",
        event=event,
        reason="motion",
        started=START,
        ended=START + timedelta(seconds=5),
        frames=[FrameRef(session=SESSION_HEX, sequence=sequence) for sequence in sequences],
        missing=list(missing),
    )
