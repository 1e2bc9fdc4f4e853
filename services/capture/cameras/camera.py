"""The seam: what every source of pictures is, whatever stands behind its URL."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol

RtspTransport = Literal["tcp", "udp"]


class CameraLost(Exception):
    """The camera cannot be had just now: try again soon. The text is one sentence, without secrets."""


class CameraMisconfigured(Exception):
    """Trying again helps only when somebody mends it: wrong login, no such file. The text is one sentence."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A complete, standard JPEG, and when it was taken or, where the camera does not say, received (UTC)."""

    jpeg: bytes
    time: datetime


@dataclass(frozen=True, slots=True)
class CameraOptions:
    """What can be set per camera beside its URL; a source ignores what it has no use for."""

    max_fps: float = 0.0  # pictures above this rate are left out before they cost an encode; 0: none are
    quality: int = 85  # JPEG quality, only where a picture has to be encoded
    rtsp_transport: RtspTransport = "tcp"
    verify_tls: bool = True  # https only: FFmpeg checks no certificate of rtsps
    connect_timeout_s: float = 10.0
    stall_timeout_s: float = 10.0  # so long without a picture and the camera counts as lost
    max_bytes: int = 16 << 20  # the largest picture that is taken over


class Camera(Protocol):
    """A source of pictures; making one opens nothing."""

    skipped: int
    """Pictures lost before they were yielded, over the object's whole life: broken, too large, or a newer one
    came before they could be encoded. Those above `max_fps` do not count."""

    def pictures(self, stop: threading.Event) -> Iterator[Picture]:
        """Connects, then yields pictures until `stop` is set (noticed within 0.5 s) or the source is over.

        May be called again after it ended. Raises `CameraLost` and `CameraMisconfigured`. Closing the
        iterator closes the connection.
        """
        ...


NextNumber = Callable[[], int]
"""Tells the number that the next picture will get; asked in the thread that iterates, once per picture."""


def utc_now() -> datetime:
    return datetime.now(UTC)
