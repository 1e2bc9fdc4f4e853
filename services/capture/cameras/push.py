"""`push:` and `mqtt:` cameras: pictures that come by themselves, over HTTP or MQTT, are handed in here."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from datetime import datetime

from services.capture.cameras.camera import CameraOptions, CameraSilent, Picture
from services.capture.cameras.jpeg import complete
from services.capture.cameras.mjpeg import jpeg_in
from services.capture.cameras.pace import Clock, FpsLimit

_WAITING = 8  # a burst of a device that sends several pictures at once
_SLICE_S = 0.2


class PushCamera:
    """Pictures are offered from any thread; too many at a time, and the oldest is lost."""

    def __init__(self, options: CameraOptions, clock: Clock = time.monotonic) -> None:
        self.skipped = 0
        self._options, self._clock = options, clock
        self._changed = threading.Condition()
        self._waiting: deque[tuple[float, Picture]] = deque()

    def offer(self, jpeg: bytes, when: datetime) -> str:
        """Takes a picture over; answers why not as the end of a sentence, empty where it is taken."""
        if len(jpeg) > self._options.max_bytes:
            return f"it is larger than {self._options.max_bytes >> 20} MB"
        if jpeg[:2] != b"\xff\xd8":
            return "it is no JPEG"
        if (whole := jpeg_in(jpeg)) is None:
            return "the JPEG is cut off or broken"
        with self._changed:
            if len(self._waiting) == _WAITING:
                self._waiting.popleft()
                self.skipped += 1
            self._waiting.append((self._clock(), Picture(complete(whole), when)))
            self._changed.notify()
        return ""

    def pictures(self, stop: threading.Event) -> Iterator[Picture]:
        """What is offered. Raises `CameraSilent` when nothing is for too long.

        What waited longer than that, because nobody took pictures, is left out.
        """
        limit = FpsLimit(self._options.max_fps, self._clock)
        patience_s = self._options.stall_timeout_s
        last_s = self._clock()
        while not stop.is_set():
            offered = self._take()
            now_s = self._clock()
            if offered is None:
                if now_s - last_s > patience_s:
                    raise CameraSilent(f"nothing has been sent for {patience_s:g} s")
                continue
            offered_s, picture = offered
            last_s = now_s
            if now_s - offered_s <= patience_s and limit.allows():
                yield picture

    def _take(self) -> tuple[float, Picture] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting, _SLICE_S)
            return self._waiting.popleft() if self._waiting else None
