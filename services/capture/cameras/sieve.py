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
        self.room = self._parser.room
        """Where the next bytes may be written, before `took` is told how many they are."""
        self._last_s = clock()

    @property
    def dropped(self) -> int:
        return self._parser.dropped

    def feed(self, data: bytes | bytearray | memoryview) -> list[bytes]:
        """The JPEGs that these bytes complete. Raises `CameraLost` when none came for too long."""
        self.room(len(data))[: len(data)] = data
        return self.took(len(data))

    def took(self, count: int) -> list[bytes]:
        """As `feed`, of bytes that are in the room already."""
        jpegs = self._parser.took(count)
        if jpegs:
            self._last_s = self._clock()
        elif self._clock() - self._last_s > self._patience_s:
            raise CameraLost(f"{self._who} sends data, but no JPEG among it")
        return jpegs
