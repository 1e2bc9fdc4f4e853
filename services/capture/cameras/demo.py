"""`demo:` cameras: the synthetic street in real time, each picture carrying its frame's own number."""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime

from services.capture.cameras.camera import CameraOptions, NextNumber, Picture, utc_now
from services.capture.cameras.encode import encode
from services.capture.cameras.pace import Pace
from services.capture.cameras.street import Street
from services.contract.urls import DemoUrl


class DemoCamera:
    """Draws as many pictures as are taken, never more, so that none is skipped.

    The number in a picture's pixels is what `next_number` says when it is drawn. Without that, pictures are
    counted from 1 over the object's whole life, as capture numbers frames over its session.
    """

    def __init__(
        self,
        demo: DemoUrl,
        options: CameraOptions,
        next_number: NextNumber | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.skipped = 0
        self._demo, self._options, self._now = demo, options, now
        self._street: Street | None = None
        self._drawn = 0
        self._next_number = next_number or (lambda: self._drawn + 1)

    def pictures(self, stop: threading.Event) -> Iterator[Picture]:
        street = self._street = self._street or Street(self._demo)
        fps = min(self._demo.fps, self._options.max_fps or self._demo.fps)
        pace = Pace(fps)
        while pace.wait(stop):
            when = self._now()
            # The street's own clock runs at the demo's rate, so people walk as fast at any limit.
            n = round(self._drawn * self._demo.fps / fps)
            jpeg = encode(street.render(n, self._next_number(), when), self._options.quality)
            self._drawn += 1
            yield Picture(jpeg, when)
