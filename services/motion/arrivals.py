"""A camera's frames as they come, until it is their turn: told by number, and in their order."""

import logging
import time
from collections.abc import Callable

from services.contract import topics as leaf
from services.contract.frame import Frame, NotAFrame, identify
from services.contract.handover import Resend, Resent
from services.contract.topics import Topics
from services.motion.catchup import CatchUp
from services.motion.numbers import Numbers
from services.motion.silence import Silence
from services.runtime.mqtt import Delivery, Link
from services.runtime.rates import Rate

log = logging.getLogger(__name__)

#: What is no frame is logged no more often than this.
GRUMBLE_S = 1.0

Ack = Callable[[], None]


class Arrivals:
    """Gives the new frames to `take` in their order, each with its acknowledgement.

    Where a number is missing it is asked for, and the frames after it wait, up to `max_bytes`. What comes
    again or too late for its turn goes to `take_late`.
    """

    def __init__(
        self,
        camera: str,
        topics: Topics,
        link: Link,
        *,
        numbers: Numbers,
        silence: Silence,
        max_bytes: int,
        take: Callable[[Frame, Ack], None],
        take_late: Callable[[Frame, Ack], None],
    ) -> None:
        self.received = self.unusable = 0
        self.rate = Rate()
        self._camera, self._topics, self._link = camera, topics, link
        self._numbers, self._silence = numbers, silence
        self._catch_up = CatchUp(max_bytes)
        self._take, self._take_late = take, take_late
        self._grumbled_s = float("-inf")

    @property
    def waiting(self) -> bool:
        """Whether frames wait for others before them."""
        return self._catch_up.active

    @property
    def repaired(self) -> int:
        """Frames that came in their turn after they had been asked for."""
        return self._catch_up.repaired

    def identified(self, delivery: Delivery) -> Frame | None:
        """What has come; None where it is no frame of this camera, and done with. For the link's thread."""
        try:
            frame_id = identify(delivery.payload)
        except NotAFrame:
            frame_id = None
        if frame_id and frame_id.camera == self._camera and frame_id.sequence > 0:
            return Frame(frame_id, delivery.payload)
        self.unusable += 1
        if time.monotonic() - self._grumbled_s >= GRUMBLE_S:
            self._grumbled_s = time.monotonic()
            log.warning(
                "%s: what came on %s is no frame of this camera; skipped", self._camera, delivery.topic
            )
        delivery.ack()
        return None

    def live(self, frame: Frame, ack: Ack, came_s: float) -> None:
        """From the camera's live topic."""
        if not self._numbers.is_new(frame.id):
            self._late_comer(frame, ack)
            return
        self._silence.broken()
        self.received += 1
        self.rate.mark(came_s)
        if self._waits(frame):
            ack()  # it is in our memory, and with capture; the window is for what it waits for
            self.mind_gaps()
        else:
            self._take(frame, ack)

    def repair(self, frame: Frame, ack: Ack) -> None:
        """From the topic on which capture gives frames again."""
        self._late_comer(frame, ack)

    def resent(self, answer: Resent) -> None:
        """Capture has said what it no longer has."""
        self._catch_up.lost(int(answer.session, 16), answer.gone)
        self._go_on()

    def mind_gaps(self) -> None:
        """Asks for what did not come, and goes on with what is there."""
        if not self._catch_up.active:
            return
        if wanted := self._catch_up.due(self._silence.clock_s):
            session = f"{self._catch_up.session:016x}"
            request = Resend(session=session, ranges=wanted, wanted_for=leaf.LIVE, ask="capture")
            self._link.send(self._topics.camera(self._camera, leaf.RESEND), request.payload())
        self._go_on()

    def give_up(self) -> None:
        """What has not come will not be waited for; what waited for it is taken now."""
        self._catch_up.give_up()
        self._go_on()

    def _waits(self, frame: Frame) -> bool:
        """Whether it is to wait for frames before it that did not come."""
        if self._catch_up.active and frame.id.session != self._catch_up.session:
            self.give_up()
        if self._catch_up.active:
            self._catch_up.hold(frame)
            return True
        if missed := self._numbers.missed(frame.id):
            self._catch_up.begin(missed, frame, self._silence.clock_s)
            return True
        return False

    def _go_on(self) -> None:
        while frame := self._catch_up.ready():
            self._take(frame, lambda: None)

    def _late_comer(self, frame: Frame, ack: Ack) -> None:
        if self._catch_up.active and self._catch_up.repair(frame, self._silence.clock_s):
            ack()
            self._go_on()
        else:
            self._take_late(frame, ack)
