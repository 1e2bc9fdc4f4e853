"""One camera under watch: its thread, its session at the broker, and what others tell it.

Whatever concerns the camera is put into its inbox and done in order by its thread, which sleeps over frames
that are not to be looked at. A live frame is acknowledged when it is in the ring, and within an event when
the broker has the event frame: the broker's window is what bounds the inbox.
"""

import threading
import time
from collections.abc import Callable
from functools import partial

from services.contract import topics as leaf
from services.contract.events import EventMessage
from services.contract.frame import Frame
from services.contract.handover import Resend, Resent
from services.contract.settings import MotionSettings
from services.contract.status import OFF, CaptureStats, MotionStats
from services.contract.topics import Topics
from services.motion.arrivals import Ack
from services.motion.custody import Custody
from services.motion.inbox import Inbox
from services.motion.lookout import Lookout
from services.motion.memory import EventMemory
from services.motion.turns import Turns
from services.runtime.mqtt import BrokerAddress, Delivery, Link, Parcel, Will
from services.runtime.stop import told_of

#: How often is looked what is due, and how often where nothing is open, asked for or owed.
STEP_S, QUIET_STEP_S = 0.1, 1.0
#: Frames that the broker gives before the first of them is acknowledged.
WINDOW = 20
#: How long the end waits for the archiver's answer to what has just ended; it is kept in any case.
ANSWER_S = 1.0
#: And where the camera leaves for good: nobody would say it again.
LAST_ANSWER_S = 30.0


class Watch:
    """A camera's thread and its link; all but `run` may be called from any other thread."""

    def __init__(
        self,
        camera: str,
        settings: MotionSettings,
        *,
        broker: BrokerAddress,
        topics: Topics,
        control: Link,
        memory: EventMemory,
        turns: Turns,
        instance: str = "1",
        is_owed_elsewhere: Callable[[str], bool] = lambda _event: False,
    ) -> None:
        """`is_owed_elsewhere` says of an unanswered event whether somebody else here cares for it."""
        self.camera = camera
        self.answer_s = ANSWER_S
        self._topics = topics
        self.link = Link(
            broker,
            f"{topics.prefix}-motion-{camera}",
            session=True,
            manual_ack=True,
            will=Will(topics.camera(camera, leaf.MOTION), OFF.encode()),
            window=WINDOW,
            on_lost=_let_go,
        )
        self._inbox = Inbox()
        self._ending = False
        self._lookout = Lookout(
            camera,
            settings,
            topics=topics,
            link=self.link,
            control=control,
            memory=memory,
            turns=turns,
            instance=instance,
            waiting=self._inbox.__len__,
            is_owed_elsewhere=is_owed_elsewhere,
        )

    # -- from other threads ----------------------------------------------------------------------------

    def attach(self) -> None:
        """Subscribes; before the link runs."""
        voice = self._lookout.voice
        voice.motion(on=False)
        for zone in self._lookout.zones:
            voice.zone(zone, on=False)
        self.link.on_connect(lambda: self._inbox.put(self._lookout.connected))
        self.link.subscribe(self._topics.frames(self.camera, leaf.LIVE), self._live_frame)
        self.link.subscribe(self._topics.frames(self.camera, leaf.REPAIR), self._repair_frame)

    def configure(self, settings: MotionSettings, *, detecting: bool) -> None:
        self._inbox.put(lambda: self._lookout.configure(settings, detecting=detecting))

    def trigger(self, reason: str, duration_s: float) -> None:
        self._inbox.put(lambda: self._lookout.trigger(reason, duration_s))

    def tune(self, seconds: float) -> None:
        """Somebody wants to see the score of each frame for so long."""
        self._lookout.attention.tune(time.monotonic() + seconds)

    def forget_zone(self, zone: str) -> None:
        """The broker remembers this zone: where it is none of ours, it is to forget it."""
        self._inbox.put(lambda: self._lookout.forget_zone(zone))

    def camera_offline(self) -> None:
        self._inbox.put(self._lookout.silence.explained)

    def captured(self, stats: CaptureStats) -> None:
        self._inbox.put(lambda: self._lookout.captured(stats))

    def ask(self, request: Resend) -> None:
        self._inbox.put(lambda: self._lookout.ask(request))

    def resent(self, answer: Resent) -> None:
        self._inbox.put(lambda: self._lookout.resent(answer))

    def answered(self, message: EventMessage) -> None:
        self._inbox.put(lambda: self.custody.answered(message.event or ""))

    @property
    def custody(self) -> Custody:
        """For whoever cares for what is owed when this has ended."""
        return self._lookout.custody

    def stats(self) -> MotionStats:
        return self._lookout.stats()

    # -- life ------------------------------------------------------------------------------------------

    def run(self, stop: threading.Event) -> None:
        """Works off the inbox until `stop`; then ends what is open, and waits a moment for its answer."""
        self._lookout.take_up()
        with told_of(stop, self._inbox.ring) as look_s:
            self._work_until(stop.is_set, look_s)
        self._ending = True
        self._lookout.end()
        until_s = time.monotonic() + self.answer_s
        self._work_until(lambda: len(self.custody) == 0 or time.monotonic() > until_s)

    def _work_until(self, enough: Callable[[], bool], look_s: float = STEP_S) -> None:
        """Looks every `look_s` whether it is enough."""
        looked_s = stepped_s = time.monotonic()
        while not enough():
            step_s = STEP_S if self._lookout.busy else QUIET_STEP_S
            if work := self._inbox.next(min(step_s, look_s)):
                work()
            now_s = time.monotonic()
            if self.link.connected:
                self._lookout.silence.passed(now_s - looked_s)
            looked_s = now_s
            if now_s - stepped_s >= step_s:
                stepped_s = now_s
                self._lookout.step(now_s)

    def _live(self, frame: Frame, ack: Ack, came_s: float) -> None:
        if not self._ending:  # else not acknowledged: it is for the life after this one
            self._lookout.arrivals.live(frame, ack, came_s)

    # -- in the link's thread --------------------------------------------------------------------------

    def _live_frame(self, delivery: Delivery) -> None:
        came_s = time.monotonic()
        if frame := self._lookout.arrivals.identified(delivery):
            work = partial(self._live, frame, delivery.ack, came_s)
            self._inbox.put(work, wake=self._lookout.is_awaited(frame, came_s))

    def _repair_frame(self, delivery: Delivery) -> None:
        if frame := self._lookout.arrivals.identified(delivery):
            self._inbox.put(partial(self._lookout.arrivals.repair, frame, delivery.ack))


def _let_go(parcel: Parcel) -> None:
    """The broker will never take one so large: the archiver misses the number, and its manifest says so."""
    if parcel.on_taken:
        parcel.on_taken()
