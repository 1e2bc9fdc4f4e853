"""What is picked out of a source's bytes, and when there is nothing to be picked."""

import time

from services.capture.cameras.camera import CameraLost
from services.capture.cameras.mjpeg import MjpegParser
from services.capture.cameras.pace import Clock


class Sieve:
    """The JPEGs of a source, and the end of patience with one that sends anything but those."""

    def __init__(self, who: str, max_bytes: int, patience_s: float, clock: Clock = time.monotonic) -> None:
        self._who, self._patience_s, self._clock = who, patience_s, clock
        self._parser = MjpegParser(max_bytes)
        self._last_s = clock()

    @property
    def dropped(self) -> int:
        return self._parser.dropped

    def feed(self, data: bytes | bytearray | memoryview) -> list[bytes]:
        """The JPEGs that these bytes complete. Raises `CameraLost` when none came for too long."""
        jpegs = self._parser.feed(data)
        if jpegs:
            self._last_s = self._clock()
        elif self._clock() - self._last_s > self._patience_s:
            raise CameraLost(f"{self._who} sends data, but no JPEG among it")
        return jpegs
