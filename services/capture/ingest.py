"""Pictures that devices send themselves, from their topic to their camera."""

import logging
import time

from services.capture.cameras import PushCamera
from services.capture.cameras.camera import utc_now
from services.capture.cameras.pace import Clock
from services.runtime.mqtt import Delivery, Link

log = logging.getLogger(__name__)

#: What is refused is said no more often than this.
GRUMBLE_S = 60.0


class Ingest:
    """What comes on one topic is offered to one camera; when it came is when it was taken."""

    def __init__(self, camera: str, pushed: PushCamera, clock: Clock = time.monotonic) -> None:
        self._camera, self._pushed, self._clock = camera, pushed, clock
        self._grumbled_s = float("-inf")

    def attach(self, link: Link, topic: str) -> None:
        link.subscribe(topic, self._take)

    def _take(self, delivery: Delivery) -> None:
        if delivery.retain:  # a picture of long ago, given anew on each connect
            return
        if not (why := self._pushed.offer(delivery.payload, utc_now())):
            return
        if self._clock() - self._grumbled_s >= GRUMBLE_S:
            self._grumbled_s = self._clock()
            log.warning("%s: a picture on %s is not taken: %s", self._camera, delivery.topic, why)
