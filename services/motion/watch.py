"""One camera under watch: its frames from MQTT through the detector into events, in one thread.

Whatever concerns the camera is put into its inbox and done in order by its thread, so nothing here needs a
lock. A live frame is acknowledged when it is in the ring, and within an event when the broker has the event
frame: the broker's window is what bounds the inbox.
"""

import contextlib
import hashlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from services.contract import topics as leaf
from services.contract.events import EventMessage
from services.contract.frame import Frame, FrameId, NotAFrame, identify
from services.contract.handover import Handover, Resend, Resent
from services.contract.settings import MotionSettings
from services.contract.status import OFF, MotionStats
from services.contract.topics import Topics
from services.motion.custody import Custody
from services.motion.decode import UndecodableFrame, decode_gray
from services.motion.detector import Decision, Detector, DetectorSettings
from services.motion.events import (
    Action,
    Ended,
    EventMachine,
    EventSettings,
    Keep,
    Motion,
    Opened,
    Updated,
)
from services.motion.memory import EventMemory, closed_before
from services.motion.ring import Ring
from services.motion.voice import Voice
from services.runtime.mqtt import BrokerAddress, Delivery, Link, Will
from services.runtime.rates import Rate

log = logging.getLogger(__name__)

MB = 1_000_000
STEP_S = 0.1
#: With so many frames waiting, the next is kept and not analysed.
BUSY = 6
#: A frame that is older than this when it arrives is worked off after an outage, not live.
LATE = timedelta(seconds=5)
#: After a pause of this length the picture may be any other: the detector learns it anew.
NEW_PICTURE = timedelta(seconds=10)
#: How long the end waits for the archiver's answer to what has just ended; it is kept in any case.
ANSWER_S = 1.0


class Watch:
    """A camera's thread, its link and all that is known of it."""

    def __init__(
        self,
        camera: str,
        settings: MotionSettings,
        *,
        broker: BrokerAddress,
        topics: Topics,
        control: Link,
        memory: EventMemory,
    ) -> None:
        self.camera = camera
        self.motion_detection = True
        self._topics = topics
        self._control = control
        self._memory = memory
        will = Will(topics.camera(camera, leaf.MOTION), OFF.encode())
        self.link = Link(
            broker, f"nightjar-motion-{camera}", session=True, manual_ack=True, will=will, window=20
        )
        self._voice = Voice(camera, topics, self.link, control)
        self._custody = Custody(
            camera,
            topics,
            link=self.link,
            control=control,
            memory=memory,
            max_bytes=int(settings.keep_mb * MB),
        )
        self._ring = Ring(settings.pre_roll + 2, int(settings.ring_mb * MB))
        self._detector = Detector(DetectorSettings.of(settings))
        self._machine = EventMachine(EventSettings.of(settings))
        self._settings = settings
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._last: FrameId | None = None
        self._newest: Frame | None = None
        self._kept: FrameId | None = None
        self._snapshot: FrameId | None = None
        self._left_open: list[Handover] = []
        self._scene_changed = False
        self._received = self._analysed = self._unanalysed = self._undecodable = self._events = 0
        self._rate = Rate()
        self._latency_ms = 0.0

    # -- from other threads ----------------------------------------------------------------------------

    def attach(self) -> None:
        """Subscribes; before the link runs."""
        self._voice.motion(on=False)
        self.link.subscribe(self._topics.frames(self.camera, leaf.LIVE), self._post(self._live))
        self.link.subscribe(self._topics.frames(self.camera, leaf.REPAIR), self._post(self._repair))

    def configure(self, settings: MotionSettings) -> None:
        def apply() -> None:
            self._settings = settings
            self._detector.configure(DetectorSettings.of(settings))
            self._machine.configure(EventSettings.of(settings))

        self._inbox.put(apply)

    def trigger(self, reason: str, duration_s: float) -> None:
        self._inbox.put(lambda: self._carry_out(self._machine.trigger(reason, duration_s, datetime.now(UTC))))

    def camera_offline(self) -> None:
        self._inbox.put(lambda: self._carry_out(self._machine.close()))

    def ask(self, request: Resend) -> None:
        self._inbox.put(lambda: self._answer(request))

    def resent(self, answer: Resent) -> None:
        self._inbox.put(lambda: self._custody.resent(answer))

    def answered(self, message: EventMessage) -> None:
        self._inbox.put(lambda: self._custody.answered(message.event or ""))

    def stats(self) -> MotionStats:
        return MotionStats(
            time=datetime.now(UTC),
            fps=round(self._rate.per_second(time.monotonic()), 2),
            received=self._received,
            analysed=self._analysed,
            unanalysed=self._unanalysed,
            undecodable=self._undecodable,
            repaired=self._custody.repaired,
            missing=self._custody.missing,
            events=self._events,
            event_frames=self._custody.kept,
            open_handovers=len(self._custody),
            latency_ms=round(self._latency_ms, 1),
        )

    # -- life ------------------------------------------------------------------------------------------

    def run(self, stop: threading.Event) -> None:
        """Works off the inbox until `stop`; then ends what is open, and waits a moment for its answer."""
        ended, self._left_open = self._memory.left_over(self.camera)
        self._custody.restore(ended)
        self._work_until(stop.is_set)
        self._carry_out(self._machine.close())
        self._voice.motion(on=False)
        until_s = time.monotonic() + ANSWER_S
        self._work_until(lambda: len(self._custody) == 0 or time.monotonic() > until_s)

    def _work_until(self, enough: Callable[[], bool]) -> None:
        stepped_s = float("-inf")
        while not enough():
            with contextlib.suppress(queue.Empty):
                self._inbox.get(timeout=STEP_S)()
            now_s = time.monotonic()
            if now_s - stepped_s >= STEP_S:
                stepped_s = now_s
                self._custody.step(now_s)
                self._carry_out(self._machine.tick(now_s))

    def _post(self, work: Callable[[Delivery], None]) -> Callable[[Delivery], None]:
        return lambda delivery: self._inbox.put(lambda: work(delivery))

    # -- frames ----------------------------------------------------------------------------------------

    def _live(self, delivery: Delivery) -> None:
        frame = self._identified(delivery)
        if frame is None:
            delivery.ack()
            return
        last, self._last = self._last, frame.id
        self._close_left_over(frame.id)
        if last and last.session == frame.id.session and frame.id.sequence <= last.sequence:
            self._last = last  # a redelivery
            delivery.ack()
            return
        self._newest = frame
        self._ring.add(frame)
        self._received += 1
        self._rate.mark(time.monotonic())
        if last and frame.id.time - last.time > NEW_PICTURE:
            self._detector.reset()
        decision = self._look(frame)
        late = datetime.now(UTC) - frame.id.time > LATE
        actions = self._machine.frame(frame.id, decision)
        self._carry_out(actions, late=late, ack=delivery.ack)
        if Keep not in map(type, actions):
            delivery.ack()

    def _repair(self, delivery: Delivery) -> None:
        frame = self._identified(delivery)
        if frame:
            self._ring.repair(frame)
            self._custody.repair(frame)
        delivery.ack()

    def _identified(self, delivery: Delivery) -> Frame | None:
        try:
            frame_id = identify(delivery.payload)
        except NotAFrame:
            frame_id = None
        if frame_id is None or frame_id.camera != self.camera:
            self._undecodable += 1
            log.warning(
                "%s: what came on %s is no frame of this camera; skipped", self.camera, delivery.topic
            )
            return None
        return Frame(frame_id, delivery.payload)

    def _look(self, frame: Frame) -> Decision | None:
        """What the detector says; None where it is off, or has no time for this frame."""
        if not self.motion_detection:
            return None
        if self._inbox.qsize() >= BUSY:
            self._unanalysed += 1
            return None
        try:
            gray = decode_gray(frame.jpeg, self._settings.working_height)
        except UndecodableFrame:
            self._undecodable += 1
            return None
        decision = self._detector.look(gray, frame.id.time.timestamp())
        self._analysed += 1
        age_ms = (datetime.now(UTC) - frame.id.time).total_seconds() * 1000
        self._latency_ms += 0.1 * (age_ms - self._latency_ms)
        if (decision.scene_change > 0) != self._scene_changed:
            self._scene_changed = decision.scene_change > 0
            if self._scene_changed:
                self._voice.scene_change(self._machine.event, frame.id.time, decision.scene_change)
        return decision

    # -- events ----------------------------------------------------------------------------------------

    def _carry_out(
        self, actions: list[Action], *, late: bool = False, ack: Callable[[], None] = lambda: None
    ) -> None:
        """Does what the machine decided; `ack` is called when the broker has the frame that is kept."""
        kept = {action.frame for action in actions if isinstance(action, Keep)}
        for action in actions:
            match action:
                case Opened():
                    self._open(action, kept, late=late)
                case Keep(event, frame_id):
                    self._keep(event, frame_id, ack)
                case Motion(on):
                    self._voice.motion(on=on and not late)
                case Updated(summary):
                    self._voice.updated(summary)
                    self._show_best(summary.best)
                case Ended(summary):
                    self._show_best(summary.best)
                    self._voice.ended(summary, self._settings_hash())
                    self._custody.end(summary, time.monotonic())

    def _open(self, opened: Opened, kept: set[FrameId], *, late: bool) -> None:
        self._events += 1
        ring = self._ring.since(opened.since)
        pre_roll = [frame for frame in ring if frame.id not in kept and self._is_free(frame.id)]
        first = pre_roll[0].id if pre_roll else self._last
        self._custody.open(opened.event, opened.reason, opened.time, first)
        self._voice.opened(opened, late=late)
        self._expect_pre_roll(opened, pre_roll)
        for frame in pre_roll:
            self._custody.take(opened.event, frame)
            self._kept = frame.id

    def _keep(self, event: str, frame_id: FrameId, ack: Callable[[], None]) -> None:
        frame = self._newest if self._newest and self._newest.id == frame_id else None
        if frame is None:
            raise RuntimeError(f"the machine keeps {frame_id}, which is not the newest frame")
        self._custody.take(event, frame, ack)
        self._kept = frame_id

    def _is_free(self, frame: FrameId) -> bool:
        """A frame belongs to one event at most."""
        kept = self._kept
        return kept is None or kept.session != frame.session or frame.sequence > kept.sequence

    def _expect_pre_roll(self, opened: Opened, have: list[Frame]) -> None:
        """After our start the ring does not reach back far enough: what is missing is asked for by number."""
        first = have[0].id if have else self._last
        fps = self._rate.per_second(time.monotonic())
        if first is None or not fps or not self._is_free(first):
            return
        lacking = int((first.time - opened.since).total_seconds() * fps)
        low = max(1, first.sequence - lacking)
        if self._kept and self._kept.session == first.session and not have:
            low = max(low, self._kept.sequence + 1)
        if lacking > 1:
            self._custody.expect(opened.event, first.session, low, first.sequence - 1)

    def _close_left_over(self, first_unseen: FrameId) -> None:
        """Ends the event that an earlier life of ours left open, with all that was published of it."""
        for handover in self._left_open:
            closed = closed_before(handover, first_unseen)
            self._memory.ended(closed)
            self._custody.restore([closed])
            last = closed.frames[-1]
            self._kept = FrameId(self.camera, int(last.session, 16), last.sequence, first_unseen.time)
        self._left_open = []

    def _answer(self, request: Resend) -> None:
        if answer := self._custody.ask(request, self._ring.get):
            self._control.send(self._topics.camera(self.camera, leaf.RESENT), answer.payload())

    def _show_best(self, best: FrameId | None) -> None:
        if best is None or best == self._snapshot:
            return
        if frame := self._ring.get(best.session, best.sequence):
            self._snapshot = best
            self._voice.snapshot(frame.jpeg)

    def _settings_hash(self) -> str:
        return hashlib.sha256(self._settings.model_dump_json().encode()).hexdigest()[:12]
