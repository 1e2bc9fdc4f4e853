"""A picture as viewers get it: its multipart part is the same for all of them."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property

from services.contract.frame import identify
from services.gateway.pictures.placard import STATIC, placard

BOUNDARY = "nightjar"
CONTENT_TYPE = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
#: Stands before the first part. Each part brings along the boundary that ends it, so that whoever waits for
#: that has the newest picture and not the one before (Chromium waits for more, see `stream.REPEAT_S`).
OPENING = f"--{BOUNDARY}\r\n".encode()
ENDING = b"\r\n" + OPENING


@dataclass(frozen=True)
class Picture:
    """A JPEG with its capture time (UTC) and number (0: it has none)."""

    jpeg: bytes
    time: datetime
    sequence: int
    live: bool = True  # not so: it says that there is no picture

    @property
    def pieces(self) -> list[bytes]:
        """Its part of a stream, the boundary that ends it included."""
        head = (
            f"Content-Type: image/jpeg\r\nContent-Length: {len(self.jpeg)}\r\n"
            f"X-Timestamp: {timestamp(self.time)}\r\nX-Sequence: {self.sequence}\r\n\r\n"
        )
        return [head.encode(), self.jpeg, ENDING]

    @cached_property
    def part(self) -> bytes:
        """The pieces in one, for those to whom they cannot be sent from a file."""
        return b"".join(self.pieces)

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
    return Picture(jpeg, frame.time if frame else arrived, frame.sequence if frame else 0)


def no_picture(now: datetime) -> Picture:
    """What viewers see while a camera gives nothing: it says so, and the time."""
    return Picture(placard(now), now, 0, live=False)


def waking(now: datetime) -> Picture:
    """What viewers see until a camera that ran on nobody's demand has started."""
    return Picture(_waking(), now, 0, live=False)


@cache
def _waking() -> bytes:
    return (STATIC / "waking.jpg").read_bytes()
