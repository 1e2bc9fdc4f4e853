"""A picture as viewers get it: its multipart part is built once, for all of them."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from services.contract.frame import identify

BOUNDARY = "nightjar"
CONTENT_TYPE = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
#: Stands before the first part. Each part brings along the boundary that ends it, so that whoever waits for
#: that has the newest picture and not the one before (Chromium waits for more, see `stream.REPEAT_S`).
OPENING = f"--{BOUNDARY}\r\n".encode()


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG with its capture time (UTC) and number (0: it has none)."""

    jpeg: bytes
    time: datetime
    sequence: int
    part: bytes
    live: bool = True  # not so: it says that there is no picture

    @property
    def headers(self) -> dict[str, str]:
        return {"X-Timestamp": timestamp(self.time), "X-Sequence": str(self.sequence)}


def timestamp(time: datetime) -> str:
    """Seconds since 1970 with microseconds."""
    return f"{time.timestamp():.6f}"


def received(jpeg: bytes, arrived: datetime) -> Picture:
    """A frame from the broker; one that does not say when it was taken counts from its arrival.

    Raises `NotAFrame` where the bytes are no complete JPEG.
    """
    frame = identify(jpeg)
    return _picture(jpeg, frame.time if frame else arrived, frame.sequence if frame else 0)


def no_picture(now: datetime) -> Picture:
    """What viewers see while a camera gives nothing."""
    return _picture(_own_jpeg("no-picture.jpg"), now, 0, live=False)


def waking(now: datetime) -> Picture:
    """What viewers see until a camera that ran on nobody's demand has started."""
    return _picture(_own_jpeg("waking.jpg"), now, 0, live=False)


@cache
def _own_jpeg(name: str) -> bytes:
    return (Path(__file__).parent.parent / "static" / name).read_bytes()


def _picture(jpeg: bytes, time: datetime, sequence: int, *, live: bool = True) -> Picture:
    head = (
        f"Content-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n"
        f"X-Timestamp: {timestamp(time)}\r\nX-Sequence: {sequence}\r\n\r\n"
    )
    part = b"".join((head.encode(), jpeg, b"\r\n", OPENING))
    return Picture(jpeg, time, sequence, part, live)
