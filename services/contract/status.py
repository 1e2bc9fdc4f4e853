"""How a camera and a service are: health in words, statistics in numbers, every key always there."""

from pydantic import Field

from services.contract.events import Box
from services.contract.message import CameraName, Message, Session, Time

ONLINE, OFFLINE = "online", "offline"
ON, OFF = "ON", "OFF"


class HealthDetail(Message):
    """What is wrong with a camera, as a sentence; empty when nothing is."""

    problem: str = ""
    since: Time | None = None


class ServiceInfo(Message):
    """Who a service instance is."""

    service: str
    version: str
    instance: str
    slot: str = Field("1/1", description="which part of the cameras is its: i/n")
    cameras: list[CameraName] = Field(description="those that it is at work on now")
    paused: bool = False
    problem: str = Field("", description="what is wrong with the service itself; empty: nothing")
    run: str = Field("", description="another one with each start")
    since: Time | None = Field(
        None, description="when it started: of two that want a camera the newer has it"
    )


class Stats(Message):
    """An account in numbers: what is not known yet is there as well, as null."""

    def payload(self) -> bytes:
        return self.model_dump_json().encode()


class CaptureStats(Stats):
    """Capture's account of one camera, since its start."""

    time: Time
    session: Session
    last_sequence: int = Field(description="the last number that was given")
    fps: float
    captured: int = Field(description="frames that were numbered")
    skipped: int = Field(description="pictures of the camera that got no number (newest wins, rate limit)")
    published: int = Field(description="frames that the broker has acknowledged")
    lost: int = Field(description="frames dropped from a full outbox, or given up")
    resent: int = Field(description="frames given again because somebody missed them")
    outbox_frames: int
    outbox_bytes: int
    outbox_filled: float = Field(0, description="of what it may hold, 0 to 1; at 1 its oldest are lost")
    reconnects: int
    away_s: float = Field(0, description="seconds that the camera has been away; 0: it is there, or off")
    experiment: str = Field("", description="the name of the experiment that runs; empty: none")


class MotionStats(Stats):
    """Motion's account of one camera, since its start."""

    time: Time
    fps: float
    received: int
    analysed: int
    rested: int = Field(
        0, description="frames kept but not analysed, because nothing moved or it was known what did"
    )
    unanalysed: int = Field(description="frames kept but not analysed, because of load")
    undecodable: int
    repaired: int = Field(description="frames that arrived after they were asked for again")
    missing: int = Field(description="numbers that nobody had any more")
    events: int
    event_frames: int
    open_handovers: int
    latency_ms: float = Field(description="capture to decision, average of the last seconds")
    dropped: int = Field(
        0, description="events' frames let go before they were archived: only the broker has them still"
    )
    events_today: int = Field(0, description="events since midnight, as the clock of motion's machine has it")
    last_event: Time | None = Field(None, description="when the last event began")


class Score(Message):
    """What the detector makes of one frame, while somebody tunes the camera."""

    time: Time = Field(description="when the frame was captured")
    session: Session
    sequence: int
    score: float = Field(description="how much moves, against the least that counts (1)")
    moving: bool = Field(description="it counts as motion")
    boxes: list[Box] = Field(description="what counts as motion")
    near: list[Box] = Field(description="what differs and moves too, but is too small, or not yet believed")
    zones: list[str] = Field(description="the zones in which something moves")
    scene_change: float = Field(
        description="fraction of the picture that a change of light has altered; 0: none"
    )


class ArchiverStats(Stats):
    """The archiver's account of one camera, since its start."""

    time: Time
    stored: int
    stored_bytes: int
    events: int
    failed: int = Field(description="frames given up")
    missing: int = Field(0, description="frames that the manifests name as missing, those given up included")
    unusable: int = Field(description="messages on an event's topic that were no frames of it")
    deleted_events: int = Field(0, description="events deleted because they were old, or the archive full")
    waiting: int = Field(description="frames received that are neither stored nor spooled yet")
    spooled: int = Field(0, description="frames kept in the spool because the archive was away")
    in_spool: int = Field(0, description="frames that are there now")
    spool_filled: float = Field(0, description="of what all cameras' frames may have there, 0 to 1")
    paused: int = Field(0, description="1: neither the archive nor the spool takes frames; else 0")
    archive_bytes: int = Field(0, description="size of all that the archive has of the camera")


class Totals(Stats):
    """What the accounts of all services come to, for one camera; the same from every gateway."""

    backlog: int = Field(description="frames that wait: for the broker, for the store")
    lost: int = Field(description="frames lost for good: before the broker, on the way, before the store")
