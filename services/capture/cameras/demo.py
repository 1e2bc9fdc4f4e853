"""`demo:` cameras: the synthetic street in real time, each picture carrying its frame's own number."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime

from services.capture.cameras.camera import CameraOptions, NextNumber, Picture, utc_now
from services.capture.cameras.develop import Developer
from services.capture.cameras.pace import Clock
from services.capture.cameras.street import Street
from services.contract.urls import DemoUrl


class DemoCamera:
    """Draws as many pictures as are taken, never more; those that it is too late for are skipped.

    The number in a picture's pixels is what `next_number` says when it is drawn. Without that, pictures are
    counted from 1 over the object's whole life, as capture numbers frames over its session.
    """

    def __init__(
        self,
        demo: DemoUrl,
        options: CameraOptions,
        next_number: NextNumber | None = None,
        now: Callable[[], datetime] = utc_now,
        clock: Clock = time.monotonic,
    ) -> None:
        self.skipped = 0
        self._demo, self._options, self._now = demo, options, now
        self._street: Street | None = None
        self._clock = clock
        self._began_s: float | None = None
        self._drawn = 0
        self._next_number = next_number or (lambda: self._drawn + 1)

    def pictures(self, stop: threading.Event) -> Iterator[Picture]:
        street = self._street = self._street or Street(self._demo)
        develop = Developer(self._options.edits, self._options.quality)
        steps = self._options.steps(1 / min(self._demo.fps, self._options.max_fps or self._demo.fps))
        missed = 0
        while steps.wait(stop):
            self.skipped, missed = self.skipped + steps.missed - missed, steps.missed
            when, now_s = self._now(), self._clock()
            self._began_s = now_s if self._began_s is None else self._began_s
            # The street moves on with time, so people walk as fast at any rate.
            n = round((now_s - self._began_s) * self._demo.fps)
            jpeg = develop(street.render(n, self._next_number(), when), when)
            self._drawn += 1
            yield Picture(jpeg, when, "a drawing")
