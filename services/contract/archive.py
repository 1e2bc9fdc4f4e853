"""`event.json`, the manifest that stands beside an event's frames in the store."""

from pydantic import Field

from services.contract.events import Missing, ZoneNames
from services.contract.experiments import Slice
from services.contract.message import CameraName, EventId, Message, Session, Time


class StoredFrame(Message):
    """One frame as it is in the store."""

    session: Session
    sequence: int = Field(ge=1)
    time: Time
    key: str
    bytes: int = Field(ge=0)
    sha256: str


class Manifest(Message):
    """An event, complete: what is in the store, and by number what is not."""

    camera: CameraName
    event: EventId
    reason: str
    started: Time = Field(
        description="first frame that moved, pre-roll frames are earlier; of a slice: its first picture"
    )
    ended: Time = Field(
        description="last frame that moved, post-roll frames are later; of a slice: its last picture"
    )
    frames: list[StoredFrame]
    missing: list[Missing] = Field(default=[])
    zones: ZoneNames = Field(default=[], description="all zones in which something moved")
    slice: Slice | None = Field(
        None, description="only beside pictures on a schedule; its `off_s` follows `frames` here"
    )
    version: int = 1

    def file(self) -> bytes:
        """As it stands in the store."""
        return self.model_dump_json(indent=1, exclude_none=True).encode()
