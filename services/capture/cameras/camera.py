"""The seam: what every source of pictures is, whatever stands behind its URL."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Protocol

from services.capture.cameras.edits import NO_EDITS, Edits
from services.capture.cameras.pace import Beat, StepsOf

RtspTransport = Literal["tcp", "udp"]


class CameraLost(Exception):
    """The camera cannot be had just now: try again soon. The text is one sentence, without secrets."""


class CameraSilent(CameraLost):
    """A camera that sends by itself sends nothing: try again at once, for that costs it nothing."""


class CameraMisconfigured(Exception):
    """Trying again helps only when somebody mends it: wrong login, no such file. The text is one sentence."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A complete, standard JPEG, and when it was taken or, where the camera does not say, received (UTC).

    `encoded_from` says what it was before it was encoded here ("H.264", "PNG"), with the edits in it; it is
    empty where these are the camera's own bytes.
    """

    jpeg: bytes
    time: datetime
    encoded_from: str = ""


@dataclass(frozen=True, slots=True)
class CameraOptions:
    """What can be set per camera beside its URL; a source ignores what it has no use for."""

    max_fps: float = 0.0  # pictures above this rate are left out before they cost an encode; 0: none are
    quality: int = 85  # JPEG quality, only where a picture has to be encoded
    rtsp_transport: RtspTransport = "tcp"
    verify_tls: bool = True  # https only: FFmpeg checks no certificate of rtsps
    ca_file: Path | None = None  # https: who signs the camera's certificate; None: whom the system trusts
    certificate_sha256: str = ""  # https: this very certificate is taken and no other, whoever signed it
    token: str = ""  # http and https: sent as a bearer token
    connect_timeout_s: float = 10.0
    stall_timeout_s: float = 10.0  # so long without a picture and the camera counts as lost
    frozen_timeout_s: float = 10.0  # so long the very same bytes and it does too; 0: never
    max_bytes: int = 16 << 20  # the largest picture that is taken over
    edits: Edits = NO_EDITS  # what is done to each picture before anybody gets it
    steps: StepsOf = Beat  # when a camera that gives a picture whenever it is asked is to be asked
    name: str = ""  # the camera's, for what it writes into the log


class Camera(Protocol):
    """A source of pictures; making one opens nothing."""

    @property
    def skipped(self) -> int:
        """Pictures lost before they were yielded, over the object's whole life: broken, too large, or a newer
        one came before they could be encoded. Those above `max_fps` do not count."""
        ...

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
